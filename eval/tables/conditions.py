"""What a row or a column asks of the settings of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

#: Before a pattern that must not fit.
NOT = "!"


@dataclass(frozen=True)
class Exactly:
    """A value that stands for itself, whatever characters it has."""

    value: Any


#: What a setting must be: one of these. Text is a pattern (``*`` stands for anything, case does not count), with ``!``
#: before it one that must not fit; ``None`` fits a setting that is not there.
Wanted = Sequence[str | int | float | bool | Exactly | None]


@dataclass(frozen=True)
class Condition:
    """Alternatives, the first preferred; each gives the wanted values of settings by their paths (``options.k``)."""

    alternatives: tuple[Mapping[str, Wanted], ...]

    def rank(self, settings: Mapping[str, Any]) -> int | None:
        """Return the number of the first alternative that the settings fit, or ``None``."""
        for number, alternative in enumerate(self.alternatives):
            if all(fits(setting(settings, path), wanted) for path, wanted in alternative.items()):
                return number
        return None


def rank(conditions: Iterable[Condition], settings: Mapping[str, Any]) -> tuple[int, ...] | None:
    """Return the ranks under all conditions, the smaller the better, or ``None`` if one is not met."""
    ranks: list[int] = []
    for condition in conditions:
        found = condition.rank(settings)
        if found is None:
            return None
        ranks.append(found)
    return tuple(ranks)


def setting(settings: Mapping[str, Any], path: str) -> Any:
    """Return a setting by its path; ``None`` if it is not there.

    >>> setting({"options": {"k": 3}}, "options.k"), setting({}, "options.k")
    (3, None)
    """
    value: Any = settings
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def fits(value: Any, wanted: Wanted) -> bool:
    """Say whether a setting is one of the wanted values and none of the unwanted.

    >>> fits("Qwen2.5-7B-few-shot", ["*7b*", "!*few-shot*"]), fits(None, ["!*few-shot*"]), fits(1, [True])
    (False, True, False)
    """
    refused = [one for one in wanted if isinstance(one, str) and one.startswith(NOT)]
    allowed = [one for one in wanted if one not in refused]
    if any(fits_one(value, one.removeprefix(NOT)) for one in refused):
        return False
    return not allowed or any(fits_one(value, one) for one in allowed)


def fits_one(value: Any, wanted: Any) -> bool:
    """Say whether a setting is what is wanted."""
    if isinstance(wanted, Exactly):
        return isinstance(value, bool) == isinstance(wanted.value, bool) and bool(value == wanted.value)
    if isinstance(wanted, str):
        return isinstance(value, str) and fnmatchcase(value.lower(), wanted.lower())
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    return bool(value == wanted)


def possible(conditions: Sequence[Condition], path: str = "config") -> bool:
    """Say whether a setting can meet all conditions, where one of them gives its values without a pattern.

    >>> german = Condition(({"config": ["*-de"]},))
    >>> possible([Condition(({"config": ["set-en", "set-fr"]},)), german])
    False
    """
    asked = [[alternative.get(path, []) for alternative in one.alternatives] for one in conditions]
    listed = [[plain(one) for one in ways[0]] for ways in asked if len(ways) == 1 and ways[0]]
    named = [values for values in listed if not any(isinstance(one, str) and "*" in one for one in values)]
    return all(any(all(any(fits(one, way) for way in ways) for ways in asked) for one in values) for values in named)


def plain(wanted: Any) -> Any:
    """Return a wanted value itself."""
    return wanted.value if isinstance(wanted, Exactly) else wanted


def tell(conditions: Iterable[Condition]) -> str:
    """Return what a run must have to meet conditions, by their first alternatives, without what it has by default.

    >>> tell([Condition(({"method": ["gpt-ner"], "options.k": [3, None]},)), Condition(({"config": ["*-en"]},))])
    'method gpt-ner, config *-en'
    """
    parts = [
        f"{path} {' or '.join(str(plain(one)) for one in wanted)}"
        for condition in conditions
        for path, wanted in condition.alternatives[0].items()
        if None not in wanted and not all(isinstance(one, str) and one.startswith(NOT) for one in wanted)
    ]
    return ", ".join(dict.fromkeys(parts))
