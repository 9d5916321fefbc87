"""``python -m train baseline``: from a recipe to a model that tags words."""

from __future__ import annotations

from pathlib import Path

import typer

from dynamicner_dataset.command_line import read_changes
from train.baseline.recipe import BaselineRecipe, read_baseline_recipe
from train.options import Changes, Data, Out, RecipeFile, Restart


def baseline(recipe: RecipeFile, out: Out, data: Data = None, change: Changes = None, restart: Restart = False) -> None:
    """Train the paper's supervised baseline: an encoder with BIO tags over the 155 fine types."""
    given = read_changes(change) | ({} if data is None else {"data": data})
    chosen = read_baseline_recipe(recipe, given)
    typer.echo(describe(chosen, out))
    from train.baseline.run import run  # torch takes seconds to import

    typer.echo(summary(run(chosen, out, restart=restart), out))


def describe(recipe: BaselineRecipe, out: Path) -> str:
    """Return what is about to be done, in one line."""
    updates = f"{recipe.epochs:g} epochs, batches of {recipe.batch_size * recipe.accumulation}"
    return (
        f"training {recipe.base_model} to tag words on {recipe.data}: {updates}, "
        f"learning rate {recipe.learning_rate:g}, to {out}"
    )


def summary(record: dict, out: Path) -> str:
    """Return what came of a run: its size, its time, its best validation, what was too long."""
    from train.record import best_figures

    long = ""
    if record["split_sentences"] or record["cut_words"]:
        long = f" ({record['split_sentences']} read in parts, {record['cut_words']} words cut)"
    size = f"{record['sentences']:,} sentences{long}, {record['steps']} updates, {record['seconds']:.0f} s"
    return f"{out}: {size}; {best_figures(record)}"
