"""Column files: one token a line, a blank line after each sentence; the columns are checked line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dynamicner_dataset.errors import InputError
from dynamicner_dataset.textlines import read_lines
from eval.external.tagged import Tagged

DOCUMENT_START = "-DOCSTART-"
SPACES = re.compile("[ \t]+")


@dataclass(frozen=True)
class Columns:
    """How the lines of a set look; the token is the first column, the tag the last.

    Attributes:
        counts: How many columns there may be. All lines of a file have equally many.
        example: A right line, for messages.
        comment: What a comment line begins with; empty where there are none.
        token: From the first column to the token; raises :class:`InputError` for what is none.
    """

    counts: tuple[int, ...]
    example: str
    comment: str = ""
    token: Callable[[str], str] = str


@dataclass
class Block:
    """The lines of one sentence: numbers, columns, and the comment before them."""

    lines: list[int]
    rows: list[list[str]]
    comment: str = ""


def read(
    path: Path, columns: Columns, id_of: Callable[[str], str] = lambda comment: "", *, number_from: int = 1
) -> Iterator[Tagged]:
    """Yield the sentences of a file, in bounded memory.

    Args:
        path: The file, UTF-8 with LF line ends.
        columns: How its lines look.
        id_of: From the comment before a sentence to its id; where empty it is ``{stem of the file}-{number}``.
        number_from: Number of the first sentence.

    Raises:
        InputError: With file and line, for an empty file, bytes that are no UTF-8, a wrong number of columns, an
            empty tag, or what ``columns.token`` refuses.
    """
    number = number_from
    for number, block in enumerate(blocks(path, columns), number_from):
        key = id_of(block.comment) or f"{path.stem}-{number:06d}"
        tokens = [token_of(row, columns, path, line) for row, line in zip(block.rows, block.lines, strict=True)]
        yield Tagged(key, tokens, [row[-1] for row in block.rows], path, block.lines)


def blocks(path: Path, columns: Columns) -> Iterator[Block]:
    """Yield the lines of one sentence at a time; comments and document starts are passed over."""
    block, width, comment = Block([], []), 0, ""
    for number, line in read_lines(path):
        if columns.comment and line.startswith(columns.comment):
            comment = line
        elif not line.strip(" \t"):
            if block.rows:
                yield block
                block, comment = Block([], []), ""
        elif not line.startswith(DOCUMENT_START):
            row = split_line(line)
            width = width or len(row)
            check_row(row, width, columns, path, number)
            block.rows.append(row)
            block.lines.append(number)
            block.comment = comment
    if block.rows:
        yield block


def split_line(line: str) -> list[str]:
    r"""Return the columns of a line: parted by tabs, or by spaces where there is no tab.

    >>> split_line("New York\tB-LOC"), split_line("Rome NNP B-NP I-LOC"), split_line(" _ _ O")
    (['New York', 'B-LOC'], ['Rome', 'NNP', 'B-NP', 'I-LOC'], ['', '_', '_', 'O'])
    """
    if "\t" in line:
        return [column.strip() for column in line.split("\t")]
    return SPACES.split(line.rstrip(" "))


def check_row(row: Sequence[str], width: int, columns: Columns, path: Path, number: int) -> None:
    """Refuse a line with another number of columns than wanted, or without a tag."""
    if len(row) not in columns.counts:
        wanted = " or ".join(map(str, columns.counts))
        problem = f"has {len(row)} columns; {wanted} are wanted, such as {columns.example!r}"
        raise InputError(problem, path, number)
    if len(row) != width:
        raise InputError(f"has {len(row)} columns; the lines before it have {width}", path, number)
    if not row[-1]:
        raise InputError(f"has no tag; {columns.example!r} would be right", path, number)


def token_of(row: Sequence[str], columns: Columns, path: Path, number: int) -> str:
    """Return the token of a line."""
    try:
        return columns.token(row[0])
    except InputError as error:
        raise InputError(error.problem, path, number) from error
