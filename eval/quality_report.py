"""The quality report in words and pictures: a table in Markdown, a bar chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from dynamicner_dataset.atomic import atomic_file

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLUMNS = (
    *("", "sentences", "mentions", "extraction P", "R", "F1", "coarse", "medium", "fine"),
    *("coarse F1", "medium F1", "**fine F1**", "by text"),
)
BARS = (
    ("extraction F1", "#2f6f9f", lambda one: one["extraction"]["f1"]),
    ("fine accuracy on gold mentions", "#e0a458", lambda one: one["classification"]["fine"]),
    ("cascade, fine F1", "#2d6a4f", lambda one: one["cascade"]["fine"]["f1"]),
)


def to_markdown(report: dict[str, Any]) -> str:
    """Return the report as a page."""
    lines = [
        f"# {report['title']}",
        "",
        f"Made by `{report['command']}`; do not edit.",
        "",
        f"{report['machine']['date']}, {report['machine']['processor']}, {report['machine']['cores']} cores; "
        f"{', '.join(f'{name} {value}' for name, value in report['machine']['versions'].items())}.",
        "",
        "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in report["models"].items()) + ".",
        "",
        "Options: " + ", ".join(f"{name}={value}" for name, value in report["options"].items()) + ".",
        "",
        "Extraction: strict spans. Accuracies: gold mentions, down the tree of 155 types. Cascade: strict span and "
        "type; *by text* is the paper's own matching (sets of lower-cased mention and type) at the fine level.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "| --- |" + " ---: |" * (len(COLUMNS) - 1),
        *(row(name, one) for name, one in report["groups"].items()),
        "",
    ]
    return "\n".join(lines)


def row(name: str, one: dict[str, Any]) -> str:
    """Return one row of the table."""
    figures = [
        *(one["extraction"][key] for key in ("precision", "recall", "f1")),
        *(one["classification"][level] for level in ("coarse", "medium", "fine")),
        *(one["cascade"][level]["f1"] for level in ("coarse", "medium")),
    ]
    cells = [f"{figure:.3f}" for figure in figures]
    fine, text = one["cascade"]["fine"]["f1"], one["cascade_by_text"]["f1"]
    return f"| {name} | {one['sentences']} | {one['mentions']} | {' | '.join(cells)} | **{fine:.3f}** | {text:.3f} |"


def draw(report: dict[str, Any], path: Path) -> None:
    """Draw the three main figures of every group into a PNG file."""
    groups = report["groups"]
    figure, axis = plt.subplots(figsize=(9, 3.4), layout="constrained", dpi=120)
    places = np.arange(len(groups))
    for shift, (label, colour, take) in enumerate(BARS):
        values = [take(one) for one in groups.values()]
        bars = axis.bar(places + (shift - 1) * 0.27, values, 0.25, color=colour, label=label)
        axis.bar_label(bars, [f"{value:.2f}".lstrip("0") for value in values], fontsize=7, padding=1)
    axis.set_xticks(places, groups)
    axis.set_ylim(0, 1)
    axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    with atomic_file(path, "wb") as file:
        figure.savefig(file, format="png", metadata={"Software": None})
    plt.close(figure)
