"""What all reports share: Markdown tables, plots without a trace of when they were made, files whole or not at all."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dynamicner_dataset.atomic import atomic_file

BLUE, AMBER, GREEN, RED, GREY = "#2f6f9f", "#e0a458", "#2d6a4f", "#c0392b", "#9aa5b1"
COLOURS = (BLUE, AMBER, GREEN, RED, "#7a5195", "#5b8db8", "#8c4a2f", GREY)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, names: int = 1) -> list[str]:
    r"""Return the lines of a Markdown table.

    Args:
        columns: Their heads.
        rows: Their cells.
        names: How many of the first columns are names; the others hold numbers.

    >>> table(["type", "F1"], [["a|b", 0.5]])
    ['| type | F1 |', '| --- | ---: |', '| a\\|b | 0.500 |']
    """
    line = "| " + " | ".join(["---"] * names + ["---:"] * (len(columns) - names)) + " |"
    return [f"| {' | '.join(columns)} |", line, *(f"| {' | '.join(map(cell, row))} |" for row in rows)]


def cell(value: Any) -> str:
    """Return a value as a table shows it: shares with three decimals, whole numbers with commas, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(str(value).split()).replace("|", "\\|")


def spread(interval: Sequence[float] | None) -> str:
    """Return an interval for a cell.

    >>> spread([-0.01, 0.25])
    '-0.010 to 0.250'
    """
    return f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else "–"


def this_command() -> str:
    """Return the command line as it was given."""
    return "python -m eval " + shlex.join(sys.argv[1:])


def write_report(out: Path, name: str, report: dict[str, Any], page: str, figure: Any) -> None:
    """Write ``NAME.json``, ``NAME.md`` and ``NAME.png`` into a folder.

    Args:
        out: The folder.
        name: Of the files.
        report: All figures.
        page: Markdown.
        figure: A matplotlib figure.
    """
    with atomic_file(out / f"{name}.json") as file:
        json.dump(report, file, ensure_ascii=False, allow_nan=False, indent=1)
        file.write("\n")
    with atomic_file(out / f"{name}.md") as file:
        file.write(page)
    with atomic_file(out / f"{name}.png", "wb") as file:
        figure.savefig(file, format="png", metadata={"Software": None})


def new_figure(width: float, height: float) -> Any:
    """Return an empty matplotlib figure; sizes in inches. No display is needed, and no state is kept."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", dpi=120)


def bare(axis: Any) -> None:
    """Take away what frames a plot at the top and on the right."""
    axis.spines[["top", "right"]].set_visible(False)
