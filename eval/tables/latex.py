"""A sheet as a LaTeX table with booktabs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from eval.tables.sheet import DASH, LEGEND, Cell, Column, Sheet, interval_of, letter, second, shown

SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",  # \\textquotedbl would need another font encoding
    "[": "{[}",  # after \\ it would be taken for an option
    "]": "{]}",
    DASH: "--",
}
#: More columns than that are scaled to the width of the page.
WIDE = 6


def to_latex(sheet: Sheet) -> str:
    """Return a floating table, to be read by a document that loads booktabs and graphicx."""
    return "\n".join(lines(sheet)) + "\n"


def lines(sheet: Sheet) -> Iterator[str]:
    """Yield the lines of the file."""
    notes = sheet.notes()
    yield "% Made by python -m eval tables; do not edit. Needs \\usepackage{booktabs,graphicx}."
    yield "\\begin{table*}[t]"
    yield "\\centering\\small"
    yield f"\\caption{{{caption(sheet)}}}"
    yield f"\\label{{{sheet.id.replace('-', ':')}}}"
    if sheet.rows:
        yield from tabular(
            sheet, lambda cell, column: shown(cell, column, notes, raised, intervals=sheet.with_intervals)
        )
        if sheet.has_intervals:
            yield "\\par\\medskip 95\\,\\% intervals\\par\\smallskip"
            yield from tabular(sheet.with_ours, interval_of)
        if sheet.has_second:
            yield f"\\par\\medskip {escape(sheet.also)}\\par\\smallskip"
            yield from tabular(sheet.with_ours, second)
    yield from (f"\\par\\footnotesize {raised(letter(at))} {escape(note)}" for at, note in enumerate(notes))
    yield from (f"\\par\\footnotesize {escape(made)}" for made in sheet.runs)
    yield "\\end{table*}"


def caption(sheet: Sheet) -> str:
    """Return the caption, with what is said above the table elsewhere."""
    legend = [LEGEND] * any(cell.paper for _, _, cell in sheet.all())
    return escape(" ".join([f"{sheet.title}.", *legend, *sheet.remarks]))


def tabular(sheet: Sheet, write: Callable[[Cell, Column], str]) -> Iterator[str]:
    """Yield the table itself, with its cells written in one way."""
    wide = len(sheet.columns) > WIDE
    if wide:
        yield "\\resizebox{\\textwidth}{!}{%"
    yield f"\\begin{{tabular}}{{{'l' * len(sheet.heads)}{'r' * len(sheet.columns)}}}"
    yield "\\toprule"
    yield row_line([*map(escape, sheet.heads), *(escape(column.title) for column in sheet.columns)])
    yield "\\midrule"
    before: tuple[str, ...] = ()
    for row, cells in zip(sheet.rows, sheet.cells, strict=True):
        if before and len(row) > 1 and row[0] != before[0]:
            yield "\\midrule"
        numbers = [body(write(cell, column)) for cell, column in zip(cells, sheet.columns, strict=True)]
        yield row_line([*map(escape, unrepeated(row, before)), *numbers])
        before = row
    yield "\\bottomrule"
    yield "\\end{tabular}"
    if wide:
        yield "}"


def unrepeated(row: tuple[str, ...], before: tuple[str, ...]) -> Iterator[str]:
    """Yield a row's names, empty where the row before has the same and all those left of it too.

    >>> list(unrepeated(("few-shot", "GPT-NER", "7B"), ("few-shot", "PromptNER", "7B")))
    ['', 'GPT-NER', '7B']
    """
    same = bool(before)
    for name, above in zip(row, before or row, strict=True):
        same = same and name == above
        yield "" if same else name


def row_line(cells: Iterable[str]) -> str:
    """Return one line of a table."""
    return " & ".join(cells) + " \\\\"


def body(cell: str) -> str:
    """Return a cell of numbers; it holds nothing special but the dash and the brackets of an interval."""
    return cell.replace(DASH, SPECIAL[DASH]).replace("[", SPECIAL["["]).replace("]", SPECIAL["]"])


def raised(text: str) -> str:
    """Return the mark of a note."""
    return f"\\textsuperscript{{{text}}}"


def escape(text: str) -> str:
    r"""Return text that LaTeX sets as it is.

    >>> escape("50 % of a_b")
    '50 \\% of a\\_b'
    """
    return "".join(SPECIAL.get(character, character) for character in " ".join(text.split()))
