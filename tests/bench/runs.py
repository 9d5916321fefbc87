"""Running named benchmarks one by one; what each gave is written at once, so that a cut run loses one at most."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dynamicner_dataset.atomic import atomic_file

Benchmark = Callable[[], Any]


def run_all(
    benchmarks: Mapping[str, Benchmark],
    path: Path,
    machine: Mapping[str, Any],
    report: Callable[[dict[str, Any]], str],
    *,
    keep: bool,
) -> dict[str, Any]:
    """Run benchmarks and write a JSON file and, beside it, its tables in Markdown.

    Args:
        benchmarks: What to run, by name.
        path: The JSON file.
        machine: The description of this machine.
        report: Gives the Markdown of the results so far.
        keep: Whether earlier results of other benchmarks stay.
    """
    results = json.loads(path.read_text(encoding="utf-8")) if keep and path.exists() else {}
    results["machine"] = machine
    for name, measure in benchmarks.items():
        sys.stderr.write(f"{name} ...\n")
        results[name] = measure()
        with atomic_file(path) as file:
            json.dump(results, file, indent=1)
            file.write("\n")
        with atomic_file(path.with_suffix(".md")) as file:
            file.write(report(results))
    return results
