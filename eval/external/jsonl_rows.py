"""Token rows in JSON lines, as ``Dataset.to_json`` writes them: ``{"tokens": [...], "ner_tags": [...]}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.formats.jsonl import parse_json, take
from dynamicner_dataset.textlines import read_lines
from eval.external.tagged import Tagged


def read(path: Path, tag_columns: Sequence[str]) -> Iterator[Tagged]:
    """Yield the sentences of a file.

    Args:
        path: JSON lines.
        tag_columns: Where the tags may stand; the first that a row has is taken.

    Raises:
        InputError: With file and line: no JSON object, no tokens or tags, tags that are numbers.
    """
    for number, line in read_lines(path):
        if not line.strip():
            continue
        value = parse_json(line, path, number)
        try:
            tokens, tags = take_row(value, tag_columns)
        except InputError as error:
            raise InputError(error.problem, path, number) from error
        yield Tagged(f"{path.stem}-{number:06d}", tokens, tags, path, [number] * len(tokens))


def take_row(row: object, tag_columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return tokens and tags of one row.

    Raises:
        InputError: If they are missing or no strings. Numbers are refused and not guessed at: their order is not the
            same in all copies of a set.
    """
    tokens = take(row, "tokens", list, "the row")
    name = next((name for name in tag_columns if isinstance(row, Mapping) and name in row), tag_columns[0])
    tags = take(row, name, list, "the row")
    for what, values in (("tokens", tokens), (name, tags)):
        check_strings(what, values)
    return tokens, tags


def check_strings(what: str, values: Sequence[Any]) -> None:
    """Refuse a list of anything but strings."""
    wrong = next((value for value in values if not isinstance(value, str)), None)
    if wrong is None and None not in values:
        return
    hint = "; numbers of classes: write their names, as in 'B-PER'" if isinstance(wrong, int) else ""
    raise InputError(f"{what!r} of the row must hold strings, not {shorten(repr(wrong))}{hint}")
