"""A table before it has a form: rows, columns, cells with our value and the paper's, and what stands below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Where there is nothing to show.
DASH = "–"
LEGEND = "Ours, then the paper's figure in brackets."
#: How a number is written, by the style of its column. ``percent`` values are already multiplied by 100.
STYLES = {
    "percent": "{:.1f}",
    "count": "{:,.0f}",
    "kappa": "{:.3f}",
    "ratio": "{:.2f}",
    "tokens": "{:,.1f}",
    "usd": "{:,.2f}",
    "seconds": "{:.3f}",
}
#: Likewise for what the paper prints, where it has fewer decimals.
PRINTED_STYLES = STYLES | {"kappa": "{:.2f}"}


class Value(NamedTuple):
    """One of our figures, in the units of its column.

    Attributes:
        number: The figure.
        low: Lower end of its 95 % interval, if it has one.
        high: Upper end.
    """

    number: float
    low: float | None = None
    high: float | None = None


class Printed(NamedTuple):
    """A figure of the paper, in the units it is printed in; ``note`` says where it is doubtful."""

    number: float
    note: str = ""


class Cell(NamedTuple):
    """One place of a table.

    Attributes:
        ours: Our figure, if there are predictions.
        also: The same by the table's second measure.
        paper: The paper's figure, if it is known.
        run: The run that ours is from, or several; empty where it is from a report.
        possible: Whether there can be a figure of ours.
    """

    ours: Value | None = None
    also: Value | None = None
    paper: Printed | None = None
    run: str = ""
    possible: bool = True


class Column(NamedTuple):
    """A column by its names, one of each axis, the style of its numbers, and what stands over it."""

    names: tuple[str, ...]
    style: str
    title: str


def column_of(axes: Iterable[str], names: Iterable[str], style: str = "percent") -> Column:
    """Return a column; the name of its axis stands before a number.

    >>> column_of(["k"], ["3"]).title, column_of(["lang", "level"], ["en", "fine"]).title
    ('k = 3', 'en fine')
    """
    pairs = list(zip(axes, names, strict=True))
    title = " ".join(f"{axis} = {name}" if name.isdecimal() else name for axis, name in pairs)
    return Column(tuple(name for _, name in pairs), style, title)


class Missing(NamedTuple):
    """Cells without predictions.

    Attributes:
        command: What fills them; empty if no suite has it.
        wanted: What is asked of a run, where no suite has it.
        cells: Their rows, each with its columns.
    """

    command: str
    wanted: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A table or figure.

    Attributes:
        id: ``table-2``, ``figure-8``: the name of its files.
        title: What it shows, in one line.
        heads: Names of the axes of the rows.
        axes: Names of the axes of the columns.
        rows: Of each row its names, one of each axis.
        columns: The columns.
        cells: Row by row.
        also: What the second measure is; empty if there is none.
        remarks: Sentences above the table, about data and measures.
        runs: The runs whose predictions are in it: how they were made, and on what, a line each.
        missing: What has no predictions.
        with_intervals: Whether intervals stand in the cells themselves.
        plot: ``bars``, ``rows``, ``lines``, or empty for none.
        drawing: Draws the picture in its own way, in place of ``plot``.
    """

    id: str
    title: str
    heads: tuple[str, ...]
    axes: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    columns: Sequence[Column]
    cells: Sequence[Sequence[Cell]]
    also: str = ""
    remarks: tuple[str, ...] = ()
    runs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    with_intervals: bool = False
    plot: str = ""
    drawing: Callable[[], Figure] | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """``Table 2``, ``Figure 8``."""
        return self.id.replace("-", " ").capitalize()

    @property
    def has_intervals(self) -> bool:
        """Whether there are intervals that do not stand in the cells."""
        return not self.with_intervals and any(cell.ours and cell.ours.low is not None for _, _, cell in self.all())

    @property
    def has_second(self) -> bool:
        """Whether there are figures by the second measure."""
        return any(cell.also for _, _, cell in self.all())

    @property
    def with_ours(self) -> Sheet:
        """The rows that have figures of ours."""
        kept = [at for at, cells in enumerate(self.cells) if any(cell.ours for cell in cells)]
        return replace(self, rows=[self.rows[at] for at in kept], cells=[self.cells[at] for at in kept])

    def all(self) -> Iterator[tuple[tuple[str, ...], Column, Cell]]:
        """Yield every cell with its row and column."""
        for row, cells in zip(self.rows, self.cells, strict=True):
            for column, cell in zip(self.columns, cells, strict=True):
                yield row, column, cell

    def notes(self) -> list[str]:
        """Return the notes on the paper's figures, each once, in the order in which they are met."""
        return list(dict.fromkeys(cell.paper.note for _, _, cell in self.all() if cell.paper and cell.paper.note))


def written(number: float, style: str) -> str:
    """Write a number.

    >>> written(61.26, "percent"), written(39455, "count")
    ('61.3', '39,455')
    """
    return STYLES[style].format(number)


def printed(figure: Printed, style: str) -> str:
    """Write a figure of the paper with as many decimals as it prints.

    >>> printed(Printed(0.86), "kappa")
    '0.86'
    """
    return PRINTED_STYLES[style].format(figure.number)


def interval(value: Value, style: str) -> str:
    """Write the interval of a value, or a dash.

    >>> interval(Value(61.3, 59.94, 62.6), "percent")
    '[59.9, 62.6]'
    """
    if value.low is None or value.high is None:
        return DASH
    return f"[{written(value.low, style)}, {written(value.high, style)}]"


def interval_of(cell: Cell, column: Column) -> str:
    """Write the interval of a cell, or a dash."""
    return interval(cell.ours, column.style) if cell.ours else DASH


def second(cell: Cell, column: Column) -> str:
    """Write the second measure of a cell with its interval, and the paper's figure."""
    if cell.also is None:
        return DASH
    ends = f" {interval(cell.also, column.style)}" if cell.also.low is not None else ""
    paper = f" ({printed(cell.paper, column.style)})" if cell.paper else ""
    return written(cell.also.number, column.style) + ends + paper


def letter(number: int) -> str:
    """Return the mark of a note: a, b, ..., z, aa, ...

    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    more, own = divmod(number, 26)
    return (letter(more - 1) if more else "") + chr(ord("a") + own)


def shown(cell: Cell, column: Column, notes: Sequence[str], mark: Callable[[str], str], *, intervals: bool) -> str:
    """Write a cell: ours, then the paper's in brackets.

    Args:
        cell: The cell.
        column: Its column.
        notes: The notes below the table.
        mark: Raises the letter of a note.
        intervals: Write the interval after our figure.
    """
    ours = written(cell.ours.number, column.style) if cell.ours else DASH * cell.possible
    if cell.ours and intervals and cell.ours.low is not None:
        ours += f" {interval(cell.ours, column.style)}"
    if not cell.paper:
        return ours
    noted = mark(letter(notes.index(cell.paper.note))) if cell.paper.note else ""
    return f"{ours} ({printed(cell.paper, column.style)}{noted})".lstrip()
