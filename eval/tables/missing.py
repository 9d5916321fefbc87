"""Which command fills a cell: the jobs of the suites are looked through for one that it would take."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from eval.tables.conditions import Condition, rank
from eval.tables.sheet import DASH, Missing

ROOT = Path(__file__).parents[2]
SUITES = ROOT / "eval" / "suites"


class Job(NamedTuple):
    """One job of a suite: what its ``settings.json`` will say, as far as tables ask for it."""

    suite: str
    name: str
    config: str
    settings: Mapping[str, Any]

    @property
    def has_server(self) -> bool:
        """Whether a server answers, which may have its price."""
        return "server" in self.settings["model_settings"]


class Empty(NamedTuple):
    """A cell without predictions, the job that fills it, or what it asks of a run if there is none."""

    row: tuple[str, ...]
    column: str
    job: Job | None
    wanted: str = ""


class Jobs:
    """The jobs of all suites in a folder; read when the first cell is missing."""

    def __init__(self, folder: Path = SUITES) -> None:
        self.folder = folder

    @cached_property
    def all(self) -> list[Job]:
        """All jobs, suite by suite.

        Raises:
            InputError: If a suite is not sound.
        """
        return [job for path in sorted(self.folder.glob("*.yaml")) for job in jobs_of_suite(path)]

    def find(self, row: Sequence[Condition], cells: Sequence[Sequence[Condition]]) -> list[Job | None]:
        """Return for some cells of a row the jobs that fill them.

        Args:
            row: What all of them ask of a run.
            cells: What each asks beside.
        """
        fitting = [(found, job) for job in self.all if (found := rank(row, job.settings)) is not None]
        return [best(fitting, cell) for cell in cells]

    def every(self, row: Sequence[Condition]) -> list[Job]:
        """Return all jobs that fit as well as the best."""
        fitting = [(found, job) for job in self.all if (found := rank(row, job.settings)) is not None]
        least = min((found for found, _ in fitting), default=())
        return [job for found, job in fitting if found == least]

    def command(self, suite: str, name: str, configs: Sequence[str]) -> str:
        """Return the command that runs one method and model of a suite on some configs."""
        every = [job.config for job in self.all if (job.suite, job.name) == (suite, name)]
        only = " ".join(f"--only {shlex.quote(f'{name}/{one}')}" for one in patterns(set(configs), every))
        return f"python -m eval run --suite {shlex.quote(suite)} {only}"

    def report(self, empty: Iterable[Empty]) -> tuple[Missing, ...]:
        """Return the commands that fill empty cells, each with its cells; last, what no suite has."""
        groups: dict[tuple[str, str, str], list[Empty]] = {}
        for one in empty:
            place = (one.job.suite, one.job.name, "") if one.job else ("", "", one.wanted)
            groups.setdefault(place, []).append(one)
        return tuple(
            Missing(
                self.command(suite, name, [one.job.config for one in cells if one.job]) if name else "",
                wanted,
                tuple(places_of(cells)),
            )
            for (suite, name, wanted), cells in sorted(groups.items(), key=lambda group: not group[0][0])
        )


def places_of(cells: Iterable[Empty]) -> Iterator[str]:
    """Yield the rows of some cells, each with its columns."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for one in cells:
        rows.setdefault(one.row, []).append(one.column)
    for row, columns in rows.items():
        named = ", ".join(dict.fromkeys(filter(None, columns)))
        names = ", ".join(name for name in row if name != DASH)
        yield f"{names} ({named})" if names and named else names or named


def best(fitting: Sequence[tuple[tuple[int, ...], Job]], cell: Sequence[Condition]) -> Job | None:
    """Return the job that fits a cell best; of several one without a server, and of those the first."""
    ranked = [
        ((*of_row, *found), job.has_server, at)
        for at, (of_row, job) in enumerate(fitting)
        if (found := rank(cell, job.settings)) is not None
    ]
    return fitting[min(ranked)[2]][1] if ranked else None


def patterns(wanted: set[str], every: Sequence[str]) -> list[str]:
    """Return patterns that fit the wanted configs and no other, as few as there are by what stands before a hyphen.

    >>> patterns({"a", "b-1", "b-2", "c-1"}, ["a", "b-1", "b-2", "c-1", "c-2"])
    ['a', 'b-*', 'c-1']
    """
    if wanted == set(every):
        return ["*"]
    found: list[str] = []
    for config in dict.fromkeys(one for one in every if one in wanted):
        wide = f"{config.rpartition('-')[0] or config}-*"
        same = {one for one in every if fnmatchcase(one, wide)}
        found.append(wide if config in same and len(same) > 1 and same <= wanted else config)
    return list(dict.fromkeys(found))


@cache
def jobs_of_suite(path: Path) -> tuple[Job, ...]:
    """Return the jobs of one suite."""
    from eval.methods.jobs import jobs_of
    from eval.methods.suite import read_suite

    found = []
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    for job in jobs_of(read_suite(path)):
        options = job.run.checked
        settings = {
            "run": job.run.name,
            "method": job.run.method,
            "model": job.model_name,
            "model_settings": job.model.model_dump(exclude_defaults=True),
            "config": job.config,
            "split": job.run.split,
            "sentences": job.run.sentences,
            "options": options.settings() if hasattr(options, "settings") else options.model_dump(),
            "seed": job.run.seed,
        }
        found.append(Job(shown.as_posix(), f"{job.run.name}/{job.model_name}", job.config, settings))
    return tuple(found)
