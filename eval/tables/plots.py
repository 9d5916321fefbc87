"""A sheet as a picture: grouped bars, or lines against a number."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import matplotlib
import numpy as np

from eval.tables.sheet import Cell, Sheet, Value

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

COLOURS = (
    *("#2f6f9f", "#e0a458", "#2d6a4f", "#c0392b", "#7d5ba6", "#8c4a2f", "#5b8db8", "#74a892", "#b0b0b0", "#1f4e79"),
    *("#c99a80", "#4d4d4d"),
)
PAPER = {"marker": "D", "color": "black", "markersize": 4, "linestyle": "none"}
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 120}
#: Inches: the narrowest and widest picture, a character of the legend, of the labels below groups, of the title.
NARROWEST, WIDEST = 6.5, 16.0
LEGEND_CHARACTER, LABEL_CHARACTER, TITLE_CHARACTER = 0.062, 0.075, 0.078
#: More lines than that are drawn without the bands of their intervals.
MOST_BANDS = 3


class Series(NamedTuple):
    """What has one colour: a cell for each group of bars, or for each point of a line."""

    name: str
    cells: Sequence[Cell]


class Chart(NamedTuple):
    """A sheet as it is drawn.

    Attributes:
        title: What stands above.
        groups: Labels along the axis.
        series: The colours.
    """

    title: str
    groups: Sequence[str]
    series: Sequence[Series]


def draw(sheet: Sheet) -> Figure | None:
    """Draw a sheet; ``None`` if it has no picture or nothing of ours to show."""
    if sheet.drawing is not None:
        return sheet.drawing()
    ours = sheet.with_ours
    if not sheet.plot or not ours.rows or (sheet.plot == "lines" and len(sheet.columns) < 2):
        return None
    with plt.rc_context(STYLE):
        return draw_lines(ours) if sheet.plot == "lines" else draw_bars(chart_of(ours))


def chart_of(sheet: Sheet) -> Chart:
    """Return what is drawn of a sheet; the names that all its rows share stand in the title."""
    names, shared = told_apart(sheet.rows)
    title = f"{sheet.label}: {sheet.title}{f' ({shared})' if shared else ''}"
    columns = [column.title for column in sheet.columns]
    if sheet.plot == "rows":
        return Chart(
            title, names, [Series(*pair) for pair in zip(columns, zip(*sheet.cells, strict=True), strict=True)]
        )
    kept = [at for at in range(len(columns)) if any(cells[at].ours for cells in sheet.cells)]
    cells = [[row[at] for at in kept] for row in sheet.cells]
    return Chart(title, [columns[at] for at in kept], [Series(*pair) for pair in zip(names, cells, strict=True)])


def told_apart(rows: Sequence[tuple[str, ...]]) -> tuple[list[str], str]:
    """Return the names of rows without what all have in common, and that.

    >>> told_apart([("GPT-NER", "7B", "en"), ("GPT-NER", "7B", "fr")])
    (['en', 'fr'], 'GPT-NER, 7B')
    """
    same = [len(rows) > 1 and len(set(names)) == 1 for names in zip(*rows, strict=True)]
    left = [", ".join(name for name, shared in zip(row, same, strict=True) if not shared) for row in rows]
    return left, ", ".join(name for name, shared in zip(rows[0], same, strict=True) if shared)


def draw_bars(chart: Chart) -> Figure:
    """Draw a group of bars for each group, a bar for each series; the paper's figures as diamonds."""
    bars = len(chart.series) * len(chart.groups)
    labels = len(chart.groups) * (longest_word(chart.groups) + 2) * LABEL_CHARACTER
    width = min(max(NARROWEST, 1.0 + 0.16 * bars + 0.5 * len(chart.groups), 1.0 + labels), WIDEST)
    figure, axis = plt.subplots(figsize=(width, 3.8), layout="constrained")
    places, thin = np.arange(len(chart.groups)), 0.8 / len(chart.series)
    for number, one in enumerate(chart.series):
        at = places + (number - (len(chart.series) - 1) / 2) * thin
        draw_series(axis, at, thin, one, COLOURS[number % len(COLOURS)])
    label(axis, chart.groups, int((width - 1) / len(chart.groups) / LABEL_CHARACTER) - 1)
    axis.set_xlim(-0.6, len(chart.groups) - 0.4)
    axis.set_ylim(0, 100)
    handles, names = axis.get_legend_handles_labels()
    if any(cell.ours and cell.paper for one in chart.series for cell in one.cells):
        handles, names = [*handles, Line2D([], [], **PAPER)], [*names, "the paper's"]
    finish(figure, axis, chart.title, handles, names)
    return figure


