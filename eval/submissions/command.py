"""``python -m eval submit check``: validate and score a file of predictions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.command_line import with_clear_errors
from dynamicner_dataset.errors import InputError

if TYPE_CHECKING:
    from eval.submissions.faults import Faults

app = typer.Typer(help="Submissions to the leaderboard.", no_args_is_help=True)
#: Stands for the organisation of whoever publishes the dataset.
DATASET = "ORG/dynamicner"


@app.callback()
def submissions() -> None:
    """Check and score submissions to the leaderboard."""


def check_submission(
    file: Annotated[Path, typer.Argument(help="Predictions, JSON lines; a settings.json beside them is read too.")],
    config: Annotated[str, typer.Option(help="base-en, dynamic-en, dynamic-all, ...")],
    split: Annotated[str, typer.Option(help="test, or validation.")] = "test",
    name: Annotated[str, typer.Option(help="What the leaderboard calls the system; by default the file.")] = "",
    model_id: Annotated[str, typer.Option(help="OWNER/NAME on the Hub.")] = "",
    url: Annotated[str, typer.Option(help="A page about the system or the run.")] = "",
    date: Annotated[str, typer.Option(help="Of the predictions: 2026-11-20.")] = "",
    dataset_id: Annotated[str, typer.Option(help="The dataset's repo on the Hub.")] = DATASET,
    out: Annotated[
        Path | None, typer.Option(help="Folder for result.json and .eval_results/*.yaml; none: only check.")
    ] = None,
) -> None:
    """Check predictions against a config and split, name every fault, and score them if there is none."""
    from eval.gold import read_gold
    from eval.submissions.declared import read_settings
    from eval.submissions.entry import Entry, is_model_id
    from eval.submissions.faults import Faults, Limits
    from eval.submissions.reader import check
    from eval.submissions.result import file_hash, make_result

    entry = Entry(name or model_id or file.stem[:80], model_id, url, date)
    if not is_model_id(dataset_id):
        raise InputError("--dataset-id must be an OWNER/NAME of the Hub")
    gold = read_gold(config, split)
    said, faults = check(file, gold, config=config, split=split)
    if said is None:
        refuse(faults)
    result = make_result(entry, config, split, gold, said)
    result["predictions_sha256"] = file_hash(file)
    result["system"] = read_settings(file, Faults(file, Limits()))
    typer.echo(told(result))
    if out is not None:
        write(result, out, dataset_id)


def refuse(faults: Faults) -> NoReturn:
    """Print every fault that is described, a line each, and raise the last line.

    Raises:
        InputError: Always; it is the only line of a submission with one fault.
    """
    if faults.total == 1:
        raise faults.listed[0]
    for fault in faults.listed:
        sys.stderr.write(f"{fault}\n")
    raise InputError(faults.summary(), faults.file)


def told(result: dict[str, Any]) -> str:
    """Return the main figures in lines for the terminal."""
    strict, counts = result["strict"], result["counts"]
    low, high = result["intervals"]["strict"]["f1"]
    return "\n".join(
        [
            f"{result['config']} {result['split']}: {counts['sentences']:,} sentences, {counts['gold']:,} mentions, "
            f"{counts['predicted']:,} submitted; no fault",
            f"F1 {strict['f1']:.3f} (95 % interval {low:.3f} to {high:.3f}), precision {strict['precision']:.3f}, "
            f"recall {strict['recall']:.3f}: span and type",
            f"spans alone {result['extraction']['f1']:.3f}, types of spans found "
            f"{result['classification']['found']['accuracy']:.3f}, mean over types {result['macro']['f1']:.3f}, "
            f"paper's matching by text {result['text']['f1']:.3f}",
        ]
    )


def write(result: dict[str, Any], out: Path, dataset_id: str) -> None:
    """Write the result, and for the test split the Hub's file."""
    from eval.submissions.hub import HUB_SPLIT, eval_results
    from eval.submissions.result import RESULT

    texts = {out / RESULT: json.dumps(result, indent=1, ensure_ascii=False) + "\n"}
    if result["split"] == HUB_SPLIT:
        texts[out / ".eval_results" / f"dynamicner-{result['config']}.yaml"] = eval_results(result, dataset_id)
    for path, text in texts.items():
        with atomic_file(path) as file:
            file.write(text)
        typer.echo(f"wrote {path}")


app.command("check")(with_clear_errors(check_submission))
