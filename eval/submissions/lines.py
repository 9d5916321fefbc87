"""The JSON objects of a file, line by line, in bounded memory, whatever its bytes are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from dynamicner_dataset.errors import InputError
from dynamicner_dataset.formats.jsonl import parse_json
from dynamicner_dataset.textlines import decode_line
from eval.submissions.faults import Faults, Limits

Record = dict[str, Any]


def read_records(path: Path, faults: Faults) -> Iterator[tuple[int, Record | None]]:
    """Yield (line number from 1, object) of each line; ``None`` for a line that holds no object, a fault then.

    Stops, with a fault, at a file that cannot be read at all, and when there are too many faults.
    """
    try:
        size = file_size(path, faults.limits)
        with path.open("rb") as file:
            for number, line in bounded_lines(file, faults.limits.line_bytes):
                if faults.full:
                    faults.stopped = True
                    return
                yield number, read_record(path, number, line, faults)
    except InputError as error:
        faults.add(error.problem)
    except OSError as error:
        faults.add(f"cannot be read: {error.strerror}")
    else:
        if not size:
            faults.add("is empty; one line of JSON a sentence is wanted")


def file_size(path: Path, limits: Limits) -> int:
    """Return the bytes of a file.

    Raises:
        InputError: If it is no plain file (a folder, a pipe, a device), or too long.
        OSError: If there is none.
    """
    size = path.stat().st_size
    if not path.is_file():
        raise InputError("is no plain file; a file of JSON lines is wanted")
    if size > limits.file_bytes:
        raise InputError(f"has {size:,} bytes; at most {limits.file_bytes:,} are read")
    return size


def bounded_lines(file: BinaryIO, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield (line number from 1, line with its end); ``None`` for one of over ``limit`` bytes, which is passed over."""
    number = 0
    while line := file.readline(limit + 1):
        number += 1
        if len(line) <= limit or line.endswith(b"\n"):
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(limit + 1)
        yield number, None


def read_record(path: Path, number: int, line: bytes | None, faults: Faults) -> Record | None:
    """Return the object on a line, or ``None`` after adding a fault."""
    with faults.collected(number):
        if line is None:
            raise InputError(f"line is longer than {faults.limits.line_bytes:,} bytes")
        if not line.strip():
            raise InputError("line is empty; one JSON object a line is wanted")
        value = parse_line(path, number, line)
        if type(value) is not dict:
            raise InputError(f"an object is wanted, not a {type(value).__name__}")
        return value
    return None


def parse_line(path: Path, number: int, line: bytes) -> Any:
    """Return the value on a line.

    Raises:
        InputError: If it is no UTF-8 or no strict JSON; where a line without its end is not, the file may have been
            cut, and the message says so.
    """
    text = decode_line(line, path, number)
    try:
        return parse_json(text, path, number)
    except InputError as error:
        if not line.endswith(b"\n"):
            error.problem += "; the line has no end: was the file cut in the middle?"
        raise
