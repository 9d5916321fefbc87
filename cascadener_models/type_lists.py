"""What mentions are classified into: a flat list of types, or a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cascadener_models.prompts import check_types
from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.taxonomy import Taxonomy, load_taxonomy, read_taxonomy
from dynamicner_dataset.taxonomy_file import LEVELS

#: A flat list, a tree, or nothing (extraction only).
TypeScheme = tuple[str, ...] | Taxonomy | None
#: The name of the packaged tree.
PACKAGED_TREE = "dynamicner"


def read_types(types: Any) -> TypeScheme:
    """Return the type list or tree that a user gave.

    Args:
        types: ``None``; a sequence of names; a :class:`Taxonomy`; ``"dynamicner"`` for the packaged tree; the path of
            a taxonomy file; or a nested mapping such as ``{"person": {"artist": ["painter"]}, "place": []}``.

    Raises:
        InputError: If it is none of these, a list is empty or repeats a name, or a name cannot stand in a prompt.
    """
    if types is None or isinstance(types, Taxonomy):
        return types
    if isinstance(types, (str, Path)):
        return read_named_tree(types)
    if isinstance(types, Mapping):
        return Taxonomy.from_dict(dict(types) if LEVELS[0] in types else expand(types))
    if not isinstance(types, (Sequence, set, frozenset)) or isinstance(types, (bytes, bytearray)):
        raise InputError(f"types must be a list of names, a tree or None, not {type(types).__name__}")
    return tuple(check_types([*(sorted(types, key=repr) if isinstance(types, (set, frozenset)) else types)]))


def read_named_tree(name: str | Path) -> Taxonomy:
    """Return the packaged tree, or the tree in a file."""
    if name == PACKAGED_TREE:
        return load_taxonomy()
    if isinstance(name, Path) or name.endswith((".yaml", ".yml")):
        return read_taxonomy(Path(name))
    raise InputError(
        f"types={shorten(str(name))} is one name; a list such as ['person', 'city'] is wanted, or {PACKAGED_TREE!r}, "
        "or the path of a taxonomy file (.yaml)"
    )


def expand(nested: object, level: int = 0) -> Any:
    """Return a nested mapping in the form of a taxonomy file.

    Raises:
        InputError: If it is deeper than a tree may be, or a level is neither a mapping nor a list of names.
    """
    if nested is None or (isinstance(nested, (Sequence, Mapping)) and not nested):
        entries: list[dict[str, Any]] = []
    elif level >= len(LEVELS):
        raise InputError(f"the tree of types is deeper than {len(LEVELS)} levels ({', '.join(LEVELS)})")
    elif isinstance(nested, Mapping):
        entries = [{"name": name} | expand(below, level + 1) for name, below in nested.items()]
    elif isinstance(nested, Sequence) and not isinstance(nested, str):
        entries = [{"name": name} for name in nested]
    else:
        raise InputError(f"a level of the tree of types must be a mapping or a list of names, not {nested!r}")
    return {LEVELS[level]: entries} if entries or level == 0 else {}


def read_types_per_text(types: Any, count: int) -> list[TypeScheme]:
    """Return the list or tree of each text: one for all, or one each.

    Raises:
        InputError: As :func:`read_types`, naming the text; and if there are not as many lists as texts.
    """
    if not is_per_text(types):
        return [read_types(types)] * count
    if len(types) != count:
        raise InputError(f"{len(types)} type lists were given for {count} texts; give one for all, or one a text")
    schemes = []
    for number, one in enumerate(types):
        try:
            schemes.append(read_types(one))
        except InputError as error:
            raise InputError(f"types of text {number + 1}: {error.problem}", error.file, error.line) from error
    return schemes


def is_per_text(types: Any) -> bool:
    """Say whether types are given a text: a list whose first item is no name."""
    return isinstance(types, (list, tuple)) and bool(types) and not isinstance(types[0], str)
