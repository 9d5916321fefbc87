"""All languages side by side: staged by language, so that a cut build goes on where it was, and put in place whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from build.language import LanguageStats, write_language
from build.sources import Source
from build.workers import run_side_by_side
from dynamicner_dataset.atomic import atomic_file, atomic_folder
from dynamicner_dataset.dynamic.release import Release
from dynamicner_dataset.errors import InputError


@dataclass(frozen=True)
class Job:
    """What to make of one language.

    Attributes:
        source: Its sentences.
        release: Seed and strengths of the dynamic version; ``None`` for base alone.
        base: Whether to write the base version.
    """

    source: Source
    release: Release | None
    base: bool = True

    @cached_property
    def key(self) -> str:
        """A name that changes with anything the output depends on."""
        parts = [
            self.source.fingerprint(),
            str(self.base),
            json.dumps(self.source.taxonomy.to_dict()),
        ]
        parts.append(json.dumps(self.release.to_dict(), sort_keys=True) if self.release else "")
        return f"{self.source.lang}-{hashlib.blake2b(chr(0).join(parts).encode(), digest_size=10).hexdigest()}"


def staging_folder(out: Path) -> Path:
    """Return where finished languages wait until all are done."""
    return out.parent / f".{out.name}.parts"


def run_job(job: Job, stage: Path) -> LanguageStats:
    """Build one language into the staging folder, or take it from there if an earlier run finished it."""
    target = stage / job.key
    if not target.exists():
        taxonomy = job.source.taxonomy
        dynamic = (job.release.plan(job.source.lang, taxonomy), job.release.seed) if job.release else None
        with atomic_folder(target) as folder:
            read = job.source.read_with_splits
            stats = write_language(job.source.lang, read, folder, taxonomy, dynamic, job.base)
            with atomic_file(folder / "stats.json") as file:
                json.dump(stats.to_dict(), file, ensure_ascii=False)
    return LanguageStats.from_dict(json.loads((target / "stats.json").read_text(encoding="utf-8")))


def build_languages(
    jobs: Sequence[Job], out: Path, num_proc: int, report: Callable[[str], None]
) -> list[LanguageStats]:
    """Build all languages into the staging folder of ``out``, in ``num_proc`` processes.

    Args:
        jobs: One a language.
        out: The dataset folder to come; the staging folder lies beside it.
        num_proc: Processes; 1 builds in this one.
        report: Called with each language's code when it is done.
    """
    stage = staging_folder(out)
    for job in jobs:
        _ = job.key  # told once, here: a source file that changes while processes work must not change it
    before = set(stage.glob("*"))
    try:
        return run_side_by_side(partial(run_job, stage=stage), jobs, num_proc, lambda job: report(job.source.lang))
    except InputError as error:
        if error.file is not None:  # of bad input nothing is written, whichever language was done before it was read
            for path in set(stage.glob("*")) - before:
                shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        clear_unfinished(stage)


def clear_unfinished(stage: Path) -> None:
    """Delete what ended processes left half-written, and the staging folder if nothing was finished."""
    for path in stage.glob(".*.tmp"):
        shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        stage.rmdir()


def put_in_place(jobs: Sequence[Job], out: Path, finish: Callable[[Path], None]) -> None:
    """Gather the staged languages into ``out``, which appears whole; the staging folder is then deleted.

    Args:
        jobs: The jobs that were built.
        out: The dataset folder.
        finish: Writes what belongs to the whole (README, statistics) into the folder it is given.
    """
    stage = staging_folder(out)
    with atomic_folder(out) as folder:
        for job in jobs:
            for config in sorted((stage / job.key).iterdir()):
                if config.is_dir():
                    shutil.copytree(config, folder / config.name, copy_function=link_or_copy)
        finish(folder)
    shutil.rmtree(stage, ignore_errors=True)


def link_or_copy(source: str, target: str) -> None:
    """Hard-link a file, or copy it where the file system has no links."""
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
