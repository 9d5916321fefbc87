"""``python -m eval``: measure what the models do."""

from __future__ import annotations

import json
import shlex
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.command_line import run_app, with_clear_errors
from dynamicner_dataset.corpus import read_split
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.formats import inline
from dynamicner_dataset.languages import LANGUAGES
from dynamicner_dataset.machine import describe_machine
from dynamicner_dataset.taxonomy import load_taxonomy
from eval.audit.command import audit, compare
from eval.external.command import external
from eval.leaderboard.command import leaderboard
from eval.methods.command import predict, run
from eval.stress.command import app as stress_app
from eval.submissions.command import app as submit_app
from eval.tables.command import tables

app = typer.Typer(
    help="Evaluate models on DynamicNER and on your own files.", no_args_is_help=True, add_completion=False
)
PACKAGES = ("torch", "transformers", "peft")
Adapter = Annotated[str | None, typer.Option(help="Folder or Hub id; by default the bundled one.")]


def quality(
    out: Annotated[Path, typer.Option("--out", help="JSON file; a table (.md) and a plot (.png) go beside it.")],
    files: Annotated[list[Path] | None, typer.Option("--file", help="Corpus file (.tsv) in English.")] = None,
    sentences: Annotated[int, typer.Option(help="Of each language's split; 0 for all, -1 for none.")] = 0,
    split: Annotated[str, typer.Option(help="validation, or test for a release.")] = "validation",
    base_model: Annotated[str | None, typer.Option(help="Folder or Hub id.")] = None,
    extractor: Adapter = None,
    classifier: Adapter = None,
    k: Annotated[int, typer.Option(help="Extractions that are fused.")] = 3,
    decoding: Annotated[str, typer.Option(help="greedy or whole-path.")] = "greedy",
) -> None:
    """Measure extractor, classifier and cascade, on validation in each language and on files."""
    groups = {path.stem: list(inline.read(path, "en", load_taxonomy())) for path in files or ()}
    if sentences >= 0:
        groups |= {lang: list(islice(read_split(lang, split), sentences or None)) for lang in LANGUAGES}
    if not any(groups.values()):
        raise InputError("there is nothing to measure: name a --file, or more --sentences than -1")
    from cascadener_models import CascadeNER
    from eval.quality import measure
    from eval.quality_report import draw, to_markdown

    ner = CascadeNER.from_pretrained(base_model, extractor=extractor, classifier=classifier, k=k, decoding=decoding)
    info = dict(ner.info())
    report: dict[str, Any] = {
        "title": "Quality of the adapters",
        "command": "python -m eval " + shlex.join(sys.argv[1:]),
        "machine": describe_machine(PACKAGES),
        "options": info.pop("options"),
        "models": {name: without_home(str(value)) for name, value in info.items()},
        "groups": measure(ner, groups, load_taxonomy(), tell),
    }
    with atomic_file(out) as file:
        json.dump(report, file, indent=1)
        file.write("\n")
    with atomic_file(out.with_suffix(".md")) as file:
        file.write(to_markdown(report))
    draw(report, out.with_suffix(".png"))
    typer.echo(to_markdown(report))


def demo(
    data: Annotated[Path, typer.Option("--data", help="The built dataset.")],
    sentences: Annotated[int, typer.Option(min=1, help="Of each language.")] = 1,
) -> None:
    """Run the cascade on sentences of the dataset, each with its own type list, and show entities and scores."""
    from rich.console import Console

    from cascadener_models import CascadeNER
    from eval.demo import read_rows, show

    rows = read_rows(data, sentences)
    total = show(CascadeNER.from_pretrained(), rows, Console())
    typer.echo(
        f"{len(rows)} sentences, {total.gold} mentions: precision {total.precision:.3f}, recall {total.recall:.3f}, "
        f"F1 {total.f1:.3f} (span and type); green: right, yellow: span right, red: neither"
    )


def without_home(text: str) -> str:
    """Write the home folder as ``~``: a report is read on other machines."""
    return text.replace(str(Path.home()), "~")


def tell(name: str, done: int) -> None:
    """Say on stderr how far it is."""
    sys.stderr.write(f"{name}: {done} sentences\n" if done else f"{name} ...\n")


app.command("quality")(with_clear_errors(quality))
app.command("demo")(with_clear_errors(demo))
app.command("predict")(with_clear_errors(predict))
app.command("run")(with_clear_errors(run))
app.command("tables")(with_clear_errors(tables))
app.command("audit")(with_clear_errors(audit))
app.command("compare")(with_clear_errors(compare))
app.command("external")(with_clear_errors(external))
app.command("leaderboard")(with_clear_errors(leaderboard))
app.add_typer(submit_app, name="submit")
app.add_typer(stress_app, name="stress")

if __name__ == "__main__":
    run_app(app, "python -m eval")
