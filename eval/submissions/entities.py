"""One line of a submission: its entities against the sentence they are said to be in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dynamicner_dataset.errors import InputError, nearest, shorten
from dynamicner_dataset.formats.jsonl import check_surface, take
from dynamicner_dataset.taxonomy import LEVELS, load_taxonomy, name_key
from eval.cascadener.matching import Marked
from eval.gold import Gold
from eval.submissions.faults import Faults
from eval.submissions.values import MAX_NAME, numbers, read_path, read_score

#: What a system may say that a sentence cost.
COSTS = ("tokens_in", "tokens_out", "passes", "seconds")
#: No sentence is as long: larger numbers are not even looked at.
MAX_OFFSET = 10**9


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a system says of one sentence.

    Attributes:
        id: The sentence.
        lang: Its language.
        mentions: Sorted, none overlapping; every type is one that the sentence allows.
        scores: Of each mention its score in [0, 1], or ``None`` if it has none.
        paths: Of each mention the names from the top down to its type; empty where the system gives none.
        cost: Some of ``COSTS``; seconds, and numbers of tokens and passes.
        dropped: Numbers of answers by the reason why they were dropped.
    """

    id: str
    lang: str
    mentions: tuple[Marked, ...] = ()
    scores: tuple[float | None, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()
    cost: dict[str, float] = field(default_factory=dict)
    dropped: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """One sound entity, with its number on the line for messages."""

    mention: Marked
    number: int
    score: float | None
    path: tuple[str, ...]


def read_line(record: dict[str, Any], gold: Gold, line: int, faults: Faults) -> Submitted:
    """Return what a line says, without the entities that have a fault; adds every fault."""
    said: list[Said] = []
    cost: dict[str, float] = {}
    dropped: dict[str, float] = {}
    with faults.collected(line):
        entries = take(record, "entities", list, "the line")
        most = min(faults.limits.entities, len(gold.text))
        if len(entries) > most:
            raise InputError(f"has {len(entries):,} entities; this sentence can hold {most} at most")
        found = [read_entity(entry, number, gold, line, faults) for number, entry in enumerate(entries, 1)]
        said = sorted((one for one in found if one), key=lambda one: one.mention)
        add_overlaps(said, line, faults)
    with faults.collected(line):
        cost = numbers(record, "cost", COSTS)
    with faults.collected(line):
        dropped = numbers(record, "dropped")
    return Submitted(
        gold.id,
        gold.lang,
        tuple(one.mention for one in said),
        tuple(one.score for one in said),
        tuple(one.path for one in said),
        cost,
        dropped,
    )


def read_entity(entry: object, number: int, gold: Gold, line: int, faults: Faults) -> Said | None:
    """Return one entity, or ``None`` after adding its faults: its span's, its type's, its score's."""
    what = f"entity {number}"
    if type(entry) is not dict:
        faults.add(f"{what} must be an object with start, end and type", line)
        return None
    with faults.collected(line) as span:
        start, end = read_span(entry, gold.text, what)
    with faults.collected(line) as kind:
        name = read_type(entry, gold.types, what, explain=faults.described)
    with faults.collected(line) as rest:
        score, path = read_score(entry, what), read_path(entry, what)
    if not (span.sound and kind.sound and rest.sound):
        return None
    return Said(Marked(start, end, name, gold.text[start:end]), number, score, path)


def read_span(entry: dict[str, Any], text: str, what: str) -> tuple[int, int]:
    """Return start and end, in code points of ``text``, end exclusive.

    Raises:
        InputError: If they are no whole numbers, out of range, reversed or the same, or if the entity's own ``text``
            is not what stands there; where that fits in another unit, the message names it.
    """
    start, end = take(entry, "start", int, what), take(entry, "end", int, what)
    if type(entry.get("text")) is str and 0 <= start < end < MAX_OFFSET:
        check_surface(text, start, end, entry["text"])
    elif entry.get("text") is not None and type(entry["text"]) is not str:
        raise InputError(f"'text' of {what} must be a string")
    if start == end:
        raise InputError(f"{what} ({brief(start)}:{brief(end)}) is empty; the end is exclusive")
    if start > end:
        raise InputError(f"{what} ({brief(start)}:{brief(end)}) ends before it starts")
    if start < 0 or end > len(text):
        raise InputError(
            f"{what} ({brief(start)}:{brief(end)}) is out of range for a text of {len(text)} characters; offsets "
            "count Unicode code points, end exclusive"
        )
    return start, end


def brief(number: int) -> str:
    """Return a number for a message, however long it is.

    >>> brief(-3), brief(10**40)
    ('-3', 'about 1e+40')
    """
    if abs(number) < 10**12:
        return str(number)
    return f"about {number:.0e}" if abs(number) < 10**300 else "a huge number"


def read_type(entry: dict[str, Any], types: Sequence[str] | None, what: str, *, explain: bool = True) -> str:
    """Return the type, which must stand on the sentence's own list, or be a fine type if it has none.

    Args:
        entry: The entity.
        types: The list; ``None`` for the 155 fine types of the tree.
        what: Its name for messages.
        explain: Look for what may have been meant, which takes its time.

    Raises:
        InputError: If it is another, also one in another case or spacing.
    """
    if "type" not in entry and "label" in entry:
        raise InputError(f"{what} lacks the key 'type'; its key 'label' should be called so")
    name = take(entry, "type", str, what)
    if name in (fine_names() if types is None else types):
        return name
    where = "no fine type of the tree" if types is None else "not on this sentence's type list"
    raise InputError(f"type {shorten(name)} of {what} is {where}{meant(name, types) if explain else ''}")


@cache
def fine_names() -> frozenset[str]:
    """Return the names of the 155 fine types."""
    return frozenset(node.name for node in load_taxonomy().fine)


def meant(name: str, types: Sequence[str] | None) -> str:
    """Return a clause that says what may have been meant, or an empty string.

    >>> meant("City ", ["city", "river"])
    "; did you mean 'city'? Types are written exactly so"
    >>> meant("vehicle", None)
    '; it is a medium type, and a fine one is wanted'
    """
    if len(name) > MAX_NAME:
        return ""
    known = sorted(fine_names()) if types is None else types
    same = [one for one in known if squeezed(one) == squeezed(name)]
    if same:
        return f"; did you mean {same[0]!r}? Types are written exactly so"
    nodes = load_taxonomy().find(name)
    if types is None and nodes and not nodes[0].children:
        return f"; did you mean {nodes[0].name!r}?"
    if types is None and nodes:
        return f"; it is a {LEVELS[nodes[0].level]} type, and a fine one is wanted"
    if types is not None and any(not node.children for node in nodes):
        return f"; it is a fine type of the tree, but here the list counts: {', '.join(types)[:200]}"
    return nearest(name_key(name), known)


def squeezed(name: str) -> str:
    """Return what a name has in common with its other spellings: its letters, without case, spaces, ``-`` or ``_``.

    >>> squeezed("Musical_ Instruments")
    'musicalinstruments'
    """
    return "".join(name.casefold().replace("_", " ").replace("-", " ").split())


def add_overlaps(said: Sequence[Said], line: int, faults: Faults) -> None:
    """Add a fault for each mention, sorted by start, that begins inside one before it."""
    widest: Said | None = None
    for one in said:
        if widest is not None and one.mention.start < widest.mention.end:
            (a, b), (c, d) = widest.mention[:2], one.mention[:2]
            faults.add(
                f"entities {widest.number} ({a}:{b}) and {one.number} ({c}:{d}) overlap; mentions are flat", line
            )
        if widest is None or one.mention.end > widest.mention.end:
            widest = one
