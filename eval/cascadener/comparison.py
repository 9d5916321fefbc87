"""Two systems on the same sentences: is one better, or were the sentences kind to it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .bootstrap import FIGURES, FloatArray, interval, resample
from .counts import Counts
from .encoding import IntArray, encode
from .matching import Marked
from .scoring import RESAMPLES, check_options
from .tallies import MATCHING

Sentences = Sequence[Sequence[Marked]]


def compare(
    first: Sentences, second: Sentences, references: Sentences, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Any]:
    """Compare two systems by the paired bootstrap: both are scored on the same resampled sentences.

    Args:
        first: Predictions of one system.
        second: Predictions of the other, for the same sentences in the same order.
        references: Gold mentions.
        resamples: How many; the smallest p-value that they can show is 2 / (resamples + 1).
        seed: Of the resampling.

    Returns:
        For ``strict``, ``text`` and ``extraction``: precision, recall and F1 of ``first`` and ``second``; their
        ``difference`` (second less first) and its 95 % ``interval``; and the two-sided ``p_value`` of F1.

    Raises:
        ValueError: If the lengths differ, or mentions are out of range or overlap.
    """
    check_options("strict", resamples)
    if not resamples or not references:
        raise ValueError("a comparison wants at least one resample and one sentence")
    tables = [sentence_tables(predictions, references) for predictions in (first, second)]
    drawn = [resample(table, None, resamples, seed) for table in tables]
    return {
        "measures": {
            name: compare_one([table[name] for table in tables], [one[name] for one in drawn]) for name in tables[0]
        },
        "settings": {"resamples": resamples, "seed": seed, "sentences": len(references)},
    }


def sentence_tables(predictions: Sentences, references: Sentences) -> dict[str, IntArray]:
    """Return for each way of matching hits, predictions and gold of each sentence."""
    encoded = encode(predictions, references)
    keys = {name: make(encoded) for name, make in MATCHING.items()}
    tallies = {name: one.typed() for name, one in keys.items()} | {"extraction": keys["strict"].places()}
    sides = (encoded.predicted.sentence, encoded.gold.sentence)
    return {name: one.by(*sides, encoded.sentences) for name, one in tallies.items()}


def compare_one(tables: Sequence[IntArray], drawn: Sequence[FloatArray]) -> dict[str, Any]:
    """Compare under one way of matching."""
    figures = [figures_of(table) for table in tables]
    differences = drawn[1] - drawn[0]
    return {
        "first": figures[0],
        "second": figures[1],
        "difference": {name: figures[1][name] - figures[0][name] for name in FIGURES},
        "interval": interval(differences),
        "p_value": p_value(differences[:, FIGURES.index("f1")]),
    }


def figures_of(table: IntArray) -> dict[str, float]:
    """Return precision, recall and F1 of all sentences."""
    return Counts(*(int(one) for one in table.sum(axis=0))).to_dict()


def p_value(differences: FloatArray) -> float:
    """Return how often resamples contradict the sign of the difference, twice (two-sided), at most 1.

    One is added to both counts, as no number of resamples shows that a chance is nil.

    >>> import numpy as np
    >>> p_value(np.array([0.1, 0.2, 0.3]))
    0.5
    """
    against = min(int((differences <= 0).sum()), int((differences >= 0).sum()))
    return min(1.0, 2 * (against + 1) / (len(differences) + 1))
