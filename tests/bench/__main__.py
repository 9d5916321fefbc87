"""Measure speed, memory and growth of building the dataset; results go to docs/bench as JSON and as tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from dynamicner_dataset.machine import describe_machine
from tests.bench import cohesion, importer, parser, scale
from tests.bench.render import tables, to_markdown, to_rich
from tests.bench.runs import run_all

BENCHMARKS = {
    "cohesion": cohesion.measure,
    "parser": parser.measure,
    "importer": importer.measure,
    "scale": scale.measure,
}
#: Takes some minutes.
FULL = {"hundred": scale.measure_hundred}
WIDTH = 130


def main() -> None:
    """Run the benchmarks and write what they gave."""
    options = parse_arguments()
    known = BENCHMARKS | FULL
    chosen = options.only or (known if options.full else BENCHMARKS)
    results = run_all(
        {name: known[name] for name in chosen},
        options.out / "dataset.json",
        describe_machine(),
        to_markdown,
        keep=bool(options.only),
    )
    console = Console(width=WIDTH)
    for figures in tables(results):
        console.print(to_rich(figures))


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser_ = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser_.add_argument("--full", action="store_true", help="build 150,000 sentences too (some minutes more)")
    parser_.add_argument(
        "--only", choices=BENCHMARKS | FULL, nargs="+", help="these alone; results of the others are kept"
    )
    parser_.add_argument("--out", type=Path, default=Path("docs/bench"), help="folder of dataset.json and dataset.md")
    return parser_.parse_args()


if __name__ == "__main__":
    main()
