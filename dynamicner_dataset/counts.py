"""Hits, predictions and gold counted over sentences; counts add up, and give precision, recall and F1."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found and what was to be found.

    Attributes:
        hits: Predictions that are gold.
        predicted: All predictions.
        gold: All that was to be found.
    """

    hits: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """Share of the predictions that are right, in [0, 1]; 0 without predictions."""
        return self.hits / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found, in [0, 1]; 0 without gold."""
        return self.hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, in [0, 1]; 0 if there is nothing."""
        return 2 * self.hits / (self.predicted + self.gold) if self.predicted + self.gold else 0.0

    def to_dict(self) -> dict[str, float]:
        """Return precision, recall and F1."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


def count(predicted: Set[Hashable], gold: Set[Hashable]) -> Counts:
    """Return the counts of one sentence."""
    return Counts(len(predicted & gold), len(predicted), len(gold))


def count_all(pairs: Iterable[tuple[Set[Hashable], Set[Hashable]]]) -> Counts:
    """Return the summed counts of (predicted, gold) of every sentence: the micro average.

    >>> count_all([({(0, 4)}, {(0, 4), (5, 9)}), (set(), {(1, 2)})]).recall
    0.3333333333333333
    """
    return sum((count(predicted, gold) for predicted, gold in pairs), Counts())


def accuracies(said: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> list[float]:
    """Return the share of right names at each level of the tree, from the top; a way that ends above it is wrong.

    Args:
        said: Of each mention the names it was given, from the top down.
        gold: Of each mention its right names, all equally many.

    >>> accuracies([["place", "city"], ["place"]], [["place", "city"], ["place", "river"]])
    [1.0, 0.5]
    """
    return [
        sum(len(ours) > level and ours[level] == theirs[level] for ours, theirs in zip(said, gold, strict=True))
        / len(gold)
        for level in range(len(gold[0]) if gold else 0)
    ]
