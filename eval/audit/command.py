"""``python -m eval audit`` and ``compare``: predictions as other scorers see them, and two systems side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.errors import InputError

if TYPE_CHECKING:
    from eval.gold import Gold
    from eval.submissions.entities import Submitted

PredictionsFile = Annotated[Path, typer.Argument(help="predictions.jsonl of a system.")]
Config = Annotated[str, typer.Option(help="base-LANG, dynamic-LANG, or -all.")]
Split = Annotated[str, typer.Option(help="validation, or test for a release.")]
Resamples = Annotated[int, typer.Option(min=1, help="Of the sentences.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the resampling.")]
Out = Annotated[Path | None, typer.Option("--out", help="JSON file; a table goes beside it.")]


def audit(
    predictions: PredictionsFile, config: Config = "dynamic-en", split: Split = "validation", out: Out = None
) -> None:
    """Show what seqeval, nervaluate and others would say of the same predictions, and why."""
    from rich.console import Console

    from eval.audit.report import to_markdown, to_rich
    from eval.audit.scorers import audit as run_audit

    check_out(out)
    gold, found = read(predictions, config, split)
    verdicts = run_audit(gold, [one.mentions for one in found])
    title = f"Audit of {predictions.parent.name or predictions.name} on {config}, {split}"
    if out:
        record = {"config": config, "split": split, "verdicts": [one.to_dict() for one in verdicts]}
        write_json(out, record)
        write_text(out.with_suffix(".md"), to_markdown(verdicts, title))
    Console(width=None if Console().is_terminal else 160).print(to_rich(verdicts))


def compare(
    first: PredictionsFile,
    second: PredictionsFile,
    config: Config = "dynamic-en",
    split: Split = "validation",
    resamples: Resamples = 500,
    seed: Seed = 0,
    out: Out = None,
) -> None:
    """Compare two systems by the paired bootstrap: is the difference more than the choice of sentences?"""
    from eval.cascadener.comparison import compare as run_comparison

    check_out(out)
    gold, ours = read(first, config, split)
    _, theirs = read(second, config, split, gold)
    sides = [[one.mentions for one in side] for side in (ours, theirs, gold)]
    result = run_comparison(*sides, resamples=resamples, seed=seed)
    if out:
        write_json(out, {"config": config, "split": split, "first": str(first), "second": str(second), **result})
    for name, one in result["measures"].items():
        lower, upper = one["interval"]["f1"]
        typer.echo(
            f"{name}: F1 {one['first']['f1']:.4f} and {one['second']['f1']:.4f}, difference "
            f"{one['difference']['f1']:+.4f} [{lower:+.4f}, {upper:+.4f}], p = {one['p_value']:.3f}"
        )


def read(
    path: Path, config: str, split: str, gold: Sequence[Gold] | None = None
) -> tuple[Sequence[Gold], list[Submitted]]:
    """Return the sentences of a config and split, and what a file of predictions says of them.

    Raises:
        InputError: If there is no such config or split, or the file is unsound.
    """
    from eval.gold import read_gold
    from eval.submissions.reader import read_predictions

    if not path.is_file():  # before seconds are spent on reading the gold
        raise InputError("is no file; predictions.jsonl of a system is wanted", path)
    gold = gold if gold is not None else read_gold(config, split)
    return gold, read_predictions(path, gold)


def check_out(path: Path | None) -> None:
    """Refuse a name that the file beside it would have too.

    Raises:
        InputError: If the name does not end in .json.
    """
    if path is not None and path.suffix != ".json":
        raise InputError("must end in .json; a table goes beside it", path)


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write a result, or nothing at all."""
    write_text(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text, or nothing at all."""
    with atomic_file(path) as file:
        file.write(text)
