"""Where each type stands in the tree: given, taken from the mentions themselves, or from the packaged taxonomy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .entities import Entity
from .scoring import LEVELS, Paths

#: Between the names of a path, where a path stands for a type.
SEPARATOR = " > "

Sentences = Sequence[Sequence[Entity]]


def find_paths(predictions: Sentences, references: Sentences, given: Paths | None) -> dict[str, tuple[str, ...]]:
    """Return the path of each type; empty if there is no tree.

    In this order: as given; as the references say; from the packaged taxonomy, if every type of the references is a
    fine type of it and ``dynamicner_dataset`` is installed. What predictions say is added for types that are in none.
    """
    if given is not None:
        paths = {name: check_path(name, path) for name, path in given.items()}
    else:
        paths = stated_paths(references) or packaged_paths_of({one.type for side in references for one in side})
    return stated_paths(predictions) | paths if paths else {}


def check_path(name: str, path: Any) -> tuple[str, ...]:
    """Return a path as it was given.

    Raises:
        ValueError: If it is no list of names.
    """
    if isinstance(path, str) or not path or not all(isinstance(one, str) for one in path):
        raise ValueError(f"paths: {name!r} must have a list of names from the top of the tree down, not {path!r}")
    return tuple(path)


def stated_paths(sentences: Sentences) -> dict[str, tuple[str, ...]]:
    """Return the paths that mentions bring along; of two for one type, the first."""
    paths: dict[str, tuple[str, ...]] = {}
    for sentence in sentences:
        for one in sentence:
            if one.path:
                paths.setdefault(one.type, one.path)
    return paths


def packaged_paths() -> dict[str, tuple[str, ...]]:
    """Return the paths of the packaged taxonomy; empty if ``dynamicner_dataset`` is not installed."""
    try:
        from dynamicner_dataset.taxonomy import load_taxonomy
    except ImportError:
        return {}
    return tree_paths(load_taxonomy())


def packaged_paths_of(types: set[str]) -> dict[str, tuple[str, ...]]:
    """Return the paths of the packaged taxonomy; empty unless all ``types`` are fine types of it."""
    paths = packaged_paths() if types else {}
    below = {path[:-1] for path in paths.values()}
    return paths if types <= {name for name, path in paths.items() if path not in below} else {}


def tree_paths(taxonomy: Any) -> dict[str, tuple[str, ...]]:
    """Return the paths of a ``dynamicner_dataset`` taxonomy: of fine types, and of others whose name is unique.

    The others are for predictions that stop early.
    """
    paths: dict[str, tuple[str, ...]] = {}
    names = [node.name for node in taxonomy.nodes]
    for node in taxonomy.nodes:
        if names.count(node.name) == 1 or not node.children:
            paths[node.name] = tuple(one.name for one in node.path)
    return paths


def tell_apart(predictions: Sentences, paths: Paths) -> list[list[Entity]]:
    """Return predictions with the whole path as their type where it is not that of the type of that name.

    A prediction that stops at the medium type "miscellaneous" has not found the fine type "miscellaneous".
    """
    return [[told_apart(one, paths) for one in sentence] for sentence in predictions]


def told_apart(one: Entity, paths: Paths) -> Entity:
    """Return one prediction so."""
    if not one.path or tuple(paths.get(one.type, one.path)) == one.path:
        return one
    return one._replace(type=SEPARATOR.join(one.path))


def accuracy(said: Sequence[str], gold: Sequence[str], paths: Paths) -> dict[str, Any]:
    """Return the share of mentions with the right type, and with the right type at each level if there is a tree.

    Args:
        said: Of each mention the name of the type it was given; empty if it was given none.
        gold: Of each mention the right one.
        paths: The way down to each type.
    """
    right = sum(ours == theirs for ours, theirs in zip(said, gold, strict=True))
    result: dict[str, Any] = {"accuracy": right / len(gold) if gold else 0.0, "right": right, "mentions": len(gold)}
    if paths and gold:
        ways = [
            (paths.get(ours, (ours,)), paths.get(theirs, (theirs,))) for ours, theirs in zip(said, gold, strict=True)
        ]
        depths = (*range(1, len(LEVELS)), None)
        result["levels"] = {
            level: sum(ours[:depth] == theirs[:depth] for ours, theirs in ways) / len(gold)
            for level, depth in zip(LEVELS, depths, strict=True)
        }
    return result
