"""``python -m eval run`` and ``python -m eval predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dynamicner_dataset.command_line import read_changes
from dynamicner_dataset.errors import InputError

Out = Annotated[Path | None, typer.Option("--out", help="Folder; dist/eval and the suite's name by default.")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="Sentences of each job at most; go on later without it.")]


def run(
    suite: Annotated[Path, typer.Option("--suite", help="YAML file, such as eval/suites/embedded.yaml.")],
    out: Out = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="RUN/MODEL/CONFIG or one of the three; * stands for anything.")
    ] = None,
    limit: Limit = 0,
    show: Annotated[bool, typer.Option("--show", help="List the jobs and stop.")] = False,
) -> None:
    """Run a matrix of method, model, config and language; the same command again goes on where it was."""
    from eval.methods.jobs import chosen_jobs
    from eval.methods.suite import read_suite

    jobs = chosen_jobs(read_suite(suite), only or [])
    if show:
        typer.echo("\n".join(job.name for job in jobs))
        return
    finish(jobs, out or Path("dist/eval") / suite.stem, limit)


def predict(
    method: Annotated[str, typer.Option("--method", help="cascadener, gpt-ner, prompt-ner, supervised, gliner.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the predictions and their settings.")],
    config: Annotated[str | None, typer.Option("--config", help="Such as dynamic-en or base-all.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="JSON Lines in the form of dynamic rows.")] = None,
    train: Annotated[Path | None, typer.Option("--train", help="For --file: where demonstrations come from.")] = None,
    split: Annotated[str, typer.Option("--split", help="train, validation or test.")] = "test",
    sentences: Annotated[int, typer.Option("--sentences", min=0, help="Evenly spread; 0 for all.")] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of all that is drawn.")] = 0,
    model: Annotated[
        list[str] | None, typer.Option("--model", metavar="KEY=VALUE", help="Of the model, as in a suite.")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Of the method, as in a suite.")
    ] = None,
    limit: Limit = 0,
) -> None:
    """Predict one config or file with one method.

    python -m eval predict --method cascadener --config dynamic-en --sentences 10 --out dist/eval/try --set k=1
    """
    if (config is None) == (file is None):
        raise InputError("either --config or --file is wanted")
    entry: dict[str, Any] = {"name": "predict", "method": method, "models": ["model"], "split": split}
    entry |= {"sentences": sentences, "seed": seed, "options": read_changes(options, example="k=1")}
    data: dict[str, Any] = {"models": {"model": read_changes(model, "--model", "dtype=float32")}, "runs": [entry]}
    if file is not None:
        data["files"] = {file.stem: {"path": str(file)} | ({"train": str(train)} if train else {})}
        entry["configs"] = [file.stem]
    else:
        version, _, lang = config.partition("-")
        entry |= {"configs": [version]} | ({} if lang == "all" else {"langs": [lang]})
    from eval.methods.jobs import chosen_jobs
    from eval.methods.keys import check_keys
    from eval.methods.suite import Suite

    finish(chosen_jobs(check_keys(Suite, data, "the command line"), []), out, limit)


def finish(jobs: Any, out: Path, limit: int) -> None:
    """Run jobs and say what came of it."""
    from eval.methods.running import open_stores, run_jobs

    stores = open_stores(jobs, out)
    done = run_jobs(stores, limit)
    left = sum(len(store.tasks) - store.done for _, store in stores)
    typer.echo(f"{done:,} sentences predicted in {len(stores)} jobs, {left:,} left; predictions are in {out}")
