"""Finished rows in the format that is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from cascadener_models.command.results import Finished
from cascadener_models.rendering.bio import to_bio
from cascadener_models.rendering.html import TITLE, html_parts
from cascadener_models.rendering.markup import to_markup
from cascadener_models.results import Prediction


class OutputFormat(StrEnum):
    """What can be written."""

    JSONL = "jsonl"
    MARKUP = "markup"
    BIO = "bio"
    HTML = "html"
    TABLE = "table"


#: Wide and unbreakable spaces, and the joiners of emoji and of Persian: not "printable" in Python's sense.
HARMLESS = "\u3000\u00a0\u202f\u200c\u200d"
#: Formats that the ending of an output file names; any other is JSON lines.
ENDINGS = {".html": OutputFormat.HTML, ".htm": OutputFormat.HTML, ".bio": OutputFormat.BIO, ".conll": OutputFormat.BIO}


def choose_format(wanted: OutputFormat | None, output: Path | None, arguments: bool) -> OutputFormat:
    """Return the format: the one that is wanted, else the one that fits.

    Args:
        wanted: The option.
        output: The output file; ``None`` is standard output.
        arguments: Whether texts are given as arguments, for a person to read the answer.
    """
    if wanted is not None:
        return wanted
    if output is not None:
        return ENDINGS.get(output.suffix.lower(), OutputFormat.JSONL)
    if not arguments:
        return OutputFormat.JSONL
    return OutputFormat.TABLE if sys.stdout.isatty() else OutputFormat.MARKUP


def render(form: OutputFormat, rows: Iterable[Finished], lang: str | None, title: str = TITLE) -> Iterator[str]:
    """Yield the output piece by piece.

    Args:
        form: The format.
        rows: Finished rows.
        lang: Language for the tokens of bio; by default each row's own, else told from its script.
        title: Title of a page.
    """
    if form is OutputFormat.JSONL:
        return (row.line for row in rows)
    if form is OutputFormat.MARKUP:
        return (f"{to_markup(row.prediction)}\n" for row in rows)
    if form is OutputFormat.BIO:
        return (to_bio(row.prediction, lang or row.name_and_language()[1]) for row in rows)
    if form is OutputFormat.HTML:
        return html_parts(((row.name_and_language()[0], row.prediction) for row in rows), title)
    return (table(row.prediction) for row in rows)


def table(prediction: Prediction) -> str:
    """Return one text and a table of its entities, for a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("mention", "type", "score", "from", "to", "rounds"):
        grid.add_column(name, justify="left" if name in ("mention", "type") else "right", overflow="fold")
    for entity in prediction:
        kind = " › ".join(entity.path) or entity.type or "-"
        figures = (f"{entity.score:.3f}", str(entity.start), str(entity.end), str(entity.rounds))
        grid.add_row(Text(printable(entity.text), "bold"), Text(printable(kind)), *map(Text, figures))
    console = Console()
    with console.capture() as capture:
        console.print(Text(printable(prediction.text), "dim"), soft_wrap=True)
        console.print(grid if prediction.entities else Text("no entities found", "italic"))
        console.print()
    return capture.get()


def printable(text: str) -> str:
    r"""Return text without what a terminal would obey: controls as escapes.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(
        character if character.isprintable() or character in HARMLESS else repr(character)[1:-1] for character in text
    )
