"""A declared table and the runs that fill it, made into a sheet."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.tables import paper
from eval.tables.conditions import Condition, Exactly, possible, rank, setting, tell
from eval.tables.declared import Choice, Prices, TableSpec
from eval.tables.measures import Measured, measure_run
from eval.tables.missing import Empty, Jobs
from eval.tables.runs import Run, check_hashes, claim
from eval.tables.sheet import DASH, Cell, Printed, Sheet, column_of

#: Said above every table that is about our own sentences.
NOT_THE_PAPERS = (
    "Our sentences were written and annotated for this project by a language model; they are not the paper's Wikipedia "
    "text. Figures compare in kind, not in size."
)
#: Longest value of an option that is shown.
MAX_VALUE = 60


@dataclass
class Library:
    """Runs, and what was measured of them so far.

    Attributes:
        runs: All that there are.
        newest: Of two that claim one cell take the newer.
        prices: Of tokens.
    """

    runs: Sequence[Run]
    prices: Prices
    newest: bool = False
    _measured: dict[Path, Measured] = field(default_factory=dict)

    def claim(self, conditions: Sequence[Condition]) -> Run | None:
        """Return the run that a cell takes; see :func:`eval.tables.runs.claim`."""
        return claim(self.runs, conditions, newest=self.newest)

    def measured(self, run: Run) -> Measured:
        """Return the figures of a run, read and scored once."""
        if run.folder not in self._measured:
            self._measured[run.folder] = measure_run(run)
        return self._measured[run.folder]


@dataclass(frozen=True)
class Place:
    """A row or a column.

    Attributes:
        names: One of each axis.
        conditions: What it asks of a run.
        measure: What it shows in place of the table's measure.
        ours: Whether there can be figures of ours.
    """

    names: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    measure: str | None = None
    ours: bool = True

    def at(self, name: str, choice: Choice, *more: Condition) -> Place:
        """Return this place further along the next axis."""
        conditions = (*self.conditions, Condition(tuple(choice.where)), *more)
        return Place((*self.names, name), conditions, choice.measure or self.measure, self.ours and choice.ours)


def places(spec: TableSpec, axes: Sequence[str], runs: Sequence[Run]) -> list[Place]:
    """Return the rows or columns that some axes make, those that were met in the runs among them."""
    found = [Place()]
    for axis in axes:
        found = [further for place in found for further in along(spec, axis, place, runs)]
    return found


def along(spec: TableSpec, axis: str, place: Place, runs: Sequence[Run]) -> Iterator[Place]:
    """Yield a place at every choice of one more axis, and at every further value of its setting."""
    declared = spec.axis(axis)
    wanted = (spec.condition, *place.conditions)
    fitting = [run.settings for run in runs if place.ours and rank(wanted, run.settings) is not None]
    known = {name: Condition(tuple(choice.where)) for name, choice in declared.choices.items()}
    shown = [name for name, one in known.items() if not declared.met or is_met(one, fitting)]
    found = [place.at(name, declared.choices[name]) for name in shown]
    left = [settings for settings in fitting if all(one.rank(settings) is None for one in known.values())]
    for value in values_of(left, declared.each) if declared.each else ():
        found.append(place.at(str(value), Choice(), Condition(({declared.each or "": [Exactly(value)]},))))
    every = [part for choice in declared.choices.values() for part in choice.where] if not declared.each else [{}]
    yield from found or [place.at(DASH, Choice(where=every))]


def is_met(condition: Condition, settings: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether any settings fit."""
    return any(condition.rank(one) is not None for one in settings)


def values_of(settings: Iterable[Mapping[str, Any]], path: str) -> list[str | int | float]:
    """Return the values of a setting, each once; numbers first."""
    every = (setting(one, path) for one in settings)
    values = {value for value in every if isinstance(value, (str, int, float)) and not isinstance(value, bool)}
    return sorted(values, key=lambda value: (isinstance(value, str), value))


@dataclass(frozen=True)
class Slot:
    """A cell that is being filled."""

    measure: str
    ours: bool
    paper: Printed | None
    run: Run | None


