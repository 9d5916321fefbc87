"""Texts of files, row by row, in bounded memory: JSON lines, plain text, CSV with a header, arguments."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cascadener_models.command.options import InputFormat, ReadingOptions
from cascadener_models.prompts import check_types
from dynamicner_dataset.errors import InputError, nearest, shorten
from dynamicner_dataset.formats.jsonl import parse_json, take
from dynamicner_dataset.textlines import BYTE_ORDER_MARKS

STANDARD_INPUT = "standard input"
#: Longest line that is read, in bytes; a longer one is taken for a broken file.
MAX_LINE_BYTES = 50_000_000
#: Keys that an output row adds; an input field of that name is kept as ``input_NAME``.
ADDED = ("entities", "dropped", "cost")


@dataclass(frozen=True, slots=True)
class Row:
    """One text to predict.

    Attributes:
        text: The text.
        opening: The output row as JSON up to what the prediction adds, without the closing brace: the row's own fields.
        place: File and line, for messages.
        types: Its own type list, if it brings one.
        offset: Bytes of the input read so far.
    """

    text: str
    opening: str
    place: tuple[str, int]
    types: tuple[str, ...] | None = None
    offset: int = 0


@dataclass(frozen=True)
class Source:
    """Where texts come from: a file, standard input (``path`` is ``None``), or arguments.

    Attributes:
        path: The file.
        form: Its format.
        reading: How it is read.
        texts: The arguments; then there is no file.
    """

    path: Path | None = None
    form: InputFormat = InputFormat.TXT
    reading: ReadingOptions = ReadingOptions()  # noqa: RUF009 (frozen)
    texts: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Name for messages."""
        return str(self.path) if self.path else STANDARD_INPUT

    @property
    def size(self) -> int | None:
        """Bytes of the file, if that is known before it is read."""
        return self.path.stat().st_size if self.path and self.path.is_file() else None

    def rows(self) -> Iterator[Row]:
        """Yield the rows.

        Raises:
            InputError: With file and line, for anything that is no text: bytes that are not UTF-8, broken JSON, a
                missing field, types that are no list, a line over ``MAX_LINE_BYTES``, a file without any row.
        """
        if self.texts:
            yield from argument_rows(self.texts)
            return
        found = False
        reader = {InputFormat.JSONL: json_rows, InputFormat.CSV: csv_rows, InputFormat.TXT: text_rows}[self.form]
        with opened(self.path) as file:
            for row in reader(Lines(file, self.name), self.reading):
                found = True
                yield row
        if not found:
            raise InputError("holds no text; at least one row is wanted", self.name)


@contextmanager
def opened(path: Path | None) -> Iterator[BinaryIO]:
    """Open a file, or standard input, for reading bytes."""
    if path is None:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error
    with file:
        yield file


