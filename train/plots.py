"""The plot beside an adapter: loss and validation F1 by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from dynamicner_dataset.atomic import atomic_file

matplotlib.use("Agg")
import matplotlib.pyplot as plt

LOSS, SCORE = "#9aa5b1", "#2f6f9f"
#: Share of the curve that is averaged into the smooth line.
SMOOTHING = 0.1


def draw_curve(record: dict[str, Any], path: Path, title: str) -> None:
    """Draw a run's loss and validation F1 into a PNG file."""
    figure, axis = plt.subplots(figsize=(7, 3.6), layout="constrained", dpi=120)
    steps = np.array([point["step"] for point in record["curve"]])
    losses = np.array([point["loss"] for point in record["curve"]])
    axis.plot(steps, losses, color=LOSS, linewidth=0.8, alpha=0.6)
    if len(steps):
        width = max(1, round(len(steps) * SMOOTHING))
        kernel = np.ones(width)
        weights = np.convolve(np.ones(len(losses)), kernel, "same")
        axis.plot(steps, np.convolve(losses, kernel, "same") / weights, color="#52606d", label="loss, smoothed")
    axis.set_xlabel("update")
    axis.set_ylabel("loss")
    axis.set_ylim(bottom=0)
    validation = record["validation"]
    if validation:
        right = axis.twinx()
        right.plot(
            [one["step"] for one in validation], [one["f1"] for one in validation], "o-", color=SCORE, label="F1"
        )
        right.set_ylim(0, 1)
        right.set_ylabel("validation F1", color=SCORE)
        right.annotate(
            f"{validation[-1]['f1']:.3f}", (validation[-1]["step"], validation[-1]["f1"]), (-6, 8),
            textcoords="offset points", ha="right", color=SCORE,
        )  # fmt: skip
    axis.set_title(title, loc="left", fontsize=9)
    for side in (axis, *(figure.axes[1:])):
        side.spines["top"].set_visible(False)
    axis.legend(frameon=False, loc="upper left")
    with atomic_file(path, "wb") as file:
        figure.savefig(file, format="png", metadata={"Software": None})
    plt.close(figure)