def label(axis: Axes, groups: Sequence[str], room: int) -> None:
    """Name the groups, in lines of so many characters, or upright in a higher picture where a word is longer."""
    if longest_word(groups) <= room:
        axis.set_xticks(range(len(groups)), [textwrap.fill(one, room, break_on_hyphens=False) for one in groups])
        return
    axis.set_xticks(range(len(groups)), groups, rotation=90)
    width, height = axis.figure.get_size_inches()
    axis.figure.set_size_inches(width, height + LABEL_CHARACTER * max(map(len, groups)))


def longest_word(groups: Sequence[str]) -> int:
    """Return the characters of the longest word of all labels."""
    return max(len(word) for group in groups for word in group.split())


def draw_series(axis: Axes, places: np.ndarray, thin: float, series: Series, colour: str) -> None:
    """Draw the bars of one colour with their intervals."""
    ours = [cell.ours.number if cell.ours else np.nan for cell in series.cells]
    axis.bar(places, ours, 0.92 * thin, color=colour, label=series.name)
    for at, cell in zip(places, series.cells, strict=True):
        if cell.ours and cell.ours.low is not None:
            axis.plot([at, at], [cell.ours.low, cell.ours.high], color="#333333", linewidth=1)
        if cell.ours and cell.paper:
            axis.plot([at], [cell.paper.number], **PAPER)


def draw_lines(sheet: Sheet) -> Figure:
    """Draw a line for each row over columns that are numbers, with the intervals of few lines as bands."""
    chart = chart_of(sheet)
    figure, axis = plt.subplots(figsize=(NARROWEST, 4.2), layout="constrained")
    numbers = [float(group.rpartition(" ")[2]) for group in chart.groups]
    for number, one in enumerate(chart.series):
        points = [(at, cell.ours) for at, cell in zip(numbers, one.cells, strict=True) if cell.ours]
        colour = COLOURS[number % len(COLOURS)]
        axis.plot([at for at, _ in points], [value.number for _, value in points], "o-", color=colour, label=one.name)
        if len(chart.series) <= MOST_BANDS:
            draw_band(axis, points, colour)
    axis.set_xticks(numbers, [f"{number:g}" for number in numbers])
    axis.set_xlabel(sheet.axes[0])
    finish(figure, axis, chart.title, *axis.get_legend_handles_labels())
    return figure


def draw_band(axis: Axes, points: Sequence[tuple[float, Value]], colour: str) -> None:
    """Draw the intervals of a line."""
    known = [(at, value.low, value.high) for at, value in points if value.low is not None and value.high is not None]
    if known:
        at, low, high = zip(*known, strict=True)
        axis.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)


def finish(figure: Figure, axis: Axes, title: str, handles: Sequence[Line2D], names: Sequence[str]) -> None:
    """Add what all pictures have: title, unit, and a legend that is no wider than the picture."""
    width = figure.get_size_inches()[0]
    axis.set_title(textwrap.fill(title, int((width - 0.8) / TITLE_CHARACTER)), loc="left", fontsize=10)
    axis.set_ylabel("%")
    entry = max(map(len, names)) * LEGEND_CHARACTER + 0.7
    columns = min(len(names), max(1, int((width - 0.4) / entry)))
    figure.legend(handles, names, loc="outside lower center", ncols=columns, frameon=False, fontsize=8)
