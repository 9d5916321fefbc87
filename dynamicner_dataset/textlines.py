"""Strict reading of text files, line by line, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dynamicner_dataset.errors import InputError

#: Longest line that is read, in bytes; a longer one is taken for a broken file.
MAX_LINE_BYTES = 1_000_000
#: Half of a surrogate pair, which no encoding can hold.
SURROGATE = re.compile("[\ud800-\udfff]")
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def well_formed(text: str) -> str:
    """Return a text with U+FFFD for each lone surrogate; offsets stay."""
    return SURROGATE.sub("\ufffd", text)


def read_lines(path: Path, *, final_newline: bool = False) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its end) of a UTF-8 file.

    Args:
        path: The file.
        final_newline: Refuse a file whose last line has no end, as one cut in the middle has not.

    Raises:
        InputError: If the file is missing, empty, has a byte order mark, CR LF line ends, bytes that are no UTF-8,
            or a line over ``MAX_LINE_BYTES``.
    """
    number, line = 0, b""
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 2):
                number += 1
                yield number, decode_line(line, path, number)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error
    if number == 0:
        raise InputError("is empty; at least one line is wanted", path)
    if final_newline and not line_ends(path):
        raise InputError("ends without a newline: was the file cut in the middle?", path, number)


def line_ends(path: Path) -> bool:
    """Say whether the last byte of a file is a newline."""
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def decode_line(line: bytes, path: Path, number: int) -> str:
    """Return one line as text, without its newline; raise :class:`InputError` for bytes that are no plain UTF-8."""
    if len(line) > MAX_LINE_BYTES + 1:
        raise InputError(f"line is longer than {MAX_LINE_BYTES:,} bytes", path, number)
    if number == 1:
        for mark, encoding in BYTE_ORDER_MARKS.items():
            if line.startswith(mark):
                raise InputError(f"starts with a byte order mark ({encoding}); UTF-8 without one is wanted", path, 1)
    if line.endswith(b"\r\n"):
        raise InputError("line ends with CR LF; LF alone is wanted", path, number)
    try:
        return line.removesuffix(b"\n").decode("utf-8")
    except UnicodeDecodeError as error:
        column = len(line[: error.start].decode("utf-8")) + 1
        raise InputError(f"byte 0x{line[error.start]:02x} is not valid UTF-8", path, number, column) from error


def read_text(path: Path, max_bytes: int = 500_000_000) -> str:
    """Return a whole UTF-8 file, for formats such as JSON that cannot be read by line.

    Raises:
        InputError: As :func:`read_lines` does, and for files over ``max_bytes``.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(f"has {size:,} bytes; at most {max_bytes:,} are read at once", path)
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error
    if not data.strip():
        raise InputError("is empty", path)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            raise InputError(f"starts with a byte order mark ({encoding}); UTF-8 without one is wanted", path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"byte 0x{data[error.start]:02x} is not valid UTF-8", path, line) from error