def build_scores(name: str, spec: TableSpec, library: Library, jobs: Jobs) -> Sheet:
    """Return a table of scores.

    Args:
        name: ``table-2``.
        spec: What it is.
        library: The runs.
        jobs: Where to look for what fills missing cells.

    Raises:
        InputError: If two runs claim one cell, are of different data, or cannot be read.
    """
    rows, columns = (places(spec, axes, library.runs) for axes in (spec.rows, spec.columns))
    grid = [[slot(name, spec, library, row, column) for column in columns] for row in rows]
    kept_rows = [at for at, slots in enumerate(grid) if any(map(filled, slots))]
    kept_columns = [at for at in range(len(columns)) if any(filled(slots[at]) for slots in grid)]
    rows, columns = [rows[at] for at in kept_rows], [columns[at] for at in kept_columns]
    grid = [[grid[row][column] for column in kept_columns] for row in kept_rows]
    runs = used(grid)
    check_hashes(runs)
    return Sheet(
        name,
        spec.title,
        tuple(spec.rows),
        tuple(spec.columns),
        [row.names for row in rows],
        [column_of(spec.columns, column.names) for column in columns],
        [[cell_of(one, spec, library) for one in slots] for slots in grid],
        also=spec.also.title if spec.also else "",
        remarks=remarks(spec),
        runs=describe(runs, library),
        missing=jobs.report(empty_cells(spec, rows, columns, grid, jobs) if rows else whole([spec.condition], jobs)),
        with_intervals=spec.with_intervals,
        plot=spec.plot,
    )


def slot(name: str, spec: TableSpec, library: Library, row: Place, column: Place) -> Slot:
    """Return the slot of a row and a column."""
    conditions = (spec.condition, *row.conditions, *column.conditions)
    ours = row.ours and column.ours
    names = dict(zip((*spec.rows, *spec.columns), (*row.names, *column.names), strict=True))
    run = library.claim(conditions) if ours else None
    ours = ours and (run is not None or possible(conditions))
    return Slot(column.measure or row.measure or spec.measure, ours, paper.find(name, names), run)


def filled(one: Slot) -> bool:
    """Say whether there is anything to show."""
    return one.run is not None or one.paper is not None


def used(grid: Iterable[Iterable[Slot]]) -> list[Run]:
    """Return the runs of a table, each once, by name."""
    found = {one.run.name: one.run for one in itertools.chain.from_iterable(grid) if one.run}
    return [found[name] for name in sorted(found)]


def cell_of(one: Slot, spec: TableSpec, library: Library) -> Cell:
    """Return the cell of a slot."""
    if one.run is None:
        return Cell(paper=one.paper, possible=one.ours)
    measured = library.measured(one.run)
    also = measured.value(spec.also.measure) if spec.also else None
    return Cell(measured.value(one.measure), also, one.paper, one.run.name)


def remarks(spec: TableSpec) -> tuple[str, ...]:
    """Return what is said above a table."""
    return (*((NOT_THE_PAPERS,) if spec.ours else ()), *spec.remarks)


def describe(runs: Iterable[Run], library: Library) -> dict[str, list[str]]:
    """Return how runs were made, and on what, so that what is the same is said once."""
    found: dict[str, list[str]] = {}
    for run in runs:
        measured, settings = library.measured(run), run.settings
        on = f"{settings['config']} {settings['split']}, data {settings['data_sha256'][:12]}"
        size = f"{measured.sentences:,} sentences, {measured.mentions:,} mentions"
        found.setdefault(made(settings), []).append(f"{run.name}: {on}, {size}")
    return found


def made(settings: Mapping[str, Any]) -> str:
    """Return how a run was made."""
    model = settings.get("model_settings")
    named = [str(model[key]) for key in ("base_model", "model") if key in model] if isinstance(model, Mapping) else []
    given = [f"{key}={str(value)[:MAX_VALUE]}" for key, value in sorted(settings["options"].items())]
    parts = [
        f"{settings['method']} on {settings['model']}{f' ({named[0][:MAX_VALUE]})' if named else ''}",
        ", ".join(given) or "no options",
        f"seed {settings.get('seed', DASH)}",
        *machine(settings.get("machine")),
    ]
    return "; ".join(parts)


def machine(found: Any) -> list[str]:
    """Return day and processor, where they are known."""
    if not isinstance(found, Mapping):
        return []
    return [str(found[key]) for key in ("date", "processor") if key in found]


def empty_cells(
    spec: TableSpec, rows: Sequence[Place], columns: Sequence[Place], grid: Sequence[Sequence[Slot]], jobs: Jobs
) -> Iterator[Empty]:
    """Yield the cells that could have figures of ours and have none."""
    for row, slots in zip(rows, grid, strict=True):
        empty = [column for column, one in zip(columns, slots, strict=True) if one.ours and one.run is None]
        conditions = (spec.condition, *row.conditions)
        for column, job in zip(empty, jobs.find(conditions, [one.conditions for one in empty]), strict=True):
            wanted = tell(conditions) if job is None else ""
            yield Empty(row.names, " ".join(column.names), job, wanted)


def whole(conditions: Sequence[Condition], jobs: Jobs, row: tuple[str, ...] = ()) -> list[Empty]:
    """Return what fills a row, or a table that has no rows yet, with all that the suites have for it."""
    return [Empty(row, "", job) for job in jobs.every(conditions)] or [Empty(row, "", None, tell(conditions))]
