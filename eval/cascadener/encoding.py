"""Mentions of all sentences as columns of numbers, so that they are matched and counted all at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from .matching import Marked

IntArray = NDArray[np.int64]
#: Codes are kept below this, so that no product of two of them overflows.
LARGEST = 2**62


class Codes(dict[Hashable, int]):
    """Numbers values in the order in which they are first met.

    >>> codes = Codes()
    >>> codes["city"], codes["river"], codes["city"]
    (0, 1, 0)
    """

    def __missing__(self, value: Hashable) -> int:
        """Give a new value the next number."""
        self[value] = code = len(self)
        return code

    def column(self, values: Iterable[Hashable], count: int) -> IntArray:
        """Return the numbers of ``count`` values."""
        return np.fromiter(map(self.__getitem__, values), np.int64, count)

    def folded(self) -> tuple[IntArray, Codes]:
        """Return for each number that of its lower-cased value, and those numbers."""
        lower = Codes()
        return lower.column((value.lower() for value in self), len(self)), lower


@dataclass(frozen=True, slots=True)
class Side:
    """All mentions of one side, predicted or gold, a row each.

    Attributes:
        sentence: Number of the sentence, from 0.
        start: First character, in code points.
        end: Character after the last.
        type: Number of the type.
        text: Number of the mention's characters.
    """

    sentence: IntArray
    start: IntArray
    end: IntArray
    type: IntArray
    text: IntArray


@dataclass(frozen=True, slots=True)
class Encoded:
    """Both sides, numbered alike.

    Attributes:
        sentences: How many there are.
        predicted: What was found.
        gold: What was to be found.
        types: Number of each type's name.
        texts: Number of each mention's characters.
    """

    sentences: int
    predicted: Side
    gold: Side
    types: Codes
    texts: Codes


def encode(predictions: Sequence[Sequence[Marked]], references: Sequence[Sequence[Marked]]) -> Encoded:
    """Return all mentions as numbers.

    Raises:
        ValueError: If there are not as many predictions as references, or mentions of a sentence are out of range or
            overlap.
    """
    if len(predictions) != len(references):
        raise ValueError(
            f"there are predictions for {len(predictions)} sentences and references for {len(references)}; "
            "a sentence without mentions is an empty list"
        )
    types, texts = Codes(), Codes()
    predicted = encode_side(predictions, types, texts)
    gold = encode_side(references, types, texts)
    for side, what in ((predicted, "predicted"), (gold, "reference")):
        check_flat(side, what)
    return Encoded(len(references), predicted, gold, types, texts)


def encode_side(sentences: Sequence[Sequence[Marked]], types: Codes, texts: Codes) -> Side:
    """Return the mentions of one side as numbers."""
    flat = list(chain.from_iterable(sentences))
    count = len(flat)
    lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
    return Side(
        np.repeat(np.arange(len(sentences), dtype=np.int64), lengths),
        np.fromiter(map(itemgetter(0), flat), np.int64, count),
        np.fromiter(map(itemgetter(1), flat), np.int64, count),
        types.column(map(itemgetter(2), flat), count),
        texts.column(map(itemgetter(3), flat), count),
    )


def check_flat(side: Side, what: str) -> None:
    """Refuse mentions that are empty, start before their sentence, or overlap.

    Raises:
        ValueError: At the first such mention, naming sentence (from 1) and offsets.
    """
    wrong = (side.start < 0) | (side.end <= side.start)
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(
            f"sentence {side.sentence[at] + 1}: {what} mention {side.start[at]}:{side.end[at]} is out of range; "
            "offsets count code points from 0, end exclusive"
        )
    order = np.lexsort((side.start, side.sentence))
    sentence, start, end = side.sentence[order], side.start[order], side.end[order]
    wrong = (sentence[1:] == sentence[:-1]) & (start[1:] < end[:-1])
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(
            f"sentence {sentence[at] + 1}: {what} mentions {start[at]}:{end[at]} and {start[at + 1]}:{end[at + 1]} "
            "overlap; mentions are flat here"
        )


def join(*pairs: tuple[IntArray, IntArray]) -> tuple[IntArray, IntArray]:
    """Return a number for each combination of values, the same one on both sides.

    Args:
        *pairs: A column (predicted, gold) each, of numbers from 0 up.

    >>> join((np.array([0, 1]), np.array([0])), (np.array([5, 7]), np.array([5])))
    (array([ 5, 15]), array([5]))
    """
    border = len(pairs[0][0])
    first, *others = [np.concatenate(pair) for pair in pairs]
    codes = first
    for column in others:
        if (largest(codes) + 1) * (largest(column) + 1) > LARGEST:
            codes, column = dense(codes), dense(column)
        codes = codes * (largest(column) + 1) + column
    return codes[:border], codes[border:]


def largest(codes: IntArray) -> int:
    """Return the largest number of a column; 0 if it is empty."""
    return int(codes.max(initial=0))


def dense(codes: IntArray) -> IntArray:
    """Number a column's values anew, without gaps."""
    return np.unique(codes, return_inverse=True)[1].reshape(-1)
