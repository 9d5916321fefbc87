"""Taxonomy files: strict YAML, and the check of every entry before types are made of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from dynamicner_dataset.errors import InputError, nearest, shorten
from dynamicner_dataset.textlines import SURROGATE, read_text

#: Names of the levels, from the top; each but the first is also the key of a type's children.
LEVELS = ("coarse", "medium", "fine")
TEXT_KEYS = ("definition",)
LIST_KEYS = ("synonyms", "examples")
BAD_PARTS = {",": "a comma", "##": "the marker '##'", "|": "a bar", "[": "a bracket", "]": "a bracket"}


class UniqueKeyLoader(yaml.SafeLoader):
    """Safe loading that refuses a key given twice, of which YAML's own would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping of a node; raise an error with the place of a key given twice."""
        seen: set[tuple[str, str]] = set()
        for key in [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]:
            if (key.tag, key.value) in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} is given twice", key.start_mark)
            seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Read a YAML file of plain values.

    Raises:
        InputError: If the file is missing, is not plain UTF-8, is no YAML, or gives a key twice.
    """
    text = read_text(path)
    try:
        return yaml.load(text, UniqueKeyLoader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise InputError(f"is not valid YAML: {problem}", path, mark.line + 1 if mark else None) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is YAML that cannot be held: {error}", path) from error


def check_top(data: object) -> list[Any]:
    """Return the entries of the coarse types.

    Raises:
        InputError: If the data is no mapping with a filled list ``coarse`` and nothing else.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get(LEVELS[0]), list):
        raise InputError("a taxonomy is a mapping with a list named 'coarse'")
    check_keys(data, LEVELS[:1], "the taxonomy")
    if not data[LEVELS[0]]:
        raise InputError("the list 'coarse' of the taxonomy is empty; at least one type is wanted")
    return data[LEVELS[0]]


def check_entry(entry: object, level: int, parent: str = "") -> Mapping[str, Any]:
    """Return the entry of one type if its own fields are sound; its children are checked one by one.

    Args:
        entry: What the file holds.
        level: 0 coarse, 1 medium, 2 fine.
        parent: Id of the type above, for messages.

    Raises:
        InputError: If a key is missing, unknown, or of the wrong kind; the message names the type.
    """
    where = f" under {shorten(parent)}" if parent else ""
    if not isinstance(entry, Mapping) or "name" not in entry:
        raise InputError(f"a {LEVELS[level]} type of the taxonomy{where} has no name: {shorten(str(entry))}")
    try:
        what = f"type {shorten(check_type_name(entry['name']))}{where}"
    except InputError as error:
        raise InputError(f"a {LEVELS[level]} type of the taxonomy{where}: {error.problem}") from error
    below = LEVELS[level + 1 : level + 2]
    check_keys(entry, ("name", *TEXT_KEYS, *LIST_KEYS, *below), what)
    check_values(entry, below, what)
    return entry


def check_keys(entry: Mapping[Any, Any], known: tuple[str, ...], what: str) -> None:
    """Refuse keys other than the known ones."""
    for key in entry:
        if key not in known:
            text = str(key)
            raise InputError(f"{what} has the unknown key {shorten(text)}{nearest(text, known)}")


def check_values(entry: Mapping[str, Any], below: tuple[str, ...], what: str) -> None:
    """Refuse a definition that is no string, and lists that are none, or hold something else than they should."""
    for key in TEXT_KEYS:
        if not isinstance(entry.get(key, ""), str):
            raise InputError(f"the {key} of {what} is no string")
    for key in LIST_KEYS:
        check_strings(entry.get(key, []), f"{key} of {what}")
    for key in below:
        if not isinstance(entry.get(key, []), list) or (key in entry and not entry[key]):
            raise InputError(f"{key} of {what}: a list of types is wanted; leave the key out where there are none")


def check_strings(value: object, what: str) -> None:
    """Refuse what is no list of strings."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{what}: a list of strings is wanted")


def check_type_name(name: object) -> str:
    """Return ``name`` if it can stand in a prompt's comma-separated list.

    Raises:
        InputError: If it is empty, has a comma, the marker ``##``, a bar, a bracket, a line break or outer spaces.
    """
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"a type name must be a non-empty string, not {name!r}")
    if SURROGATE.search(name):
        raise InputError(f"type name {shorten(name)} has half a surrogate pair in it, which no file can hold")
    for bad, what in BAD_PARTS.items():
        if bad in name:
            raise InputError(f"type name {shorten(name)} has {what} in it; prompts and markup need names without")
    if name != " ".join(name.split()):
        raise InputError(f"type name {shorten(name)} has outer or doubled spaces or a line break")
    return name
