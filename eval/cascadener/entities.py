"""Predictions and references as people have them, read into one strict schema."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import index
from typing import Any, NamedTuple

from .matching import Marked

#: Where the name of the type is looked for, in this order.
TYPE_KEYS = ("type", "label", "fine")
#: Columns of base rows that are together the way down the tree.
PATH_KEYS = ("coarse", "medium", "fine")
#: Largest offset: what a 32-bit number holds.
LARGEST = 2**31 - 1


class Entity(NamedTuple):
    """One mention, predicted or gold.

    Attributes:
        start: First character, in Unicode code points of the sentence, counted from 0.
        end: Character after the last.
        type: Name of its type.
        text: Its characters; empty if they are not known.
        score: How sure the system is of it, in [0, 1], if it said so.
        path: Names from the top of the tree down to the type; empty if there is none.
    """

    start: int
    end: int
    type: str
    text: str = ""
    score: float | None = None
    path: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the strict schema of the metric's features."""
        return {**self._asdict(), "path": list(self.path)}


def read_sentences(sentences: Iterable[Any], what: str, texts: Sequence[str] | None = None) -> list[list[Entity]]:
    """Read predictions or references.

    Args:
        sentences: Of each sentence a list of entities; or a row with such a list under ``entities``, of which ``text``
            is the sentence. An entity is a mapping with ``start``, ``end``, one of ``type``, ``label``, ``fine``, and
            optionally ``text``, ``score``, ``path``; or an object with ``to_dict()``, as the cascade returns.
        what: ``predictions`` or ``references``, for messages.
        texts: The sentences themselves; offsets are checked against them.

    Raises:
        ValueError: If there are not as many sentences as texts, or anything is not as described.
    """
    if isinstance(sentences, (str, bytes, Mapping)):
        raise ValueError(f"{what} must be a list of sentences, each a list of entities; not {kind(sentences)}")
    rows = [as_record(one) for one in sentences]
    if texts is not None and len(texts) != len(rows):
        raise ValueError(f"{what} are of {len(rows)} sentences and texts of {len(texts)}")
    given = texts if texts is not None else [None] * len(rows)
    return [read_sentence(row, f"{what}, sentence {at + 1}", given[at]) for at, row in enumerate(rows)]


def row_values(sentences: Iterable[Any], key: str) -> list[Any] | None:
    """Return a field of every row, such as ``text``; ``None`` if a sentence does not have it."""
    if isinstance(sentences, (str, bytes, Mapping)):
        return None
    rows = [as_record(one) for one in sentences]
    if not rows or not all(isinstance(row, Mapping) and row.get(key) is not None for row in rows):
        return None
    return [row[key] for row in rows]


def as_record(value: Any) -> Any:
    """Return an object of the cascade as a mapping; anything else as it is."""
    return value.to_dict() if hasattr(value, "to_dict") else value


def read_sentence(row: Any, place: str, text: str | None) -> list[Entity]:
    """Read the entities of one sentence."""
    if isinstance(row, Mapping):
        if "entities" not in row:
            raise ValueError(f"{place}: a row must have 'entities'; it has {', '.join(map(repr, row))}")
        text = row.get("text") if text is None else text
        row = row["entities"]
    if isinstance(row, (str, bytes, Mapping)) or not isinstance(row, Iterable):
        raise ValueError(f"{place}: a list of entities is wanted, empty if there are none; not {kind(row)}")
    entities: list[Entity] = []
    for one in row:
        try:
            entities.append(read_entity(one, text))
        except ValueError as error:
            raise ValueError(f"{place}, mention {len(entities) + 1}: {error}") from None
    return entities


def read_entity(value: Any, text: str | None) -> Entity:
    """Read one entity of a sentence whose text may be known.

    Raises:
        ValueError: If it is unsound, without its place.
    """
    record = value if type(value) is dict else as_record(value)  # an Entity has to_dict(), too
    if not isinstance(record, Mapping):
        raise ValueError(f"an entity must be a mapping with start, end and type; not {kind(record)}")
    start, end = read_offset(record.get("start"), "start"), read_offset(record.get("end"), "end")
    if start >= end:
        raise ValueError(f"{start}:{end} is empty or turned round; ends are exclusive")
    key = "type"
    for key in TYPE_KEYS:
        if record.get(key) is not None:
            break
    name = record.get(key)
    if not isinstance(name, str) or not name:
        raise ValueError(f"one of {', '.join(TYPE_KEYS)} must name the type; found {name!r}")
    surface = read_surface(record.get("text"), start, end, text)
    return Entity(start, end, name, surface, read_score(record.get("score")), read_path(record, key))


def read_offset(value: Any, key: str) -> int:
    """Return an offset as a whole number."""
    try:
        if isinstance(value, bool):
            raise TypeError
        offset = index(value)
    except TypeError:
        raise ValueError(f"{key} must be a whole number, not {value!r}") from None
    if not 0 <= offset <= LARGEST:
        raise ValueError(f"{key} is out of range: {offset}; offsets count code points from 0")
    return offset


def read_surface(surface: Any, start: int, end: int, text: str | None) -> str:
    """Return the mention's characters, checked against the sentence if it is known."""
    if surface is not None and not isinstance(surface, str):
        raise ValueError(f"text must be a string, not {kind(surface)}")
    if text is not None:
        if end > len(text):
            raise ValueError(
                f"{start}:{end} is out of range for a sentence of {len(text)} characters; offsets count Unicode code "
                "points, end exclusive"
            )
        if surface and surface != text[start:end]:
            raise ValueError(f"text is {surface!r}, but the sentence has {text[start:end]!r} at {start}:{end}")
        return text[start:end]
    if surface and len(surface) != end - start:
        raise ValueError(
            f"text {surface!r} has {len(surface)} characters, {start}:{end} has {end - start}; offsets count Unicode "
            "code points, end exclusive"
        )
    return surface or ""


def read_score(value: Any) -> float | None:
    """Return a score, if there is one."""
    if value is None:
        return None
    try:
        score = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError):
        score = math.nan
    if not 0 <= score <= 1:  # NaN, too
        raise ValueError(f"score must be a number between 0 and 1, not {value!r}")
    return score


def read_path(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the way down the tree, given as such or, in base rows, by its three names."""
    path = record.get("path")
    if path is None and key == PATH_KEYS[-1] and all(record.get(one) for one in PATH_KEYS):
        path = [record[one] for one in PATH_KEYS]
    if path is None:
        return ()
    if isinstance(path, str) or not isinstance(path, Iterable) or not all(isinstance(one, str) for one in path):
        raise ValueError(f"path must be a list of names, not {path!r}")
    return tuple(path)


def marked(sentences: Iterable[Iterable[Entity]]) -> list[list[Marked]]:
    """Return what is scored of each entity."""
    return [[Marked._make(one[:4]) for one in sentence] for sentence in sentences]


def kind(value: object) -> str:
    """Return the name of a value's class."""
    return type(value).__name__
