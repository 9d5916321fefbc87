"""Running jobs one after the other: each goes on where it was, and one that fails does not stop the others."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cascadener_models.command.progress import reporting
from dynamicner_dataset.errors import InputError
from eval.methods.doors import Doors
from eval.methods.jobs import Job
from eval.store import Store


def open_stores(jobs: Sequence[Job], out: Path) -> list[tuple[Job, Store]]:
    """Return each job with its store; nothing is written yet.

    Raises:
        InputError: If sentences cannot be read, or a store was made with other settings.
    """
    return [(job, Store(out / job.name, job.settings(), job.tasks)) for job in jobs]


def run_jobs(stores: Sequence[tuple[Job, Store]], limit: int = 0, doors: Doors | None = None) -> int:
    """Run what is not finished, and return the number of sentences predicted.

    Args:
        stores: See :func:`open_stores`.
        limit: Sentences of each job at most, those of earlier runs counted; 0 for all.
        doors: What opens models.

    Raises:
        InputError: At the end, if a job failed; all others are done.
    """
    doors = doors or Doors()
    failures: list[str] = []
    total = 0
    try:
        for number, (job, store) in enumerate(stores, 1):
            tell(f"[{number}/{len(stores)}] {job.name}: {store.done} of {len(store.tasks)} sentences are there")
            try:
                total += run_job(job, store, limit, doors)
            except InputError as error:
                failures.append(f"{job.name}: {error}")
                tell(f"  not finished: {error}")
    finally:
        doors.close()
    if failures:
        more = f" (and {len(failures) - 1} more, see above)" if len(failures) > 1 else ""
        raise InputError(f"{len(failures)} of {len(stores)} jobs are not finished: {failures[0]}{more}")
    return total


def run_job(job: Job, store: Store, limit: int, doors: Doors) -> int:
    """Predict the sentences of one job that are left, and return their number."""
    tasks = store.remaining[: max(limit - store.done, 0)] if limit else store.remaining
    if not tasks:
        return 0
    method = job.method(doors)  # before a folder is made
    store.open()
    try:
        if hasattr(door := getattr(method, "completer", None) or getattr(method, "backend", None), "use"):
            door.use(store.journal)
        with reporting(len(tasks), wanted=True) as reporter:
            for number, predicted in enumerate(method.predict(tasks), 1):
                store.append(predicted)
                reporter.advance(1, number)
    finally:
        store.close()
    return len(tasks)


def tell(line: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(f"{line}\n")
