"""``python -m eval stress``: label changes, leaks, calibration, and the bill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dynamicner_dataset.command_line import read_changes, with_clear_errors
from dynamicner_dataset.errors import InputError

if TYPE_CHECKING:
    from eval.gold import Gold
    from eval.methods.jobs import Job

app = typer.Typer(help="Stress tests of methods, data and scores.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", help="Folder for JSON, Markdown and PNG.")]
Config = Annotated[str | None, typer.Option("--config", help="Such as dynamic-en; by default as settings.json says.")]
Split = Annotated[str | None, typer.Option("--split", help="By default as settings.json says.")]
GoldFile = Annotated[Path | None, typer.Option("--gold", help="Sentences as JSON lines, instead of a config.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Of all draws and resamples.")]


@app.callback()
def stress() -> None:
    """Ask what a score does not show."""


def labels(
    out: Out,
    method: Annotated[str | None, typer.Option("--method", help="cascadener, gpt-ner, prompt-ner, gliner.")] = None,
    config: Annotated[str | None, typer.Option("--config", help="Such as dynamic-en.")] = None,
    gold: GoldFile = None,
    split: Annotated[str, typer.Option("--split", help="train, validation or test.")] = "validation",
    limit: Annotated[int, typer.Option("--limit", "--sentences", min=0, help="Evenly spread; 0 for all.")] = 0,
    model: Annotated[
        list[str] | None, typer.Option("--model", metavar="KEY=VALUE", help="Of the model, as in a suite.")
    ] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Of the method, as in a suite.")
    ] = None,
    suite: Annotated[Path | None, typer.Option("--suite", help="Runs of a suite, instead of one method.")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="With --suite: RUN/MODEL/CONFIG or a part.")] = None,
    stored: Annotated[
        Path | None, typer.Option("--stored", help="Folder with CHANGE/predictions.jsonl of a system of your own.")
    ] = None,
    change: Annotated[
        list[str] | None, typer.Option("--change", help="reorder, rename, extend, prune, repeat; the first four.")
    ] = None,
    permutations: Annotated[int, typer.Option(min=1, max=100, help="How many of reorder.")] = 3,
    added: Annotated[int, typer.Option(min=1, max=100, help="Types that extend adds.")] = 5,
    seed: Seed = 0,
) -> None:
    """Change the type lists, not the gold, and see which answers flip and what F1 is lost.

    Without a method, the changed sentences are written to OUT/lists, to run a system of your own on and come back with
    --stored.
    """
    from eval.stress.changes import DEFAULTS, make_changes

    changes = make_changes(change or DEFAULTS, permutations=permutations, added=added, seed=seed)
    if sum(one is not None for one in (method, suite, stored)) > 1:
        raise InputError("--method, --suite and --stored exclude each other")
    if suite is not None:
        if config is not None or gold is not None or model or options:
            raise InputError("--suite names configs, models and options itself")
        runs = run_labels(suite_jobs(suite, only or [], limit), changes, out, seed)
    elif method is not None:
        entry = {"method": method, "split": split, "sentences": limit, "seed": seed}
        runs = run_labels(method_jobs(entry, config, gold, model, options), changes, out, seed)
    elif stored is not None:
        from eval.stress.label_jobs import stored_changes

        runs = {str(stored): stored_changes(sentences(config, gold, split, limit), changes, stored, seed=seed)}
    else:
        from eval.stress.label_jobs import write_lists

        write_lists(sentences(config, gold, split, limit), changes, out / "lists")
        typer.echo(
            f"wrote {len(changes) + 1} files of sentences to {out / 'lists'}; no method was named, so none was run"
        )
        return
    write_labels(runs, [one.settings() for one in changes], seed, out)


def sentences(config: str | None, gold: Path | None, split: str, limit: int) -> list[Gold]:
    """Return the sentences that are named by config and split, or by a file."""
    from eval.external.gold_file import read_gold_file
    from eval.methods.data import packaged, spread

    if (config is None) == (gold is None):
        raise InputError("either --config or --gold is wanted")
    return spread(packaged(config, split) if config else read_gold_file(gold), limit)


def suite_jobs(suite: Path, only: list[str], limit: int) -> list[Job]:
    """Return the jobs of a suite; ``limit`` takes the place of its own number of sentences."""
    from dataclasses import replace

    from eval.methods.jobs import chosen_jobs
    from eval.methods.suite import read_suite

    jobs = chosen_jobs(read_suite(suite), only)
    return [replace(job, run=job.run.model_copy(update={"sentences": limit})) if limit else job for job in jobs]


def method_jobs(
    entry: dict[str, Any], config: str | None, gold: Path | None, model: list[str] | None, options: list[str] | None
) -> list[Job]:
    """Return the jobs of one method."""
    from eval.methods.jobs import chosen_jobs
    from eval.methods.keys import check_keys
    from eval.methods.suite import Suite

    if (config is None) == (gold is None):
        raise InputError("either --config or --gold is wanted")
    entry |= {"name": "labels", "models": ["model"], "options": read_changes(options, example="k=1")}
    data: dict[str, Any] = {"models": {"model": read_changes(model, "--model", "dtype=float32")}, "runs": [entry]}
    if gold is not None:
        data["files"] = {gold.stem: {"path": str(gold)}}
        entry["configs"] = [gold.stem]
    else:
        version, _, lang = config.partition("-")
        entry |= {"configs": [version]} | ({} if lang == "all" else {"langs": [lang]})
    return chosen_jobs(check_keys(Suite, data, "the command line"), [])


def run_labels(jobs: list[Job], changes: list[Any], out: Path, seed: int) -> dict[str, dict[str, Any]]:
    """Run jobs under all changes; predictions are kept below the folder."""
    from eval.stress.label_jobs import run_changes

    return run_changes(jobs, changes, out / "predictions", seed=seed)


def write_labels(runs: dict[str, Any], changes: list[dict[str, Any]], seed: int, out: Path) -> None:
    """Write the report on label changes, and show it."""
    from eval.stress.label_report import draw, to_markdown
    from eval.stress.pages import this_command, write_report

    head = {"title": "Label changes", "command": this_command(), "changes": changes, "seed": seed}
    report = {**head, "runs": runs}
    page = to_markdown(report)
    write_report(out, "labels", report, page, draw(report))
    typer.echo(page)


def leak(
    out: Out,
    train: Annotated[list[str], typer.Option("--train", help="CONFIG:SPLIT such as base-en:train, or a JSONL file.")],
    test: Annotated[list[str], typer.Option("--test", help="Likewise; as often as you like.")],
    predictions: Annotated[
        list[Path] | None, typer.Option("--predictions", help="File or folder; one for each --test, in order.")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="sentence-transformers model (Hub id or folder), or none.")
    ] = "all-minilm-l6-v2",
    cosine: Annotated[float, typer.Option(min=-1, max=1, help="From here on a sentence is near.")] = 0.8,
    ngram_share: Annotated[float, typer.Option(min=0, max=1, help="Likewise; 0: any n-gram.")] = 0.0,
    words: Annotated[int, typer.Option(min=1, max=64, help="Of an n-gram.")] = 8,
    characters: Annotated[int, typer.Option(min=1, max=64, help="Of an n-gram in zh, ja, ko.")] = 13,
    seed: Seed = 0,
) -> None:
    """Show how near training is to test sets, in text and labels, and what F1 is without the near sentences."""
    from dynamicner_dataset.atomic import atomic_file
    from eval.gold import data_hash
    from eval.stress.leak import LANGUAGES_OF, Thresholds, make_cards, scores_without
    from eval.stress.leak_report import draw, to_markdown
    from eval.stress.nearness import Sizes
    from eval.stress.pages import this_command, write_report
    from eval.stress.stored import parse_source, read_source, read_stored

    if predictions and len(predictions) != len(test):
        raise InputError(f"{len(predictions)} predictions are given for {len(test)} test sets; one each is wanted")
    if len(set(test)) < len(test):
        raise InputError("a test set is named twice")
    trained = [one for name in train for one in read_source(name)]
    tests = {name: read_source(name) for name in test}
    said = {name: read_stored(path, *parse_source(name)) for name, path in zip(test, predictions or (), strict=False)}
    known = LANGUAGES_OF.get(model)
    sizes, thresholds = Sizes(words, characters), Thresholds(cosine, ngram_share)
    near = {"sizes": sizes, "thresholds": thresholds, "embed": embedder(model), "languages": known}
    cards = make_cards(trained, tests, **near)
    found = {name: card.to_dict() for name, card in cards.items()}
    for name, stored in said.items():
        part = cards[name].of(stored.gold)
        found[name]["scores"] = {"predictions": stored.name, **scores_without(part, stored.predictions, seed=seed)}
    settings = {
        "train": train,
        "train_sentences": len(trained),
        "train_sha256": data_hash(trained),
        "model": None if model == "none" else model,
        "languages": sorted(known) if known else None,
        **{"cosine": cosine, "ngram_share": ngram_share, "words": words, "characters": characters, "seed": seed},
    }
    report = {"command": this_command(), "settings": settings, "tests": found}
    page = to_markdown(report)
    with atomic_file(out / "leak.jsonl") as file:
        for name, card in cards.items():
            file.writelines(card.lines(name))
    write_report(out, "leak", report, page, draw(report, cards))
    typer.echo(page)


def embedder(model: str) -> Any:
    """Return what embeds sentences; ``None`` for the model ``none``."""
    if model == "none":
        return None
    from eval.methods.pool import sentence_embedder

    return sentence_embedder(model)


def calibration(
    predictions: Annotated[Path, typer.Argument(help="File of predictions, or the folder it is in.")],
    out: Out,
    config: Config = None,
    split: Split = None,
    gold: GoldFile = None,
    bins: Annotated[int, typer.Option(min=1, max=1000, help="Of the reliability diagram.")] = 15,
) -> None:
    """Show whether the scores of predictions say how often they are right."""
    from eval.stress.pages import this_command, write_report
    from eval.stress.reliability import calibrate, draw, to_markdown
    from eval.stress.stored import read_stored

    found = calibrate(read_stored(predictions, config, split, gold), bins)
    report = {"command": this_command(), "calibration": found}
    page = to_markdown(report)
    write_report(out, "calibration", report, page, draw(report))
    typer.echo(page)


def bill(
    predictions: Annotated[list[Path], typer.Argument(help="Files of predictions, or the folders they are in.")],
    out: Out,
    config: Config = None,
    split: Split = None,
    gold: GoldFile = None,
    price_in: Annotated[float | None, typer.Option(min=0, help="USD for a million tokens of prompts.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="USD for a million tokens of answers.")] = None,
    price_hour: Annotated[float | None, typer.Option(min=0, help="USD for an hour of the machine.")] = None,
) -> None:
    """Bill errors, tokens, seconds and dollars by type, language and stage."""
    from dynamicner_dataset.atomic import atomic_file
    from eval.stress.bill import Prices, make_bill
    from eval.stress.bill_report import draw, to_csv, to_markdown
    from eval.stress.pages import this_command, write_report
    from eval.stress.stored import read_stored

    given = [price_in, price_out, price_hour]
    prices = None if given == [None] * 3 else Prices(*(one or 0.0 for one in given))
    stored = [read_stored(path, config, split, gold) for path in predictions]
    if len({one.name for one in stored}) < len(stored):
        raise InputError("predictions are named twice")
    bills = {one.name: make_bill(one, prices) for one in stored}
    report = {"command": this_command(), "prices": prices._asdict() if prices else None, "bills": bills}
    page = to_markdown(report)
    with atomic_file(out / "bill.csv") as file:
        file.write(to_csv(bills))
    write_report(out, "bill", report, page, draw(report))
    typer.echo(page)


app.command("labels")(with_clear_errors(labels))
app.command("leak")(with_clear_errors(leak))
app.command("calibration")(with_clear_errors(calibration))
app.command("bill")(with_clear_errors(bill))
