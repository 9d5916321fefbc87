"""``python -m train``: from a recipe to an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dynamicner_dataset.command_line import clear_errors

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


@app.command()
def main(
    recipe: Annotated[Path, typer.Option(help="The recipe, a YAML file.")],
    out: Annotated[Path, typer.Option(help="Folder of the adapter; replaced when the run is done.")],
) -> None:
    """Train one adapter."""
    with clear_errors():
        from train.recipe import read_recipe

        chosen = read_recipe(recipe)
        from train.run import run

        record = run(chosen, out)
        typer.echo(f"{out}: {record['rows']} rows, {record['seconds']} s, loss {record['curve'][-1]['loss']:.3f}")


if __name__ == "__main__":
    app()
