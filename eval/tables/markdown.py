"""A sheet as a page of Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from eval.tables.sheet import LEGEND, Cell, Column, Missing, Sheet, interval_of, letter, second, shown

#: Characters that Markdown would take for itself.
SPECIAL = {**{character: f"\\{character}" for character in "\\|*_`[]<>#~"}, "&": "&amp;"}


def to_markdown(sheet: Sheet) -> str:
    """Return the page: the table, notes, intervals, the second measure, the runs, and what is missing."""
    return "\n\n".join(parts(sheet)) + "\n"


def parts(sheet: Sheet) -> Iterator[str]:
    """Yield the paragraphs of the page."""
    notes = sheet.notes()
    has_paper = any(cell.paper for _, _, cell in sheet.all())
    yield f"# {sheet.label}: {escape(sheet.title)}"
    yield "Made by `python -m eval tables`; do not edit."
    yield from map(escape, [LEGEND] * has_paper + list(sheet.remarks))
    if sheet.rows:
        yield grid(sheet, lambda cell, column: shown(cell, column, notes, raised, intervals=sheet.with_intervals))
    else:
        yield "No predictions yet."
    if notes:
        yield "\n".join(f"- {raised(letter(at))} {escape(note)}" for at, note in enumerate(notes))
    yield from below(sheet)


def below(sheet: Sheet) -> Iterator[str]:
    """Yield what stands below the table."""
    if sheet.has_intervals:
        yield "## 95 % intervals"
        yield grid(sheet.with_ours, interval_of)
    if sheet.has_second:
        yield f"## {escape(sheet.also)}"
        yield grid(sheet.with_ours, second)
    if sheet.runs:
        yield "## Runs"
        yield "\n".join(line for made, on in sheet.runs.items() for line in run_lines(made, on))
    if sheet.missing:
        yield "## Missing"
        yield "\n".join(line for one in sheet.missing for line in missing_lines(one))


def run_lines(made: str, on: Iterable[str]) -> Iterator[str]:
    """Yield the lines on runs that were made in one way."""
    yield f"- {escape(made)}"
    yield from (f"  - {escape(one)}" for one in on)


def grid(sheet: Sheet, write: Callable[[Cell, Column], str]) -> str:
    """Return the table with its cells written in one way; columns of numbers are set to the right."""
    lines = [
        table_line([*map(escape, sheet.heads), *(escape(column.title) for column in sheet.columns)]),
        table_line([*["---"] * len(sheet.heads), *["---:"] * len(sheet.columns)]),
    ]
    for row, cells in zip(sheet.rows, sheet.cells, strict=True):
        numbers = (unmarked(write(cell, column)) for cell, column in zip(cells, sheet.columns, strict=True))
        lines.append(table_line([*map(escape, row), *numbers]))
    return "\n".join(lines)


def unmarked(cell: str) -> str:
    """Return a cell whose interval is no link."""
    return cell.replace("[", "\\[").replace("]", "\\]")


def missing_lines(one: Missing) -> Iterator[str]:
    """Yield the lines on cells that one command fills, or none."""
    yield f"- `{one.command}`" if one.command else f"- No suite has a run with {escape(one.wanted)}."
    yield from (f"  - {escape(cell)}" for cell in one.cells if cell)


def table_line(cells: Iterable[str]) -> str:
    """Return one line of a table."""
    return f"| {' | '.join(cells)} |"


def raised(text: str) -> str:
    """Return the mark of a note."""
    return f"<sup>{text}</sup>"


def escape(text: str) -> str:
    r"""Return text that Markdown shows as it is.

    >>> escape("a|b_c")
    'a\\|b\\_c'
    """
    return "".join(SPECIAL.get(character, character) for character in " ".join(text.split()))
