"""Sentences and stored predictions by the names that command lines have for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, shorten
from eval.external.gold_file import read_gold_file
from eval.gold import Gold
from eval.methods.data import packaged, spread
from eval.store import PREDICTIONS
from eval.submissions.declared import read_settings
from eval.submissions.entities import Submitted
from eval.submissions.faults import Faults, Limits, printable
from eval.submissions.reader import read_predictions


@dataclass(frozen=True)
class Stored:
    """Predictions with the sentences they are for.

    Attributes:
        name: What reports call them: their folder, or their file if it is called otherwise than a store's.
        path: The file.
        gold: The sentences.
        said: What was predicted of each, in the same order.
        settings: What stands in ``settings.json`` beside the file; empty if there is none.
    """

    name: str
    path: Path
    gold: Sequence[Gold]
    said: Sequence[Submitted]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def predictions(self) -> list[tuple]:
        """The predicted mentions of each sentence."""
        return [one.mentions for one in self.said]

    @property
    def references(self) -> list[tuple]:
        """The gold mentions of each sentence."""
        return [one.mentions for one in self.gold]


def read_stored(
    path: Path, config: str | None = None, split: str | None = None, gold_file: Path | None = None
) -> Stored:
    """Read predictions, and the sentences they are for.

    Args:
        path: The file, or a folder with ``predictions.jsonl``.
        config: Of the sentences; by default what ``settings.json`` beside the predictions says.
        split: Likewise.
        gold_file: The sentences as JSON lines, instead of a config. A file that the settings name is never opened:
            they may be anybody's.

    Raises:
        InputError: If it is not known what they are for, or they are not sound (:mod:`eval.submissions.reader`).
    """
    path = path / PREDICTIONS if path.is_dir() else path
    if not path.exists():
        raise InputError(f"is not there; a file of predictions or a folder with {PREDICTIONS} is wanted", path)
    faults = Faults(path, Limits())
    settings = read_settings(path, faults)
    if faults:
        raise faults.listed[0]
    gold = gold_for(path, settings, config, split, gold_file)
    name = path.parent if path.name == PREDICTIONS else path
    return Stored(printable(name), path, gold, read_predictions(path, gold), settings)


def gold_for(
    path: Path, settings: dict[str, Any], config: str | None, split: str | None, gold_file: Path | None
) -> list[Gold]:
    """Return the sentences that predictions are for."""
    if gold_file is not None:
        return read_gold_file(gold_file)
    if config is None and settings.get("file") is not None:
        raise InputError("were made on a file, says settings.json; name it with --gold", path)
    named = [config or settings.get("config"), split or settings.get("split")]
    if not all(type(one) is str for one in named):
        raise InputError("have no settings.json that says what they are for: --config and --split are wanted", path)
    count = settings.get("sentences", 0)
    return spread(packaged(*named), count if type(count) is int else 0)


def parse_source(text: str) -> tuple[str | None, str | None, Path | None]:
    """Return config, split and file that ``CONFIG:SPLIT`` or the path of a file means.

    Raises:
        InputError: If it is neither.

    >>> parse_source("base-en:train")
    ('base-en', 'train', None)
    """
    config, colon, split = text.rpartition(":")
    if Path(text).is_file():
        return None, None, Path(text)
    if not colon or text.endswith((".jsonl", ".json")):
        raise InputError(f"{shorten(text)} is no file, and no CONFIG:SPLIT such as base-en:train")
    return config, split, None


def read_source(text: str) -> list[Gold]:
    """Return the sentences of a source; see :func:`parse_source`."""
    config, split, file = parse_source(text)
    return read_gold_file(file) if file else list(packaged(config, split))
