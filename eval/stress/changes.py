"""Label changes: the same text and mentions under another type list, and the way back to the old names.

Each function is pure: it takes a sentence and gives it back under its new list. Draws are keyed by (seed, language,
id, change), so that no sentence's list hangs on another's. Where a sentence has no list, the 155 fine types are it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from dynamicner_dataset.dynamic.draws import Draws
from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.taxonomy import CATCH_ALL_NAMES, Node, apart, load_taxonomy, name_key
from eval.gold import Gold
from eval.methods.meanings import fine_types, nodes_of

#: Numbers of the draws' rounds, far from the dataset's own (1 to 4); a permutation's number is added.
REORDER, RENAME, EXTEND = 1_000, 2_000, 3_000
#: Types that are added to a list.
ADDED = 5


class Changed(NamedTuple):
    """A sentence under another type list.

    Attributes:
        gold: The sentence; its mentions have their new names.
        back: The old name of each type on the new list; an added type has none.
    """

    gold: Gold
    back: Mapping[str, str]


class Change(NamedTuple):
    """One way to change the type lists.

    Attributes:
        name: Such as ``reorder-2``; also the name of a folder.
        make: What changes a sentence; its keywords are the change's settings.
    """

    name: str
    make: Callable[[Gold], Changed]

    def settings(self) -> dict[str, Any]:
        """Return name and options as plain JSON values."""
        return {"name": self.name, **getattr(self.make, "keywords", {})}


def list_of(one: Gold) -> tuple[str, ...]:
    """Return the type list of a sentence; the 155 fine types if it has none."""
    return fine_types() if one.types is None else one.types


def meant(one: Gold) -> dict[str, tuple[Node, ...]]:
    """Return for each type on the list the types of the guide it may stand for; none for a catch-all and a stranger."""
    if one.types is None:
        return {node.name: (node,) for node in load_taxonomy().fine}
    return {name: nodes_of(name) for name in one.types}


def with_list(one: Gold, types: Sequence[str], names: Mapping[str, str] | None = None) -> Gold:
    """Return a sentence under another list; ``names`` gives the new names of types that are renamed."""
    new = names or {}
    mentions = tuple(mention._replace(type=new.get(mention.type, mention.type)) for mention in one.mentions)
    return dataclasses.replace(one, types=tuple(types), mentions=mentions)


def keep(one: Gold) -> Changed:
    """Change nothing: the original, or a second look at it, which shows how often a method flips by itself."""
    types = list_of(one)
    return Changed(with_list(one, types), {name: name for name in types})


def reorder(one: Gold, *, seed: int = 0, number: int = 1) -> Changed:
    """Put the list into another order; never the old one where there are two types or more.

    Args:
        one: The sentence.
        seed: Of the draw.
        number: Which permutation, from 1.
    """
    types = list_of(one)
    draws = Draws((seed, one.lang, one.id, REORDER + number), len(types))
    order = sorted(range(len(types)), key=draws.uniform)
    if order == list(range(len(types))):
        order = order[1:] + order[:1]
    return Changed(with_list(one, [types[at] for at in order]), {name: name for name in types})


def rename(one: Gold, *, seed: int = 0) -> Changed:
    """Show each type under another of its names in the taxonomy guide.

    A catch-all, a type that the guide does not know, and a name that may mean two of its types stay as they are; no new
    name is one that the old list or another type of the guide has.
    """
    types = list_of(one)
    draws = Draws((seed, one.lang, one.id, RENAME), len(types))
    taken = {name_key(name) for name in types}
    names: dict[str, str] = {}
    for at, (name, found) in enumerate(meant(one).items()):
        options = [other for other in other_names(found) if name_key(other) not in taken]
        names[name] = options[draws.below(len(options), at)] if options else name
        taken.add(name_key(names[name]))
    return Changed(with_list(one, [names[name] for name in types], names), {new: old for old, new in names.items()})


def other_names(found: tuple[Node, ...]) -> list[str]:
    """Return the names by which a single type is known, and no other."""
    return [name for name in found[0].names if nodes_of(name) == found] if len(found) == 1 else []


def extend(one: Gold, *, seed: int = 0, added: int = ADDED) -> Changed:
    """Add types that no mention of the sentence is of, at drawn places; the old ones keep their order.

    An added type is neither above nor below a listed type, the fine type of a mention (which a catch-all may hide) or
    another added one, and shares no name with them. A sentence stays as it is if this cannot be told: if the guide
    does not know a listed type, or the fine types of the mentions are not given.
    """
    types = list_of(one)
    new = absent_types(one, seed, added) if is_of_guide(one) else []
    draws = Draws((seed, one.lang, one.id, EXTEND + 1), max(len(new), 1))
    listed = list(types)
    for at, name in enumerate(new):
        listed.insert(draws.below(len(listed) + 1, at), name)
    return Changed(with_list(one, listed), {name: name for name in types})


def is_of_guide(one: Gold) -> bool:
    """Say whether all that is on the list, and all mentions, can be found in the guide."""
    known = all(found or name_key(name) in CATCH_ALL_NAMES for name, found in meant(one).items())
    return known and len(one.fine) == len(one.mentions)


def absent_types(one: Gold, seed: int, count: int) -> list[str]:
    """Return names of types that can be added to a list of the guide: those first in a race of all."""
    tree = load_taxonomy()
    present = [node for found in meant(one).values() for node in found] + [tree.leaf(name) for name in one.fine]
    taken = {name_key(name) for name in (*list_of(one), *CATCH_ALL_NAMES)} | names_around(present)
    draws = Draws((seed, one.lang, one.id, EXTEND), len(tree.nodes))
    chosen: list[str] = []
    for node in sorted(tree.nodes, key=lambda node: draws.uniform(tree.position[node])):
        name = tree.shown_names[node]
        if len(chosen) == count:
            break
        if name_key(name) not in taken and all(apart(node, other) for other in present):
            present.append(node)
            taken |= names_around([node])
            chosen.append(name)
    return chosen


def names_around(nodes: Iterable[Node]) -> set[str]:
    """Return all names of types and of those above them: names repeat in the tree."""
    return {name_key(name) for node in nodes for above in node.path for name in above.names}


def prune(one: Gold) -> Changed:
    """Leave only the types that a mention has; a sentence without mentions keeps its list, as none may be empty."""
    types = list_of(one)
    used = {mention.type for mention in one.mentions}
    left = [name for name in types if name in used] or types
    return Changed(with_list(one, left), {name: name for name in left})


#: What every other list is compared with.
ORIGINAL = Change("original", keep)
#: The changes by name; ``repeat`` asks the same again.
KINDS = ("reorder", "rename", "extend", "prune", "repeat")
DEFAULTS = KINDS[:4]


def make_changes(
    kinds: Sequence[str] = DEFAULTS, *, permutations: int = 3, added: int = ADDED, seed: int = 0
) -> list[Change]:
    """Return changes by the names of their kinds, each once.

    Args:
        kinds: Some of :data:`KINDS`.
        permutations: How many of ``reorder``.
        added: Types that ``extend`` adds at most.
        seed: Of all draws.

    Raises:
        InputError: If a kind is unknown, or a number less than 1.
    """
    for what, number in (("permutations", permutations), ("added types", added)):
        if number < 1:
            raise InputError(f"{number} {what} are asked for; at least 1 is wanted")
    made = {
        "reorder": [
            Change(f"reorder-{number}", partial(reorder, seed=seed, number=number))
            for number in range(1, permutations + 1)
        ],
        "rename": [Change("rename", partial(rename, seed=seed))],
        "extend": [Change("extend", partial(extend, seed=seed, added=added))],
        "prune": [Change("prune", prune)],
        "repeat": [Change("repeat", keep)],
    }
    for kind in kinds:
        if kind not in made:
            raise InputError(f"unknown change {kind!r}{nearest(kind, made) or '; known: ' + ', '.join(made)}")
    return [change for kind in dict.fromkeys(kinds) for change in made[kind]]
