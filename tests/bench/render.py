"""Tables of a results file: in Markdown for the docs, and on the console."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tests.bench.scale import growth

Results = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """One table: a title, what it says in words, headings and rows."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables(results: Results) -> Iterator[Figures]:
    """Yield the tables of those benchmarks that were run."""
    for name, make in (("scale", scale), ("cohesion", cohesion), ("parser", speeds), ("importer", lengths)):
        if name in results:
            yield from make(results)


def scale(results: Results) -> Iterator[Figures]:
    """Yield builds and their growth."""
    found = results["scale"]
    series = {
        "repeated": found["repeated"] + results.get("hundred", {}).get("repeated", []),
        "fresh": found["fresh"],
    }
    cores = results["machine"]["cores"]
    builds = [
        (f"packaged corpus, {cores} processes", found["packaged"]),
        ("packaged corpus, 1 process", found["one_process"]),
        *(
            (f"{build['sentences']:,} sentences ({kind} x{build['copies']})", build)
            for kind, of_kind in series.items()
            for build in of_kind
        ),
    ]
    yield Figures(
        "Builds, without embeddings",
        "Repeated: the packaged English corpus many times over, with fresh ids. Fresh: the words between the mentions "
        "drawn anew, so that no two sentences are alike. Memory is the peak of the largest process, and of all "
        "processes together with shared pages counted once.",
        ("build", "seconds", "CPU seconds", "largest process, MiB", "all processes, MiB"),
        [(name, *(cost_cells(cost))) for name, cost in builds],
    )
    yield Figures(
        "Growth",
        "Time grows as size to the power of the exponent (wanted: at most 1.1); memory at most doubles from x10 "
        "to x100.",
        (
            "corpus",
            "from",
            "to",
            "exponent of time",
            "of CPU time",
            "memory of the largest process",
            "memory of all processes",
        ),
        [
            (
                kind,
                f"x{step['from']}",
                f"x{step['to']}",
                f"{step['time_exponent']:.2f}",
                f"{step['cpu_exponent']:.2f}",
                f"times {step['largest_ratio']:.2f}",
                f"times {step['sum_ratio']:.2f}",
            )
            for kind, of_kind in series.items()
            for step in growth(of_kind)
        ],
    )


def cost_cells(cost: dict[str, float]) -> tuple[str, ...]:
    """Return the cells of one cost."""
    return (
        f"{cost['seconds']:,.1f}",
        f"{cost['cpu_seconds']:,.1f}",
        f"{cost['largest_mib']:,.0f}",
        f"{cost['sum_mib']:,.0f}",
    )


def cohesion(results: Results) -> Iterator[Figures]:
    """Yield the three ways to cohesion."""
    found = results["cohesion"]
    names = {"ours": "norm of the sum (ours)", "gram": "matrix of all products", "pairs": "pair by pair (definition)"}
    yield Figures(
        f"Cohesion of {found['vectors']:,} vectors of {found['dimensions']} dimensions",
        f"Largest difference {found['largest_difference']:.1e}; with float32 vectors "
        f"{found['largest_difference_float32']:.1e}.",
        ("way", "milliseconds", "times slower"),
        [
            (label, f"{found['seconds'][name] * 1000:,.3f}", f"{found['times_faster'].get(name, 1):,.0f}")
            for name, label in names.items()
        ],
    )


def speeds(results: Results) -> Iterator[Figures]:
    """Yield sentences a second."""
    found = {name: results[name]["sentences_a_second"] for name in ("parser", "importer") if name in results}
    labels = {"parser": "inline parsing", "importer": "GEIC import"}
    yield Figures(
        "Sentences a second",
        "One process; the import reads the file, assigns offsets and checks types.",
        ("", *next(iter(found.values()))),
        [(labels[name], *(f"{speed:,}" for speed in values.values())) for name, values in found.items()],
    )


def lengths(results: Results) -> Iterator[Figures]:
    """Yield the growth with the length of one text."""
    kinds = dict(results["importer"]["length"])
    if "parser" in results:
        kinds = {"inline parsing": results["parser"]["length"]} | {f"import: {name}": of for name, of in kinds.items()}
    yield Figures(
        "One long text, and twice and four times as long",
        "Seconds to parse it, or to assign the offsets of its mentions.",
        ("text", "characters", "seconds", "twice", "four times", "exponent"),
        [
            (
                name,
                f"{found['runs'][0]['characters']:,}",
                *(f"{run['seconds']:.3f}" for run in found["runs"]),
                f"{found['exponent']:.2f}",
            )
            for name, found in kinds.items()
        ],
    )


def to_markdown(results: Results) -> str:
    """Return the page of the dataset's results."""
    return page("Benchmarks of the dataset", "dataset.json", results["machine"], tables(results))


def page(title: str, source: str, machine: dict[str, Any], all_figures: Iterable[Figures]) -> str:
    """Return a page of tables in Markdown, with the machine that the figures were measured on."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    parts = [
        f"# {title}\n",
        f"Made from `{source}` beside this file by `make bench`; do not edit.\n",
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB of memory, "
        f"Python {machine['python']}, {versions}; load {machine['load_before']} before.\n",
    ]
    for figures in all_figures:
        parts += [f"## {figures.title}\n", f"{figures.note}\n", markdown_table(figures)]
    return "\n".join(parts)


def markdown_table(figures: Figures) -> str:
    """Return a Markdown table, numbers to the right."""
    marks = ["---", *["---:"] * (len(figures.columns) - 1)]
    lines = [figures.columns, marks, *figures.rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def to_rich(figures: Figures) -> Table:
    """Return a table for the console."""
    table = Table(*figures.columns, title=figures.title, caption=figures.note, title_justify="left", box=SIMPLE_HEAD)
    table.caption_justify = "left"
    for column in table.columns[1:]:
        column.justify = "right"
    for row in figures.rows:
        table.add_row(*row)
    return table
