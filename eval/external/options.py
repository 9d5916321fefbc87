"""The options of one conversion, and the check that a set knows each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from dynamicner_dataset.corpus import SPLITS
from dynamicner_dataset.errors import InputError, nearest

#: The values an option may take for a set, the default first; an option that a set does not name has no effect on it.
Choices = Mapping[str, tuple[str, ...]]
#: Stands first in the values of an option that must be given.
WANTED = ""


@dataclass(frozen=True)
class Options:
    """What a conversion is asked for; an empty string is what was not given.

    Attributes:
        lang: Language, of sets in several.
        domain: Of CrossNER.
        types: ``fine`` or ``coarse``, of Few-NERD.
        setting: ``supervised`` or ``intra``, of Few-NERD.
        split: On the Hub, and the part of the intra setting; of a local file it changes nothing else.
        misc: Whether mentions of the catch-all count; ``None`` where that was not said, or a set has none.
    """

    lang: str = ""
    domain: str = ""
    types: str = ""
    setting: str = ""
    split: str = "test"
    misc: bool | None = None


def settle(options: Options, name: str, choices: Choices, *, has_misc: bool) -> Options:
    """Return the options with the set's defaults for what was not given; settled ones come back as they are.

    Raises:
        InputError: For an option that has no effect on the set, is wanted and not given, or has a value that the set
            does not have.
    """
    if options.split not in SPLITS:
        raise InputError(f"unknown --split {options.split!r}; known: {', '.join(SPLITS)}")
    if options.misc is not None and not has_misc:
        raise InputError(f"--misc and --no-misc go with sets that have a catch-all type, which {name} has not")
    found = {key: settle_one(key, value_of(options, key), name, choices.get(key, ())) for key in choosable()}
    return replace(options, misc=options.misc is not False if has_misc else None, **found)


def choosable() -> list[str]:
    """Return the options whose values are a set's own."""
    return [one.name for one in fields(Options) if one.name not in ("split", "misc")]


def value_of(options: Options, key: str) -> str:
    """Return the value of an option by name."""
    return str(getattr(options, key))


def settle_one(key: str, value: str, name: str, allowed: tuple[str, ...]) -> str:
    """Return the value of one option, or its default."""
    known = [one for one in allowed if one != WANTED]
    if not value and WANTED in allowed:
        raise InputError(f"{name} needs --{key}: one of {', '.join(known)}")
    if not value:
        return known[0] if known else ""
    if not known:
        raise InputError(f"--{key} does not go with {name}")
    if value not in known:
        raise InputError(f"unknown --{key} {value!r}; known: {', '.join(known)}{nearest(value, known)}")
    return value


def is_jsonl(path: Path) -> bool:
    """Say whether a file is read as token rows in JSON lines and not as columns."""
    return path.suffix in (".jsonl", ".json")
