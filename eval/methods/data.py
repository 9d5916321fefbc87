"""The sentences of a run: a config of the dataset or a file, all of them or an even sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from dynamicner_dataset.errors import InputError
from eval.external.gold_file import read_gold_file
from eval.gold import Gold, read_gold

Item = TypeVar("Item")


@lru_cache(maxsize=64)
def packaged(config: str, split: str) -> tuple[Gold, ...]:
    """Return the packaged sentences of a config and split, read once."""
    return tuple(read_gold(config, split))


@lru_cache(maxsize=64)
def of_file(path: Path) -> tuple[Gold, ...]:
    """Return the sentences of a file as ``python -m eval external`` writes it, read once.

    Raises:
        InputError: If it is missing, or unsound.
    """
    if not path.exists():
        raise InputError("is not there; python -m eval external makes such files", path)
    return tuple(read_gold_file(path))


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return ``count`` items, evenly spread; all of them if ``count`` is 0 or larger than their number.

    >>> spread("abcdefgh", 3)
    ['a', 'c', 'f']
    """
    if not 0 < count < len(items):
        return list(items)
    return [items[number * len(items) // count] for number in range(count)]


def chosen_gold(settings: Mapping[str, Any]) -> list[Gold]:
    """Return the very sentences that a run's ``settings.json`` names, with their gold, for scoring.

    Their :func:`eval.gold.data_hash` is the settings' ``data_sha256``, unless the data have changed since.

    Raises:
        InputError: If there is no such config or file.
    """
    path = settings.get("file")
    every = of_file(Path(path)) if path else packaged(settings["config"], settings["split"])
    return spread(every, settings.get("sentences", 0))
