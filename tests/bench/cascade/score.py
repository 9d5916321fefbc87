"""Strict F1 of predictions against the corpus, for the benchmarks; the evaluation proper is another part's work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Marked = tuple[int, int, str]


def f1(predicted: Iterable[set[Marked]], gold: Iterable[set[Marked]]) -> dict[str, Any]:
    """Return micro precision, recall and F1 over sentences, in [0, 1].

    >>> f1([{(0, 4, "city")}], [{(0, 4, "city"), (6, 9, "river")}])
    {'precision': 1.0, 'recall': 0.5, 'f1': 0.6667}
    """
    hits = found = wanted = 0
    for ours, theirs in zip(predicted, gold, strict=True):
        hits, found, wanted = hits + len(ours & theirs), found + len(ours), wanted + len(theirs)
    precision, recall = hits / max(found, 1), hits / max(wanted, 1)
    total = precision + recall
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / total, 4) if total else 0.0,
    }


def spans(marked: set[Marked]) -> set[Marked]:
    """Return the same without types."""
    return {(start, end, "") for start, end, _ in marked}
