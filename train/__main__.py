"""``python -m train``: from a recipe to an adapter."""

from __future__ import annotations

from pathlib import Path

import typer

from cascadener_models.backends.base import CLASSIFIER, EXTRACTOR
from dynamicner_dataset.command_line import read_changes, run_app, with_clear_errors
from dynamicner_dataset.errors import InputError
from train.baseline.command import baseline
from train.options import Changes, Data, Out, RecipeFile, Restart
from train.recipe import Recipe, read_recipe

app = typer.Typer(
    help="Train the adapters of the cascade. A run that was cut goes on where it was when it is started again.",
    no_args_is_help=True,
    add_completion=False,
)


def extractor(
    recipe: RecipeFile, out: Out, data: Data = None, change: Changes = None, restart: Restart = False
) -> None:
    """Train the adapter that marks mentions."""
    train(EXTRACTOR, recipe, out, data, change or [], restart)


def classifier(
    recipe: RecipeFile, out: Out, data: Data = None, change: Changes = None, restart: Restart = False
) -> None:
    """Train the adapter that names mentions."""
    train(CLASSIFIER, recipe, out, data, change or [], restart)


app.command("extractor")(with_clear_errors(extractor))
app.command("classifier")(with_clear_errors(classifier))
app.command("baseline")(with_clear_errors(baseline))


def train(stage: str, recipe: Path, out: Path, data: str | None, changes: list[str], restart: bool) -> None:
    """Read the recipe, train, and say what came of it."""
    given = read_changes(changes) | ({} if data is None else {"data": data})
    chosen = read_recipe(recipe, given)
    if chosen.stage != stage:
        raise InputError(f"is a recipe of the {chosen.stage}, not of the {stage}", recipe)
    typer.echo(describe(chosen, out))
    from train.run import run  # torch takes seconds to import

    record = run(chosen, out, restart=restart)
    typer.echo(summary(record, out))


def describe(recipe: Recipe, out: Path) -> str:
    """Return what is about to be done, in one line."""
    updates = f"{recipe.epochs:g} epochs, batches of {recipe.batch_size * recipe.accumulation}"
    return f"training the {recipe.stage} on {recipe.data}: {updates}, learning rate {recipe.learning_rate:g}, to {out}"


def summary(record: dict, out: Path) -> str:
    """Return what came of a run: its size, its time, its best validation."""
    from train.record import best_figures

    size = f"{record['answers']:,} answers, {record['steps']} updates, {record['seconds']:.0f} s"
    return f"{out}: {size}; {best_figures(record)}"


if __name__ == "__main__":
    run_app(app, "python -m train")
