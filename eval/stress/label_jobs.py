"""Running jobs under changed type lists: each change is a job of its own, resumable like any other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from dynamicner_dataset.atomic import atomic_folder
from eval.external.gold_file import gold_lines
from eval.gold import Gold, data_hash
from eval.methods.doors import Doors
from eval.methods.jobs import Job
from eval.methods.running import open_stores, run_jobs
from eval.store import PREDICTIONS, SETTINGS
from eval.stress.changes import ORIGINAL, Change, Changed
from eval.stress.flips import measure
from eval.submissions.reader import read_predictions

#: Settings of a job that say what was measured.
SHOWN = ("method", "model", "model_settings", "config", "file", "split", "options", "seed", "versions", "machine")


@dataclass(frozen=True)
class ChangedJob(Job):
    """A job whose sentences have other type lists.

    Attributes:
        of: The job with the original sentences.
        change: What is done to them.
        shared: The settings of ``of``: a digest of a model's files, which is among them, takes its time.
    """

    of: Job | None = None
    change: Change = ORIGINAL
    shared: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Where its predictions are: below the original job's name."""
        return f"{self.of.name}/{self.change.name}"

    @cached_property
    def changed(self) -> list[Changed]:
        """The sentences under their new lists, with the way back."""
        return [self.change.make(one) for one in self.of.gold]

    @cached_property
    def gold(self) -> list[Gold]:
        """The sentences to be predicted."""
        return [one.gold for one in self.changed]

    def settings(self) -> dict[str, Any]:
        """Return what goes into ``settings.json``; the hash of the data is that of the changed sentences."""
        return {**self.shared, "data_sha256": data_hash(self.gold), "change": self.change.settings()}


def changed_jobs(job: Job, changes: Sequence[Change]) -> list[ChangedJob]:
    """Return a job under the original lists and under changes."""
    own = {one.name: getattr(job, one.name) for one in fields(job)}
    shared = job.settings()
    return [ChangedJob(**own, of=job, change=change, shared=shared) for change in (ORIGINAL, *changes)]


def run_changes(
    jobs: Sequence[Job], changes: Sequence[Change], folder: Path, *, seed: int = 0, doors: Doors | None = None
) -> dict[str, dict[str, Any]]:
    """Run jobs under the original and all changed lists, and return what the changes did to each, by the job's name.

    Args:
        jobs: Each with the original sentences.
        changes: See :func:`eval.stress.changes.make_changes`.
        folder: Where the predictions of each job and change are kept; finished ones are used again.
        seed: Of the resampling.
        doors: What opens models.

    Raises:
        InputError: If a job cannot be run, or the folder holds predictions made otherwise.
    """
    rows = {job.name: changed_jobs(job, changes) for job in jobs}
    run_jobs(open_stores([one for row in rows.values() for one in row], folder), doors=doors)
    return {name: report_of(row, folder, seed) for name, row in rows.items()}


def report_of(row: Sequence[ChangedJob], folder: Path, seed: int) -> dict[str, Any]:
    """Return the figures of one job: what it is, as noted when it was run, and what its changes did."""
    job = row[0].of
    settings = json.loads((folder / row[0].name / SETTINGS).read_text(encoding="utf-8"))
    changed = {one.change.name: one.changed for one in row}
    return {
        "settings": {key: settings.get(key) for key in SHOWN},
        **compare_stored(job.gold, changed, folder / job.name, seed),
    }


def stored_changes(
    sentences: Sequence[Gold], changes: Sequence[Change], folder: Path, *, seed: int = 0
) -> dict[str, Any]:
    """Return what changes did to a system of your own, from its stored predictions.

    Args:
        sentences: The original sentences.
        changes: Those the system was run under.
        folder: Holds ``original/predictions.jsonl`` and ``CHANGE/predictions.jsonl`` of each change.
        seed: Of the resampling.

    Raises:
        InputError: If a file is missing, or is no sound file of predictions for those lists.
    """
    changed = {change.name: [change.make(one) for one in sentences] for change in (ORIGINAL, *changes)}
    return {"settings": {}, **compare_stored(sentences, changed, folder, seed)}


def compare_stored(
    sentences: Sequence[Gold], changed: Mapping[str, Sequence[Changed]], folder: Path, seed: int
) -> dict[str, Any]:
    """Return sizes, the hash of the original data, and the figures of each change from predictions on disk."""
    said = {
        name: [one.mentions for one in read_predictions(folder / name / PREDICTIONS, [one.gold for one in made])]
        for name, made in changed.items()
    }
    before = said.pop(ORIGINAL.name)
    return {
        "sentences": len(sentences),
        "mentions": sum(len(one.mentions) for one in sentences),
        "data_sha256": data_hash(sentences),
        "changes": {name: measure(sentences, changed[name], before, after, seed=seed) for name, after in said.items()},
    }


def write_lists(sentences: Sequence[Gold], changes: Sequence[Change], folder: Path) -> None:
    """Write the sentences under each list as JSON lines, for a system that is run elsewhere.

    ``CHANGE.jsonl`` each; ``changes.json`` says how they were made.
    """
    with atomic_folder(folder) as target:
        for change in (ORIGINAL, *changes):
            with (target / f"{change.name}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(gold_lines(change.make(one).gold for one in sentences))
        with (target / "changes.json").open("w", encoding="utf-8", newline="\n") as file:
            json.dump([change.settings() for change in changes], file, indent=1)
            file.write("\n")