class Lines:
    """The lines of a file as text; ``number`` and ``offset`` say how far it is read.

    A UTF-8 byte order mark is passed over and CR LF ends a line as LF does, as spreadsheets and Windows write them.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name = file, name
        self.number = self.offset = 0

    def __iter__(self) -> Iterator[str]:
        """Yield each line with its end, which is LF or nothing."""
        while line := self.file.readline(MAX_LINE_BYTES + 1):
            self.number += 1
            self.offset += len(line)
            yield self._decode(line)

    def _decode(self, line: bytes) -> str:
        if len(line) > MAX_LINE_BYTES:
            raise self.error(f"line is longer than {MAX_LINE_BYTES:,} bytes; one text a line is wanted")
        if self.number == 1:
            line = self._without_mark(line)
        if line.endswith(b"\r\n"):
            line = line[:-2] + b"\n"
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode("utf-8")) + 1
            problem = f"byte 0x{line[error.start]:02x} is not valid UTF-8"
            raise InputError(problem, self.name, self.number, column) from error

    def _without_mark(self, line: bytes) -> bytes:
        for mark, encoding in BYTE_ORDER_MARKS.items():
            if line.startswith(mark) and encoding != "UTF-8":
                raise self.error(f"starts with a byte order mark ({encoding}); UTF-8 is wanted")
        return line.removeprefix(b"\xef\xbb\xbf")

    def error(self, problem: str, line: int | None = None) -> InputError:
        """Return an error at a line of the file, by default at the one read last."""
        return InputError(problem, self.name, line or self.number)


def argument_rows(texts: Iterable[str]) -> Iterator[Row]:
    """Yield the texts of the command line."""
    for number, text in enumerate(texts, 1):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(f"text {number} of the command line is not valid UTF-8: {shorten(text)}") from error
        yield Row(text, opening_of({"text": text}), ("text", number))


def text_rows(lines: Lines, reading: ReadingOptions) -> Iterator[Row]:
    """Yield one row a line; a blank line is a text too, so that line numbers agree."""
    for line in lines:
        text = line.removesuffix("\n")
        yield Row(text, opening_of({"text": text}), (lines.name, lines.number), offset=lines.offset)


def json_rows(lines: Lines, reading: ReadingOptions) -> Iterator[Row]:
    """Yield one row for each JSON object; blank lines are passed over."""
    for line in lines:
        if not line.strip():
            continue
        value = parse_json(line.removesuffix("\n"), Path(lines.name), lines.number)
        try:
            text = take(value, reading.column, str, "the row")
            types = None if reading.ignore_row_types else own_types(value)
            opening = opening_of(output_fields(value, reading.column))
        except InputError as error:
            raise lines.error(error.problem) from error
        yield Row(text, opening, (lines.name, lines.number), types, lines.offset)


def own_types(value: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the type list that a row brings, ``None`` if it brings none.

    Raises:
        InputError: If it is no list of names that a prompt can show.
    """
    if value.get("types") is None:
        return None
    types = take(value, "types", list, "the row")
    if not types:
        raise InputError("'types' of the row is empty; leave it out where no types are asked for")
    return tuple(check_types(types))


def csv_rows(lines: Lines, reading: ReadingOptions) -> Iterator[Row]:
    """Yield one row for each record below the header; a field between quotes may hold line breaks."""
    csv.field_size_limit(MAX_LINE_BYTES)
    reader = csv.reader(lines, strict=True)
    header, first = None, 1
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise lines.error(f"is not valid CSV: {error}", first) from error
        if record is None:
            return
        if header is None:
            header = check_header(record, reading.column, lines)
        elif record:  # a blank line is no record
            yield csv_row(header, record, reading.column, lines, first)
        first = lines.number + 1


def check_header(header: list[str], column: str, lines: Lines) -> list[str]:
    """Return the names of the columns; raise :class:`InputError` if the text's is missing or one stands twice."""
    if column not in header:
        hint = nearest(column, header) or f"; its columns: {shorten(', '.join(header), 200)}"
        raise lines.error(f"has no column {shorten(column)}{hint} (--column names another)")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise lines.error(f"has the column {shorten(twice)} twice")
    return header


def csv_row(header: list[str], record: list[str], column: str, lines: Lines, first: int) -> Row:
    """Return the row of one record, which begins on line ``first``."""
    if len(record) != len(header):
        raise lines.error(f"has {len(record)} fields; the header has {len(header)}", first)
    value = dict(zip(header, record, strict=True))
    try:
        opening = opening_of(output_fields(value, column))
    except InputError as error:
        raise lines.error(error.problem, first) from error
    return Row(value[column], opening, (lines.name, first), offset=lines.offset)


def output_fields(value: dict[str, Any], column: str) -> dict[str, Any]:
    """Return a row's own fields as the output has them: the text as ``text``, names of ours out of the way.

    Raises:
        InputError: If two fields would then have one name.

    >>> output_fields({"body": "Rome", "entities": []}, "body")
    {'text': 'Rome', 'input_entities': []}
    """
    taken = ADDED if column == "text" else (*ADDED, "text")
    renamed = {key: "text" if key == column else f"input_{key}" if key in taken else key for key in value}
    if len(set(renamed.values())) < len(renamed):
        names = list(renamed.values())
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two fields of the row would be named {twice!r} in the output; rename the row's own")
    return {renamed[key]: kept for key, kept in value.items()}


def opening_of(fields: dict[str, Any]) -> str:
    """Return fields as JSON without the closing brace.

    Raises:
        InputError: If a number is too great for JSON.
    """
    try:
        return json.dumps(fields, ensure_ascii=False, allow_nan=False)[:-1]
    except (ValueError, RecursionError) as error:
        raise InputError("the row holds a number too great for JSON, such as 1e999, or nests too deep") from error
