"""What a submission may add to its entities: scores, paths and amounts, checked value by value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dynamicner_dataset.errors import InputError, shorten

#: Most names on the way down to a type, and the longest name that is looked at.
MAX_PATH, MAX_NAME = 16, 100


def read_score(entry: dict[str, Any], what: str) -> float | None:
    """Return the score in [0, 1], or ``None`` if there is none; raise :class:`InputError` for anything else."""
    score = entry.get("score")
    if score is None:
        return None
    if not is_number(score) or not 0 <= score <= 1:
        raise InputError(f"'score' of {what} must be a number from 0 to 1")
    return float(score)


def read_path(entry: dict[str, Any], what: str) -> tuple[str, ...]:
    """Return the way down the tree, empty if there is none; raise :class:`InputError` if it is no list of names."""
    path = entry.get("path")
    if path is None:
        return ()
    if type(path) is not list or len(path) > MAX_PATH or not all(type(n) is str and len(n) <= MAX_NAME for n in path):
        raise InputError(
            f"'path' of {what} must be a list of at most {MAX_PATH} names of at most {MAX_NAME} characters"
        )
    return tuple(path)


def numbers(record: dict[str, Any], key: str, known: Sequence[str] = ()) -> dict[str, float]:
    """Return an object of numbers from 0 up, such as a line's ``cost``; empty if it is absent.

    Args:
        record: The line.
        key: The object's key.
        known: The only keys it may have; any 50 by default.

    Raises:
        InputError: If it is no such object.
    """
    found = record.get(key)
    if found is None:
        return {}
    if type(found) is not dict or len(found) > 50 or not all(is_amount(value) for value in found.values()):
        raise InputError(f"{key!r} must be an object of finite numbers from 0 up")
    strange = [name for name in found if (known and name not in known) or len(name) > MAX_NAME]
    if strange:
        raise InputError(
            f"{key!r} has the unknown key {shorten(strange[0])}; known: {', '.join(known) or 'short ones'}"
        )
    return found


def is_number(value: object) -> bool:
    """Say whether a JSON value is a number that can be counted with; a boolean is none."""
    return type(value) is int or (type(value) is float and math.isfinite(value))


def is_amount(value: object) -> bool:
    """Say whether a JSON value is a number from 0 up, small enough to add a million of them."""
    return is_number(value) and 0 <= value <= 1e15
