"""A type list as a trie of tokens, and the probability of each name along it.

At a fork the model's probabilities are taken over the legal tokens only; a stretch without a fork costs nothing. So the
names' probabilities sum to 1, and a long name loses nothing by its length: only decisions count, not tokens. (The plain
product over all tokens would punish ``theater/cinema`` for every token that no other name could have.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cascadener_models.backends.local.choosing import probabilities


@dataclass
class Fork:
    """A place at which names part.

    Attributes:
        place: Place in the trie's feed of the token before the fork; -1 for the prompt's last.
        tokens: The tokens that may follow.
        names: For each of them, the numbers of the names that go on with it.
    """

    place: int
    tokens: list[int] = field(default_factory=list)
    names: list[list[int]] = field(default_factory=list)


class TypeTrie:
    """The answers that a closed list allows.

    Attributes:
        tokens: Tokens that must be run to know what the model prefers at every fork.
        parents: For each, the place of the token before it, -1 for the prompt's last.
        forks: Where names part, parents first.
    """

    def __init__(self, names: Sequence[Sequence[int]], end: int) -> None:
        """Build the trie.

        Args:
            names: Tokens of each name, none empty, no two alike.
            end: The token that ends an answer: it parts ``city`` from ``city hall``.
        """
        self.count = len(names)
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.forks: list[Fork] = []
        ended = [[*name, end] for name in names]
        self._grow(ended, list(range(len(names))), 0, -1)

    def _grow(self, names: list[list[int]], members: list[int], depth: int, place: int) -> None:
        """Add the forks of names that agree up to ``depth``; ``place`` is that of their last common token."""
        while len(members) > 1:
            branches: dict[int, list[int]] = {}
            for member in members:
                branches.setdefault(names[member][depth], []).append(member)
            if len(branches) > 1:
                self.forks.append(Fork(place, list(branches), list(branches.values())))
                for token, below in branches.items():
                    if len(below) > 1:
                        self._grow(names, below, depth + 1, self._add(token, place))
                return
            place = self._add(names[members[0]][depth], place)
            depth += 1

    def _add(self, token: int, parent: int) -> int:
        """Append a token to the feed; return its place."""
        self.tokens.append(token)
        self.parents.append(parent)
        return len(self.tokens) - 1

    def distribution(self, logits: Sequence[np.ndarray]) -> np.ndarray:
        """Return the probability of each name, shape (names,), summing to 1.

        Args:
            logits: For each fork, those of its tokens.
        """
        chances = np.ones(self.count)
        for fork, values in zip(self.forks, logits, strict=True):
            for share, below in zip(probabilities(values), fork.names, strict=True):
                chances[below] *= share
        return chances
