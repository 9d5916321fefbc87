"""The metric on the command line: ``python app.py PREDICTIONS.jsonl REFERENCES.jsonl``.

The Space is a static page: the widget of ``evaluate`` 0.4.6 needs Gradio 3, which new Spaces do not run.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def main() -> None:
    """Print the figures of two files as JSON."""
    parser = argparse.ArgumentParser(description="Score named entities by span and type.")
    parser.add_argument(
        "predictions", type=Path, help='JSON Lines, a sentence a line: {"entities": [{"start": 0, ...}]}'
    )
    parser.add_argument("references", type=Path, help="the gold mentions, in the same form and order")
    parser.add_argument("--matching", choices=("strict", "text"), default="strict")
    parser.add_argument("--resamples", type=int, default=500, help="of the 95 %% intervals; 0 for none")
    options = parser.parse_args()

    import evaluate

    metric = evaluate.load(str(FOLDER / "cascadener.py"))
    try:
        sides = {name: read_rows(getattr(options, name)) for name in ("predictions", "references")}
        result = metric.compute(**sides, matching=options.matching, resamples=options.resamples)
    except (ValueError, OSError) as error:
        parser.exit(2, f"error: {error}\n")
    sys.stdout.write(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def read_rows(path: Path) -> list[Any]:
    """Return the rows of a JSON Lines file.

    Raises:
        ValueError: If a line is no JSON, naming it.
    """
    rows = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise ValueError(f"{path}:{number}: is no JSON: {error}") from None
    return rows


if __name__ == "__main__":
    main()
