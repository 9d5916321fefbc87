"""Measure training: tokens a second, TRL's defaults and ours; results go to docs/bench."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from dynamicner_dataset.machine import describe_machine
from tests.bench.render import Figures, page, to_rich
from tests.bench.runs import run_all
from tests.bench.training import throughput

PACKAGES = ("torch", "transformers", "peft", "trl")
BENCHMARKS = {"throughput": throughput.measure}


def main() -> None:
    """Run the benchmark and write what it gave."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.training", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/bench"), help="folder of training.json and training.md")
    path = parser.parse_args().out / "training.json"
    results = run_all(
        BENCHMARKS,
        path,
        describe_machine(PACKAGES),
        lambda found: page("Benchmarks of training", path.name, found["machine"], tables(found)),
        keep=False,
    )
    for figures in tables(results):
        Console(width=130).print(to_rich(figures))


def tables(results: dict[str, Any]) -> Iterator[Figures]:
    """Yield a table a stage."""
    for stage, found in results["throughput"].items():
        slowest = next(iter(found["ways"].values()))["tokens_a_second"]
        yield Figures(
            f"The {stage}, one epoch of {found['rows']} rows",
            f"The same {found['tokens']:,} tokens of rows, each row counted whole; Gemma 3 270M, LoRA of rank 8, "
            "batches of 8. TRL's defaults: gradient checkpointing, every row with its whole prompt, order at random.",
            ("", "seconds", "tokens a second", "times as fast"),
            [
                (name, f"{way['seconds']:.1f}", f"{speed:.0f}", f"{speed / slowest:.2f}")
                for name, way in found["ways"].items()
                for speed in [way["tokens_a_second"]]
            ],
        )


if __name__ == "__main__":
    main()
