"""Closed-list classification: one pass a mention and list gives the probability of exactly the types offered.

Prompt and trie go through the model together (a tree of continuations, not one row a name), and what two prompts have
in common runs once: the demonstrations for all, the marked sentence for all lists that a mention is asked about.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from cascadener_models.backends.base import Question
from cascadener_models.backends.local.prompting import Template
from cascadener_models.backends.local.row_cache import Saved, saved_bytes
from cascadener_models.backends.local.runner import Feed, Pick, Runner
from cascadener_models.backends.local.type_trie import TypeTrie
from cascadener_models.prompts import Span, classification_prompt, offered, shown_list

#: Memory for marked sentences kept for the next level of a tree.
STEM_BYTES = 512 * 1024**2


class StemCache:
    """Saved slots of marked sentences, the longest unused thrown out first."""

    def __init__(self, limit: int = STEM_BYTES) -> None:
        self.limit, self.held = limit, 0
        self._saved: OrderedDict[tuple[str, Span], Saved] = OrderedDict()

    def get(self, key: tuple[str, Span]) -> Saved | None:
        """Return what is saved for a mention."""
        if key in self._saved:
            self._saved.move_to_end(key)
        return self._saved.get(key)

    def put(self, key: tuple[str, Span], saved: Saved) -> None:
        """Save a mention's slots."""
        self._saved[key] = saved
        self.held += saved_bytes(saved)
        while self.held > self.limit:
            _, oldest = self._saved.popitem(last=False)
            self.held -= saved_bytes(oldest)

    def clear(self) -> None:
        """Forget all."""
        self._saved.clear()
        self.held = 0


@dataclass(eq=False)
class Scoring:
    """One question being answered.

    Attributes:
        stem: Tokens of the prompt up to the list.
        rest: Tokens from the list to the answer.
        names: What may be answered.
        trie: The same as a trie.
    """

    question: Question
    stem: list[int]
    rest: list[int]
    names: tuple[str, ...]
    trie: TypeTrie
    saved: Saved | None = None
    probabilities: np.ndarray | None = None
    fed: int = 0

    @property
    def key(self) -> tuple[str, Span]:
        """What its marked sentence is saved under."""
        return self.question.text, self.question.span

    @property
    def prompt(self) -> list[int]:
        """Tokens of the prompt that are not saved."""
        return self.rest if self.saved is not None else self.stem + self.rest

    def feed(self) -> Feed:
        """Return the prompt as a chain, and the trie as a tree behind it."""
        prompt = self.prompt
        chain = range(-1, len(prompt) - 1)
        tree = [len(prompt) + parent if parent >= 0 else len(prompt) - 1 for parent in self.trie.parents]
        return Feed(prompt + self.trie.tokens, [*chain, *tree] if tree else None)

    def picks(self, row: int) -> list[Pick]:
        """Return the logits wanted: at each fork, of the tokens that may follow."""
        return [Pick(row, len(self.prompt) + fork.place, fork.tokens) for fork in self.trie.forks]


@dataclass
class Scorer:
    """Scores questions with one model."""

    runner: Runner
    template: Template
    stems: StemCache = field(default_factory=StemCache)

    def __post_init__(self) -> None:
        self.trie = lru_cache(maxsize=1024)(self._trie)

    def _trie(self, names: tuple[str, ...]) -> TypeTrie:
        """Return the trie of a list (made once for repeated lists)."""
        return TypeTrie([self.template.vocabulary.encode_exactly(name) for name in names], self.template.end)

    def prepare(self, question: Question) -> Scoring:
        """Tokenise a question.

        Raises:
            InputError: If span or list are unsound.
        """
        text, span, types, zero_shot = question
        prompt = classification_prompt(text, span, types, zero_shot=zero_shot)
        shown = shown_list(types, zero_shot)
        stem = self.template.vocabulary.encode(prompt.removesuffix(shown))
        names = offered(types, zero_shot)
        scoring = Scoring(question, stem, self.template.prompt_tokens(shown), names, self.trie(names))
        scoring.saved = self.stems.get(scoring.key)
        return scoring

    def run(self, batch: Sequence[Scoring]) -> None:
        """Answer prepared questions in one pass, side by side."""
        head = self.runner.head(self.template.head)
        start = head[0][0].shape[1] if head else 0
        for scoring in batch:
            scoring.saved = scoring.saved or self.stems.get(scoring.key)  # an earlier batch may have saved it
        feeds = [scoring.feed() for scoring in batch]
        saved = [scoring.saved[0][0].shape[1] if scoring.saved else 0 for scoring in batch]
        room = start + max(before + len(feed.tokens) for before, feed in zip(saved, feeds, strict=True))
        cache = self.runner.new_cache(len(batch), room)
        for row, scoring in enumerate(batch):
            if head:
                cache.fill(row, head)
            if scoring.saved:
                cache.fill(row, scoring.saved, start)
        hidden = self.runner.forward(cache, feeds)
        self._read(batch, iter(self.runner.logits(hidden, [p for r, s in enumerate(batch) for p in s.picks(r)])))
        for row, scoring in enumerate(batch):
            scoring.fed = len(feeds[row].tokens)
            if scoring.saved is None and self.stems.get(scoring.key) is None:
                self.stems.put(scoring.key, cache.save(row, start, start + len(scoring.stem)))

    def _read(self, batch: Sequence[Scoring], logits: object) -> None:
        """Turn the forks' logits into the names' probabilities."""
        for scoring in batch:
            scoring.probabilities = scoring.trie.distribution([next(logits) for _ in scoring.trie.forks])
