"""``python -m eval leaderboard``: the page of all results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dynamicner_dataset.atomic import atomic_file


def leaderboard(
    results: Annotated[Path, typer.Option("--results", help="Folder of result.json files, at any depth.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for index.html.")],
) -> None:
    """Make the leaderboard's page from the results of submissions."""
    from eval.leaderboard.page import PAGE, render
    from eval.leaderboard.results import read_results

    found = read_results(results)
    text = render(found)
    with atomic_file(out / PAGE) as file:
        file.write(text)
    typer.echo(f"wrote {out / PAGE}: {len(found)} results")
