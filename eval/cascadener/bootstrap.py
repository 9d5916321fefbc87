"""How far a figure would move with other sentences: the bootstrap (paper, Table 11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .encoding import IntArray, join
from .tallies import Keys, Tally

FloatArray = NDArray[np.float64]
#: Numbers held at once while drawing: 32 MB.
BLOCK = 2**22
#: A 95 % interval, as percentiles of the resamples.
PERCENTILES = (2.5, 97.5)
FIGURES = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True)
class TypeCounts:
    """Counts of each type in each sentence that has it, sorted by type.

    Attributes:
        sentence: The sentence of each entry.
        counts: Hits, predictions and gold (rows) of each entry, in 32 bits: this is what most time goes into.
        starts: The first entry of each type.
    """

    sentence: IntArray
    counts: NDArray[np.int32]
    starts: IntArray


def type_counts(keys: Keys, typed: Tally, sentence: tuple[IntArray, IntArray], sentences: int) -> TypeCounts:
    """Return the counts of each type in each sentence."""
    codes = join(keys.type, sentence)
    known, numbers = np.unique(np.concatenate(codes), return_inverse=True)
    border = len(codes[0])
    counts = typed.by(numbers[:border], numbers[border:], len(known))
    width = max((int(column.max(initial=0)) for column in sentence), default=0) + 1
    types = known // width
    columns = np.ascontiguousarray(counts.T, dtype=np.int32)
    return TypeCounts(known % width, columns, np.flatnonzero(np.diff(types, prepend=-1)))


def draws(sentences: int, resamples: int, seed: int) -> Iterator[IntArray]:
    """Yield how often each sentence is drawn, some resamples (rows) at a time.

    The draw hangs on the number of sentences and the seed alone, so that two systems get the same.
    """
    generator = np.random.default_rng(seed)
    at_once = max(1, BLOCK // max(sentences, 1))
    for first in range(0, resamples, at_once):
        rows = min(at_once, resamples - first)
        drawn = generator.integers(sentences, size=(rows, sentences))
        drawn += sentences * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * sentences).reshape(rows, sentences)


def resample(
    tables: Mapping[str, IntArray], types: TypeCounts | None, resamples: int, seed: int
) -> dict[str, FloatArray]:
    """Return precision, recall and F1 (columns) of each resample (rows).

    Args:
        tables: By name, the hits, predictions and gold (columns) of each sentence (rows).
        types: Counts by type, for the macro average.
        resamples: How many.
        seed: Of the draw.
    """
    names = list(tables)
    # Whole numbers below 2**53: float sums are exact, so every machine gives the same bytes.
    stacked = np.hstack([tables[name] for name in names]).astype(np.float64)
    sums, macros = [], []
    for weights in draws(len(stacked), resamples, seed):
        sums.append(weights.astype(np.float64) @ stacked)
        if types is not None:
            macros.append(macro_of_weights(types, weights))
    parts = np.split(np.vstack(sums), len(names), axis=1)
    figures = {name: ratios(part) for name, part in zip(names, parts, strict=True)}
    return figures | ({"macro": np.vstack(macros)} if types is not None else {})


def macro_of_weights(types: TypeCounts, weights: IntArray) -> FloatArray:
    """Return macro precision, recall and F1 of some resamples."""
    if not len(types.starts):
        return np.zeros((len(weights), 3))
    rows = []
    for drawn in weights.astype(np.int32):  # one by one: all together would need a gigabyte for a million mentions
        often = drawn[types.sentence]
        sums = [np.add.reduceat(often * column, types.starts) for column in types.counts]
        rows.append(macro(np.stack(sums, axis=1)))
    return np.stack(rows)


def ratios(counts: NDArray) -> FloatArray:
    """Return precision, recall and F1 (columns) of hits, predictions and gold (columns); 0 where nothing is divided.

    >>> ratios(np.array([[1, 2, 4]])).round(2).tolist()
    [[0.5, 0.25, 0.33]]
    """
    hits, predicted, gold = counts.T.astype(np.float64)
    pairs = ((hits, predicted), (hits, gold), (2 * hits, predicted + gold))
    return np.stack([np.divide(top, below, out=np.zeros_like(top), where=below > 0) for top, below in pairs], axis=1)


def macro(counts: NDArray) -> FloatArray:
    """Return the mean of precision, recall and F1 over the types (rows) that are predicted or gold."""
    present = counts[counts[:, 1:].any(axis=1)]
    return ratios(present).mean(axis=0) if len(present) else np.zeros(3)


def interval(figures: FloatArray) -> dict[str, list[float]]:
    """Return the 95 % interval of precision, recall and F1, each as [lower, upper]."""
    edges = np.percentile(figures, PERCENTILES, axis=0)
    return {name: [float(edge) for edge in edges[:, at]] for at, name in enumerate(FIGURES)}
