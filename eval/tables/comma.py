"""A sheet as CSV: a line for each cell, so that no figure has to be picked out of text."""

from __future__ import annotations

import csv
import io

from eval.tables.sheet import Sheet, Value

NUMBERS = ("ours", "low", "high", "also", "also_low", "also_high", "paper", "paper_note", "run")
#: Decimal places; further ones are noise.
DIGITS = 6


def to_csv(sheet: Sheet) -> str:
    """Return the lines: table, names of row and column, ours with its interval, the second measure, the paper's."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", *sheet.heads, *sheet.axes, *NUMBERS])
    for row, column, cell in sheet.all():
        paper = (plain(cell.paper.number), cell.paper.note) if cell.paper else ("", "")
        writer.writerow([sheet.id, *row, *column.names, *numbers(cell.ours), *numbers(cell.also), *paper, cell.run])
    return out.getvalue()


def numbers(value: Value | None) -> list[str]:
    """Return a value and its interval, empty where there is none."""
    return [plain(one) for one in value or (None, None, None)]


def plain(number: float | None) -> str:
    """Write a number without needless digits.

    >>> plain(61.0), plain(1 / 3), plain(None)
    ('61', '0.333333', '')
    """
    return "" if number is None else f"{round(number, DIGITS):.{DIGITS}f}".rstrip("0").rstrip(".")
