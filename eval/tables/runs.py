"""Stored predictions: the folders that hold them, and which of them a cell of a table takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.formats.jsonl import parse_json, take
from dynamicner_dataset.textlines import read_text
from eval.leaderboard.boards import refuse_mixed
from eval.store import PREDICTIONS, SETTINGS
from eval.tables.conditions import Condition, rank, setting

MAX_SETTINGS_BYTES = 100_000
#: Longest name of a method, model, config or split.
MAX_NAME = 100
#: Settings that no prediction depends on.
CIRCUMSTANCES = {"command", "machine", "versions"}
NAMES = ("method", "model", "config", "split", "data_sha256")


@dataclass(frozen=True)
class Run:
    """The predictions of one method, model, config and split.

    Attributes:
        name: Its folder, as seen from the folder of results.
        folder: Where they are.
        settings: How they were made.
    """

    name: str
    folder: Path
    settings: Mapping[str, Any]

    @property
    def predictions(self) -> Path:
        """The file."""
        return self.folder / PREDICTIONS

    @property
    def date(self) -> str:
        """The day it was made; empty if that is not known."""
        found = setting(self.settings, "machine.date")
        return found if isinstance(found, str) else ""


def find_runs(results: Path) -> list[Run]:
    """Return all runs below a folder, sorted by name; folders in which a run has not begun are passed over.

    Raises:
        InputError: If there is no such folder, or predictions have no sound ``settings.json`` beside them.
    """
    if not results.is_dir():
        raise InputError("is no folder; the one that python -m eval run wrote to is wanted", results)
    found = [read_run(path.parent, results) for path in results.rglob(PREDICTIONS)]
    return sorted(found, key=lambda run: run.name)


def read_run(folder: Path, results: Path) -> Run:
    """Return the run in a folder."""
    path = folder / SETTINGS
    if not path.exists():
        raise InputError(f"has no {SETTINGS} beside it: how it was made is unknown", folder / PREDICTIONS)
    settings = parse_json(read_text(path, MAX_SETTINGS_BYTES), path)
    try:
        for name in NAMES:
            check_name(name, take(settings, name, str, "the settings"))
        take(settings, "options", dict, "the settings")
    except InputError as error:
        raise InputError(error.problem, path) from error
    return Run(folder.relative_to(results).as_posix(), folder, settings)


def check_name(key: str, value: str) -> None:
    """Refuse a name that no table can show."""
    if not value.strip() or not value.isprintable() or len(value) > MAX_NAME:
        raise InputError(
            f"{key!r} of the settings is {shorten(value)}; 1 to {MAX_NAME} printable characters are wanted"
        )


def claim(runs: Iterable[Run], conditions: Sequence[Condition], *, newest: bool = False) -> Run | None:
    """Return the run that a cell takes; ``None`` if there is none.

    Args:
        runs: All of them.
        conditions: What the cell asks for; a run that fits an earlier alternative goes before one that fits a later.
        newest: Of two that both fit take the newer, by the date in its settings.

    Raises:
        InputError: If two fit, without ``newest`` or of the same day.
    """
    ranked = [(found, run) for run in runs if (found := rank(conditions, run.settings)) is not None]
    if not ranked:
        return None
    best = min(found for found, _ in ranked)
    fitting = sorted((run for found, run in ranked if found == best), key=lambda run: (run.date, run.name))
    last, before = fitting[-1], fitting[-2] if len(fitting) > 1 else None
    if before is None or (newest and last.date > before.date):
        return last
    remedy = "both are of the same day; move one away" if newest else "move one away, or take the newer by --newest"
    raise InputError(f"claims the same cell as {before.name} ({difference(before, last)}); {remedy}", last.folder)


def difference(first: Run, second: Run) -> str:
    """Return the names of the settings in which two runs differ."""
    keys = sorted((first.settings.keys() | second.settings.keys()) - CIRCUMSTANCES)
    found = [key for key in keys if first.settings.get(key) != second.settings.get(key)]
    return f"they differ in {', '.join(found)}" if found else "their settings are the same"


def check_hashes(runs: Iterable[Run]) -> None:
    """Refuse runs of one table that were made on different sentences of one config and split.

    Raises:
        InputError: Naming one of either.
    """
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for run in runs:
        key = (run.settings["config"], run.settings["split"])
        groups.setdefault(key, []).append((run.settings["data_sha256"], str(run.folder)))
    for (config, split), hashes in sorted(groups.items()):
        refuse_mixed(hashes, f"{config} {split}")
