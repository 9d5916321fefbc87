"""Hits, predictions and gold of many mentions at once: for each sentence, for each type, for all together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .counts import Counts
from .encoding import Encoded, IntArray, Side, join


@dataclass(frozen=True, slots=True)
class Tally:
    """What counts under one way of matching, each key once a sentence.

    Attributes:
        predicted: Rows of the predicted mentions that count.
        gold: Rows of the gold mentions that count.
        hits: Those of ``predicted`` that are gold.
    """

    predicted: IntArray
    gold: IntArray
    hits: IntArray

    def by(self, predicted: IntArray, gold: IntArray, size: int) -> IntArray:
        """Return hits, predictions and gold of each group, a row each.

        Args:
            predicted: Of each predicted mention its group, a number below ``size``.
            gold: Of each gold mention, likewise.
            size: How many groups there are.
        """
        groups = (predicted[self.hits], predicted[self.predicted], gold[self.gold])
        return np.stack([np.bincount(group, minlength=size) for group in groups], axis=1)

    def total(self) -> Counts:
        """Return the sum over all sentences."""
        return Counts(len(self.hits), len(self.predicted), len(self.gold))


def tally(predicted: IntArray, gold: IntArray) -> Tally:
    """Match keys; a key that a side has more than once counts once, as in a set.

    >>> tally(np.array([3, 3, 7]), np.array([9, 3])).total()
    Counts(hits=1, predicted=2, gold=2)
    """
    ours, ours_rows = np.unique(predicted, return_index=True)
    theirs, theirs_rows = np.unique(gold, return_index=True)
    if not len(theirs):
        return Tally(ours_rows, theirs_rows, ours_rows[:0])
    places = np.minimum(np.searchsorted(theirs, ours), len(theirs) - 1)
    return Tally(ours_rows, theirs_rows, ours_rows[theirs[places] == ours])


@dataclass(frozen=True, slots=True)
class Keys:
    """What must agree for a hit, on both sides.

    Attributes:
        place: Number of (sentence, start, end), or of (sentence, lower-cased text).
        type: Number of the type, or of the lower-cased type.
        names: Names of the types by number.
    """

    place: tuple[IntArray, IntArray]
    type: tuple[IntArray, IntArray]
    names: list[str]

    def places(self) -> Tally:
        """Match places alone: extraction."""
        return tally(*self.place)

    def typed(self, groups: NDArray[np.int64] | None = None) -> Tally:
        """Match places with types, or with the groups that ``groups`` gives each number of a type."""
        types = self.type if groups is None else (groups[self.type[0]], groups[self.type[1]])
        return tally(*join(self.place, types))


def strict_keys(encoded: Encoded) -> Keys:
    """Span and type must agree (see ``matching.strict``)."""
    place = join(*both(encoded, lambda side: (side.sentence, side.start, side.end)))
    return Keys(place, (encoded.predicted.type, encoded.gold.type), list(encoded.types))


def text_keys(encoded: Encoded) -> Keys:
    """Lower-cased text and type must agree, the paper's own (see ``matching.by_text``)."""
    (texts, _), (types, names) = encoded.texts.folded(), encoded.types.folded()
    place = join(*both(encoded, lambda side: (side.sentence, texts[side.text])))
    return Keys(place, (types[encoded.predicted.type], types[encoded.gold.type]), list(names))


def both(encoded: Encoded, columns: Callable[[Side], tuple[IntArray, ...]]) -> tuple[tuple[IntArray, IntArray], ...]:
    """Return columns of both sides, paired."""
    return tuple(zip(columns(encoded.predicted), columns(encoded.gold), strict=True))


#: The ways of matching, by name.
MATCHING = {"strict": strict_keys, "text": text_keys}
