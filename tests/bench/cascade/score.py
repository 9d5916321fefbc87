"""Strict F1 of predictions against the corpus, for the benchmarks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dynamicner_dataset.counts import count_all

Marked = tuple[int, int, str]


def f1(predicted: Iterable[set[Marked]], gold: Iterable[set[Marked]]) -> dict[str, Any]:
    """Return micro precision, recall and F1 over sentences, in [0, 1]."""
    return {name: round(value, 4) for name, value in count_all(zip(predicted, gold, strict=True)).to_dict().items()}


def spans(marked: set[Marked]) -> set[Marked]:
    """Return the same without types."""
    return {(start, end, "") for start, end, _ in marked}
