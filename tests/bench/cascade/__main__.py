"""Measure the cascade: the plain way and ours side by side, growth, memory, start; results go to docs/bench."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from dynamicner_dataset.atomic import atomic_file
from tests.bench.cascade import dial, growth, render, resources, speed
from tests.bench.machine import describe_machine
from tests.bench.render import page, to_rich

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
    results = json.loads(path.read_text("utf-8")) if path.exists() and options.only else {}
    results["machine"] = describe_machine(PACKAGES)
    for name in options.only or BENCHMARKS:
        sys.stderr.write(f"{name} ...\n")
        results[name] = BENCHMARKS[name]()
        write(results, path)
    console = Console(width=WIDTH)
    for figures in render.tables(results):
        console.print(to_rich(figures))


def write(results: dict[str, Any], path: Path) -> None:
    """Write the JSON file and, beside it, its tables and plots."""
    with atomic_file(path) as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    with atomic_file(path.with_suffix(".md")) as file:
        file.write(page("Benchmarks of the cascade", path.name, results["machine"], render.tables(results)))
    render.draw(results, path.parent)


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cascade", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, nargs="+", help="these alone; results of the others are kept")
    parser.add_argument("--out", type=Path, default=Path("docs/bench"), help="folder of cascade.json and cascade.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
