"""Table 12: what predictions cost, summed over all configs of a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.cascadener.costs import Prices, total_cost
from eval.tables import paper
from eval.tables.building import Library, Place, describe, places, remarks, whole
from eval.tables.conditions import Condition, Exactly, rank
from eval.tables.declared import TableSpec
from eval.tables.missing import Jobs
from eval.tables.runs import Run, check_hashes
from eval.tables.sheet import Cell, Sheet, Value, column_of

#: The sentences of the whole data set, and of its test split.
WHOLE, TEST = 9_000, 5_400
COLUMNS = {
    "sentences": "count",
    "tokens in a sentence": "tokens",
    "tokens out a sentence": "tokens",
    "seconds a sentence": "seconds",
    "USD, 1,000 sentences": "usd",
    f"USD, {TEST:,} sentences": "usd",
    f"USD, {WHOLE:,} sentences": "usd",
}


def build_costs(name: str, spec: TableSpec, library: Library, jobs: Jobs) -> Sheet:
    """Return the table of costs.

    Raises:
        InputError: If two runs claim one config of a row, are of different data, or cannot be read.
    """
    found = [(row, runs_of(row, spec, library)) for row in places(spec, spec.rows, library.runs)]
    kept = [(row, runs) for row, runs in found if runs or any(printed(name, spec, row).values())]
    runs = sorted({run.name: run for _, every in kept for run in every}.values(), key=lambda run: run.name)
    check_hashes(runs)
    prices = library.prices
    price = f"Priced as {prices.of}: {prices.tokens_in:g} USD for a million tokens in, {prices.tokens_out:g} out."
    rows = [(row.names, (spec.condition, *row.conditions)) for row, every in kept if not every]
    empty = [one for names, conditions in rows for one in whole(conditions, jobs, names)]
    return Sheet(
        name,
        spec.title,
        tuple(spec.rows),
        ("column",),
        [row.names for row, _ in kept],
        [column_of(("column",), (title,), style) for title, style in COLUMNS.items()],
        [cells(every, library, printed(name, spec, row)) for row, every in kept],
        remarks=(*remarks(spec), price),
        runs=describe(runs, library),
        missing=jobs.report(empty if kept else whole([spec.condition], jobs)),
    )


def runs_of(row: Place, spec: TableSpec, library: Library) -> list[Run]:
    """Return the runs of a row, one of each config."""
    conditions = (spec.condition, *row.conditions)
    configs = {run.settings["config"] for run in library.runs if rank(conditions, run.settings) is not None}
    claimed = [library.claim((*conditions, Condition(({"config": [Exactly(one)]},)))) for one in sorted(configs)]
    return [run for run in claimed if run]


def printed(name: str, spec: TableSpec, row: Place) -> dict[str, Any]:
    """Return the paper's figures of a row, by column."""
    names = dict(zip(spec.rows, row.names, strict=True))
    return {title: paper.find(name, {**names, "column": title}) for title in COLUMNS}


def cells(runs: list[Run], library: Library, said: Mapping[str, Any]) -> list[Cell]:
    """Return the cells of a row."""
    numbers = dict.fromkeys(COLUMNS) | (sums(runs, library) if runs else {})
    names = ", ".join(run.name for run in runs)
    return [
        Cell(None if numbers[title] is None else Value(numbers[title]), None, said[title], names if runs else "")
        for title in COLUMNS
    ]


def sums(runs: list[Run], library: Library) -> dict[str, float]:
    """Return the figures of some runs together; what some run does not tell is left out."""
    measured = [library.measured(run) for run in runs]
    sentences = sum(one.sentences for one in measured)
    told = [key for key in ("tokens_in", "tokens_out", "seconds") if all(key in one.cost for one in measured)]
    total = total_cost(one.cost for one in measured)
    per = {key: total[key] / sentences for key in told}
    found = {"sentences": float(sentences)}
    titles = {
        "tokens_in": "tokens in a sentence",
        "tokens_out": "tokens out a sentence",
        "seconds": "seconds a sentence",
    }
    found |= {titles[key]: value for key, value in per.items()}
    if {"tokens_in", "tokens_out"} <= per.keys():
        price = Prices(library.prices.tokens_in, library.prices.tokens_out)
        usd = (per["tokens_in"] * price.tokens_in + per["tokens_out"] * price.tokens_out) / 1_000_000
        found |= {f"USD, {count:,} sentences": usd * count for count in (1_000, TEST, WHOLE)}
    return found
