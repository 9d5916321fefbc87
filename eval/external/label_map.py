"""Maps from a set's labels to the names they are prompted by: the YAML files in ``maps``, checked on loading.

catch_all: misc          # the label that --no-misc leaves out; only where a set has one
lists:                   # one type list each, in the order of the prompt
  ai: {programlang: programming language, ...}
parts:                   # Few-NERD's intra setting: the coarse types of each part
  train: [person, ...]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, nearest, shorten
from dynamicner_dataset.taxonomy_file import check_keys, check_type_name, read_yaml

FOLDER = Path(__file__).parent / "maps"
KEYS = ("catch_all", "lists", "parts")
#: Name in the prompt by label in the files, in the order of the type list.
Names = dict[str, str]


@dataclass(frozen=True)
class LabelMap:
    """The labels of one set.

    Attributes:
        lists: Type lists by name (a domain, a granularity; ``all`` where there is one).
        catch_all: The label for everything else, or an empty string.
        parts: Coarse labels by part of a few-shot setting; mostly empty.
    """

    lists: Mapping[str, Names]
    catch_all: str = ""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """What the labels of a set become under the options of one run.

    Attributes:
        names: Name in the prompt by label: the type list. Several labels may share a name (fine labels, coarse names).
        left_out: Why a label that the set has gives no mention, by label.
        elsewhere: The lists that hold a label which this one does not, for messages.
    """

    names: Names
    left_out: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def types(self) -> tuple[str, ...]:
        """The type list as it is prompted, without doubles."""
        return tuple(dict.fromkeys(self.names.values()))

    def check(self, label: str) -> None:
        """Raise :class:`InputError` for a label that the set does not have; the message names the nearest."""
        known = (*self.names, *self.left_out)
        if label in known:
            return
        where = self.elsewhere.get(label)
        hint = f"; it is a label of {', '.join(where)}: is that what the file holds?" if where else ""
        hint = hint or nearest(label, known) or f"; known: {shorten(', '.join(known), 200)}"
        raise InputError(f"unknown label {shorten(label)}{hint}")


def load_label_map(name: str) -> LabelMap:
    """Return the map of a set.

    Raises:
        InputError: If the file is no such map: see :func:`check_map`.
    """
    path = FOLDER / f"{name}.yaml"
    data = read_yaml(path)
    try:
        return check_map(data)
    except InputError as error:
        raise InputError(error.problem, path) from error


def check_map(data: Any) -> LabelMap:
    """Return the map that a file holds.

    Raises:
        InputError: If a key is unknown, a list is empty, a label or name is no string, a name cannot stand in a
            prompt or stands twice in a list, the catch-all is not in every list, or a part names what is no coarse
            label.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("lists"), Mapping) or not data["lists"]:
        raise InputError("a map is a mapping with type lists under 'lists'")
    check_keys(data, KEYS, "the map")
    lists = {name: check_list(name, entries) for name, entries in data["lists"].items()}
    catch_all = data.get("catch_all", "")
    if not isinstance(catch_all, str) or (catch_all and not all(catch_all in names for names in lists.values())):
        raise InputError(f"the catch-all {shorten(str(catch_all))} is not a label of every list")
    return LabelMap(lists, catch_all, check_parts(data.get("parts", {}), lists))


def check_list(name: str, entries: Any) -> Names:
    """Return one type list."""
    if not isinstance(entries, Mapping) or not entries:
        raise InputError(f"the list {shorten(str(name))} is no mapping of labels to names")
    for label, shown in entries.items():
        if not isinstance(label, str):
            raise InputError(f"label {label!r} of the list {name!r} is no string; quote it")
        check_type_name(shown)
    shown, times = Counter(shown.casefold() for shown in entries.values()).most_common(1)[0]
    if times > 1:
        raise InputError(f"the name {shorten(shown)} stands twice in the list {name!r}")
    return dict(entries)


def check_parts(parts: Any, lists: Mapping[str, Names]) -> dict[str, tuple[str, ...]]:
    """Return the parts, which share no coarse label."""
    if not isinstance(parts, Mapping) or not all(isinstance(labels, list) for labels in parts.values()):
        raise InputError("'parts' is no mapping of names to lists of coarse labels")
    seen: set[str] = set()
    for part, labels in parts.items():
        for label in labels:
            if not isinstance(label, str) or label not in lists.get("coarse", {}):
                raise InputError(f"part {part!r} names {shorten(str(label))}, which is no coarse label")
            if label in seen:
                raise InputError(f"the coarse label {shorten(label)} is in two parts")
            seen.add(label)
    return {part: tuple(labels) for part, labels in parts.items()}


def labels_of(label_map: LabelMap, name: str = "all", *, misc: bool = True) -> Labels:
    """Return the labels of one type list.

    Args:
        label_map: The map of the set.
        name: The list's name.
        misc: Keep the catch-all; otherwise its mentions are left out and counted (UniversalNER scores so, GLiNER not).
    """
    names = dict(label_map.lists[name])
    left_out = {}
    if not misc:
        del names[label_map.catch_all]
        left_out[label_map.catch_all] = f"mentions of {label_map.catch_all}, left out (--no-misc)"
    elsewhere: dict[str, tuple[str, ...]] = {}
    for other, entries in label_map.lists.items():
        for label in entries:
            elsewhere[label] = (*elsewhere.get(label, ()), other)
    return Labels(names, left_out, elsewhere)
