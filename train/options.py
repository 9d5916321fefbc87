"""The options that all commands of ``python -m train`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecipeFile = Annotated[Path, typer.Option("--recipe", help="The recipe, a YAML file.")]
Out = Annotated[Path, typer.Option("--out", help="Folder of the model; replaced when the run is done.")]
Data = Annotated[str | None, typer.Option("--data", help="base-all, dynamic-all, all, base-en, ..., or a JSONL file.")]
Changes = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="In place of the recipe's.")]
Restart = Annotated[bool, typer.Option("--restart", help="Forget an earlier run instead of going on with it.")]
