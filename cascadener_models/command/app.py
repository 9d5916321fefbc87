"""The commands of ``cascadener``, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from cascadener_models.command import estimate, info, models, predict
from cascadener_models.command.choices import package_version
from cascadener_models.command.options import spread
from dynamicner_dataset.command_line import run_app, with_clear_errors


def new_app(text: str) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(help=text, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


app = new_app(
    "Find named entities of your own types, with CascadeNER: an extractor marks the mentions, a classifier gives each "
    "one of the types you list."
)
model_app = new_app("Base models in the local cache.")
app.add_typer(model_app, name="models")
app.command("predict")(with_clear_errors(spread(predict.command)))
app.command("estimate")(with_clear_errors(spread(estimate.command)))
app.command("info")(with_clear_errors(spread(info.command)))
model_app.command("pull")(with_clear_errors(models.pull_command))


def show_version(wanted: bool) -> None:
    """Print the version of the package and leave."""
    if wanted:
        typer.echo(f"cascadener {package_version() or '(not installed)'}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command line."""
    run_app(app, "cascadener")
