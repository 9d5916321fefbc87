"""Measure the cascade: the plain way and ours side by side, growth, memory, start; results go to docs/bench."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from dynamicner_dataset.machine import describe_machine
from tests.bench.cascade import dial, growth, render, resources, speed
from tests.bench.render import page, to_rich
from tests.bench.runs import run_all

BENCHMARKS = {
    "resources": resources.measure,
    "growth": growth.measure,
    "dial": dial.measure,
    "speed": speed.measure,
}
PACKAGES = ("torch", "transformers", "peft", "tokenizers")
WIDTH = 130


def main() -> None:
    """Run the benchmarks and write what they gave, one by one."""
    options = parse_arguments()
    path = options.out / "cascade.json"
    results = run_all(
        {name: BENCHMARKS[name] for name in options.only or BENCHMARKS},
        path,
        describe_machine(PACKAGES),
        lambda results: page("Benchmarks of the cascade", path.name, results["machine"], render.tables(results)),
        keep=bool(options.only),
    )
    render.draw(results, path.parent)
    console = Console(width=WIDTH)
    for figures in render.tables(results):
        console.print(to_rich(figures))


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cascade", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, nargs="+", help="these alone; results of the others are kept")
    parser.add_argument("--out", type=Path, default=Path("docs/bench"), help="folder of cascade.json and cascade.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
