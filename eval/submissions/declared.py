"""What a submission says about itself: the data it was made on, in ``settings.json`` beside it or in its first line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.formats.jsonl import parse_json
from dynamicner_dataset.textlines import read_text
from eval.submissions.faults import Faults, printable
from eval.submissions.lines import Record

SETTINGS = "settings.json"


@dataclass(frozen=True, slots=True)
class Expected:
    """What is scored against; ``None`` where anything will do."""

    data_sha256: str
    config: str | None = None
    split: str | None = None


def is_header(record: Record) -> bool:
    """Say whether a first line is a header, such as ``{"data_sha256": "..."}``, and no sentence."""
    return "data_sha256" in record and "id" not in record


def check_declared(declared: Record, expected: Expected, faults: Faults, line: int | None, file: str | None) -> None:
    """Add a fault for each of hash, config and split that is another's."""
    for key, why in (
        ("config", "score it against that config"),
        ("split", "score it against that split"),
        ("data_sha256", "it was made on other data or another release"),
    ):
        wanted, found = getattr(expected, key), declared.get(key)
        if wanted is None or found is None or found == wanted:
            continue
        value = shorten(found) if type(found) is str else f"a {type(found).__name__}"
        faults.add(f"{key} is {value}, not {wanted!r}: {why}", line, file=file)


def read_settings(path: Path, faults: Faults) -> dict[str, Any]:
    """Return the ``settings.json`` beside a submission; an empty one if there is none, or after adding a fault."""
    settings = path.parent / SETTINGS
    if not settings.exists() or settings == path:
        return {}
    with faults.collected(file=printable(settings)):
        if not settings.is_file():
            raise InputError("is no plain file")
        value = parse_json(read_text(settings, faults.limits.settings_bytes), settings)
        if type(value) is not dict:
            raise InputError("an object is wanted")
        return value
    return {}
