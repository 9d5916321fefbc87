"""The few scores that training steers by; the metric proper is in ``eval/``."""

from __future__ import annotations

from collections.abc import Sequence, Set


def span_f1(gold: Sequence[Set[tuple[int, int]]], predicted: Sequence[Set[tuple[int, int]]]) -> dict[str, float]:
    """Return micro precision, recall and F1 of sets, one a sentence; 0 where nothing is there.

    >>> span_f1([{(0, 4)}], [{(0, 4), (5, 9)}])["precision"]
    0.5
    """
    right = sum(len(one & other) for one, other in zip(gold, predicted, strict=True))
    wanted, given = sum(map(len, gold)), sum(map(len, predicted))
    return {
        "precision": right / given if given else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (wanted + given) if wanted + given else 0.0,
    }


def accuracy(gold: Sequence[str], said: Sequence[str | None]) -> float:
    """Return the share of answers that are right."""
    return sum(one == other for one, other in zip(gold, said, strict=True)) / len(gold) if gold else 0.0
