"""Do scores mean what they say: of all mentions with a score of 0.8, are eight in ten right?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .entities import Entity

BINS = 15


def calibration(scores: Sequence[float], right: Sequence[bool], bins: int = BINS) -> dict[str, Any]:
    """Return the expected calibration error and the data of a reliability diagram (Guo et al., 2017).

    Args:
        scores: Of each predicted mention its score, in [0, 1].
        right: Whether it is gold.
        bins: Number of bins of the same width; a bin holds its upper border, the first its lower one too.

    Returns:
        ``ece``: the mean gap between score and share of right ones, weighted by mentions; ``brier``: the mean squared
        gap; ``mentions``; ``bins``: of each bin with mentions its borders, their number, mean score and share of right
        ones.

    Raises:
        ValueError: If there are not as many scores as answers, or a score is no number in [0, 1].

    >>> calibration([0.9, 0.9, 0.6, 0.6], [True, True, True, False])["ece"]
    0.1
    """
    values, hits = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    if values.shape != hits.shape or values.ndim != 1:
        raise ValueError(f"{values.size} scores are given for {hits.size} mentions")
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("every score must be a number between 0 and 1")
    edges = np.linspace(0, 1, bins + 1)
    places = np.digitize(values, edges[1:-1], right=True)
    rows = [one_bin(edges, place, values, hits, places == place) for place in np.unique(places)]
    gap = sum(row["mentions"] * abs(row["score"] - row["accuracy"]) for row in rows)
    brier = float(((values - hits) ** 2).mean()) if len(values) else 0.0
    # Rounded: sums of floats differ in their last digit from machine to machine.
    ece = round(gap / len(values), 12) if len(values) else 0.0
    return {"ece": ece, "brier": round(brier, 12), "mentions": len(values), "bins": rows}


def one_bin(edges: np.ndarray, place: int, values: np.ndarray, hits: np.ndarray, inside: np.ndarray) -> dict[str, Any]:
    """Return one bin of the reliability diagram."""
    return {
        "lower": round(float(edges[place]), 12),
        "upper": round(float(edges[place + 1]), 12),
        "mentions": int(inside.sum()),
        "score": round(float(values[inside].mean()), 12),
        "accuracy": round(float(hits[inside].mean()), 12),
    }


def calibration_of(
    predictions: Sequence[Sequence[Entity]], references: Sequence[Sequence[Entity]], bins: int = BINS
) -> dict[str, Any] | None:
    """Return the calibration of strict matching; ``None`` unless every prediction has a score and there is one."""
    scores: list[float] = []
    right: list[bool] = []
    for ours, theirs in zip(predictions, references, strict=True):
        gold = {one[:3] for one in theirs}
        for one in ours:
            if one.score is None:
                return None
            scores.append(one.score)
            right.append(one[:3] in gold)
    return calibration(scores, right, bins) if scores else None


def plot_reliability(result: dict[str, Any], title: str = "") -> Any:
    """Return a matplotlib ``Figure``: share of right mentions against score, with how many there are below.

    Args:
        result: What :func:`calibration` returned.
        title: Above the plot; by default the calibration error.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 4.6), layout="constrained", dpi=120)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    rows = result["bins"]
    middles = [(row["lower"] + row["upper"]) / 2 for row in rows]
    widths = [row["upper"] - row["lower"] for row in rows]
    upper.plot([0, 1], [0, 1], color="#999999", linewidth=1, label="score = share right")
    upper.bar(
        middles, [row["accuracy"] for row in rows], widths, color="#2f6f9f", edgecolor="white", label="share right"
    )
    upper.plot([row["score"] for row in rows], [row["accuracy"] for row in rows], "o", color="#1b3a52", markersize=3)
    lower.bar(middles, [row["mentions"] for row in rows], widths, color="#e0a458", edgecolor="white")
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="share of right mentions")
    lower.set(xlabel="score", ylabel="mentions")
    upper.set_title(title or f"ECE {result['ece']:.3f}, {result['mentions']:,} mentions")
    upper.legend(frameon=False, loc="upper left", fontsize=8)
    for axis in (upper, lower):
        axis.spines[["top", "right"]].set_visible(False)
    return figure
