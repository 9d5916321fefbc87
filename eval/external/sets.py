"""The external sets by name, and the one way from a set to gold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from dynamicner_dataset.errors import InputError, nearest
from eval.external import conll2003, crossner, few_nerd, hub, multiconer, panx
from eval.external.convert import Notes, to_gold
from eval.external.label_map import load_label_map
from eval.external.options import Options, settle
from eval.external.tagged import Tagged
from eval.gold import Gold

#: Each module has NAME, CHOICES, labels(options), hub_source(options) and read_file(path, options).
SETS: dict[str, ModuleType] = {module.NAME: module for module in (conll2003, crossner, few_nerd, panx, multiconer)}


def find_set(name: str) -> ModuleType:
    """Return the module of a set.

    Raises:
        InputError: If there is none of this name.
    """
    if name not in SETS:
        raise InputError(f"unknown set {name!r}; known: {', '.join(SETS)}{nearest(name, SETS)}")
    return SETS[name]


def settle_options(name: str, options: Options) -> Options:
    """Return the options with the set's defaults; raise :class:`InputError` for those it does not know."""
    return settle(options, name, find_set(name).CHOICES, has_misc=bool(load_label_map(name).catch_all))


def read_external(name: str, options: Options, path: Path | None = None) -> tuple[list[Gold], Notes]:
    """Return the sentences of a set with the set's type list, and what was met on the way.

    Args:
        name: One of ``SETS``.
        options: What is asked of the set.
        path: A local file; by default the Hub is asked.

    Raises:
        InputError: For a wrong option, or with file and line for the first thing in the data that cannot be read.
    """
    options = settle_options(name, options)
    module, notes = find_set(name), Notes()
    gold = list(to_gold(tagged_of(module, options, path), options.lang, module.labels(options), notes))
    if not gold:
        raise InputError("holds no sentence", path or module.hub_source(options).id)
    return gold, notes


def tagged_of(module: ModuleType, options: Options, path: Path | None) -> Iterator[Tagged]:
    """Yield the sentences of the file, or of the Hub's split."""
    if path is not None:
        return module.read_file(path, options)
    return hub.read(module.hub_source(options), options.split)
