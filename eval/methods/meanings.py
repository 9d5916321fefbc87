"""What the types of a sentence mean: their definitions in the taxonomy guide, and which fine types each stands for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from dynamicner_dataset.taxonomy import CATCH_ALL_NAMES, Node, load_taxonomy, name_key
from eval.gold import Gold
from eval.methods.base import Task

CATCH_ALL_DEFINITION = "Anything with a name that none of the other types of the list fits."


@cache
def fine_types() -> tuple[str, ...]:
    """Return the 155 fine types, which are asked about where a sentence brings no list."""
    return tuple(node.name for node in load_taxonomy().fine)


def asked_types(task: Task) -> tuple[str, ...]:
    """Return the types that a method without a tree asks about."""
    return fine_types() if task.types is None else task.types


@cache
def nodes_of(name: str) -> tuple[Node, ...]:
    """Return the types of the guide that a name stands for; none for a catch-all and for names of other sets.

    Of several types with that name as their own or a synonym those are meant that are shown under it in lists.
    """
    if name_key(name) in CATCH_ALL_NAMES:
        return ()
    found = load_taxonomy().find(name)
    shown = tuple(node for node in found if name_key(load_taxonomy().shown_names[node]) == name_key(name))
    return shown or found


@cache
def definition(name: str) -> str:
    """Return what a type means in one line, by the guide; empty for names that the guide does not know.

    >>> definition("athlete")
    'Sportsperson, including coaches and referees.'
    """
    if name_key(name) in CATCH_ALL_NAMES:
        return CATCH_ALL_DEFINITION
    return " ".join(dict.fromkeys(node.definition for node in nodes_of(name) if node.definition))


@cache
def covers(name: str, fine: str) -> bool:
    """Say whether a type of a list stands for a fine type of the guide.

    >>> covers("person", "athlete"), covers("sports player", "athlete"), covers("others", "athlete")
    (True, True, False)
    """
    nodes = nodes_of(name)
    return bool(nodes) and any(load_taxonomy().leaf(fine) in node for node in nodes)


def covering(types: Sequence[str], fine: str) -> str | None:
    """Return the type of a list that stands for a fine type, else the list's catch-all; ``None`` if it has neither.

    >>> covering(["person", "others"], "athlete"), covering(["person", "others"], "city"), covering(["person"], "city")
    ('person', 'others', None)
    """
    named = next((name for name in types if covers(name, fine)), None)
    return named or next((name for name in types if name_key(name) in CATCH_ALL_NAMES), None)


def spans_of_type(sentence: Gold, name: str) -> list[tuple[int, int]]:
    """Return where a training sentence has mentions of a type, under whatever name its own list shows it.

    A name that the guide does not know (other sets), and a catch-all, is looked for among the sentence's own labels.
    """
    fine = sentence.fine or ("",) * len(sentence.mentions)
    known = bool(nodes_of(name)) and bool(sentence.fine)
    return [
        (mention.start, mention.end)
        for mention, leaf in zip(sentence.mentions, fine, strict=True)
        if (covers(name, leaf) if known else name_key(mention.type) == name_key(name))
    ]
