"""Mappings out of YAML, checked against a class: an unknown key is refused with the nearest named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from dynamicner_dataset.errors import InputError, nearest


class Keys(BaseModel):
    """A mapping with known keys, each of its own type; nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Kind = TypeVar("Kind", bound=Keys)


def check_keys(kind: type[Kind], data: object, what: str, path: Path | None = None) -> Kind:
    """Return a mapping as an object of a class.

    Args:
        kind: The class.
        data: The mapping, as YAML gives it.
        what: What it is, for messages.
        path: The file it comes from.

    Raises:
        InputError: At the first key that is unknown or missing, or value that does not fit.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{what} must be a mapping of keys and values, not {data!r}", path)
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        raise InputError(f"{what}: {first_problem(error, kind)}", path) from error


def first_problem(error: ValidationError, kind: type[Keys]) -> str:
    """Return the first thing that pydantic objects to, in one line; unknown keys come first."""
    errors = sorted(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    found = errors[0]
    key = ".".join(map(str, found["loc"]))
    if found["type"] == "extra_forbidden":
        return f"unknown key {key!r}{nearest(str(found['loc'][-1]), known_keys(kind, found['loc']))}"
    if found["type"] == "missing":
        return f"key {key!r} is missing"
    message = found["msg"].removeprefix("Value error, ")
    given = "" if isinstance(found["input"], (Mapping, list, BaseModel)) else f", not {found['input']!r}"
    return f"{key}: {message[0].lower()}{message[1:]}{given}" if key else message


def known_keys(kind: type[Keys], place: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are known where an unknown one was found."""
    for step in place[:-1]:
        field = kind.model_fields.get(str(step))
        inner = [one for one in all_types(field.annotation) if issubclass(one, Keys)] if field else []
        kind = inner[0] if inner else kind
    return list(kind.model_fields)


def all_types(annotation: Any) -> list[type]:
    """Return the classes that an annotation names, inside lists and mappings too."""
    inner = [one for part in getattr(annotation, "__args__", ()) for one in all_types(part)]
    return inner or ([annotation] if isinstance(annotation, type) else [])
