"""``python -m eval tables``: the paper's tables and figures from stored predictions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dynamicner_dataset.atomic import atomic_file

if TYPE_CHECKING:
    from eval.tables.declared import Declared
    from eval.tables.sheet import Sheet


def tables(
    results: Annotated[Path, typer.Option("--results", help="Folder with the predictions of python -m eval run.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for .md, .tex, .csv and .png.")],
    only: Annotated[str, typer.Option("--only", help="Such as 2,4,F8; all by default.")] = "",
    newest: Annotated[bool, typer.Option("--newest", help="Of two runs for one cell take the newer.")] = False,
) -> None:
    """Make the paper's tables and figures, its figures beside ours."""
    from eval.tables.declared import chosen, read_declared

    declared = read_declared()
    sheets = build(declared, chosen(only, declared.tables), results, newest=newest)
    for sheet in sheets:
        filled = sum(cell.ours is not None for _, _, cell in sheet.all())
        typer.echo(f"{sheet.label}: {filled} of {sum(1 for _ in sheet.all())} cells have figures of ours")
    for path in [path for sheet in sheets for path in write(sheet, out)]:
        typer.echo(f"wrote {path}")


def build(declared: Declared, names: list[str], results: Path, *, newest: bool = False) -> list[Sheet]:
    """Return the tables of some names; nothing is written.

    Raises:
        InputError: If predictions cannot be used, two runs claim one cell, or runs of one table are of different data.
    """
    from eval.tables.building import Library, build_scores
    from eval.tables.costs import build_costs
    from eval.tables.dataset import BUILDERS
    from eval.tables.missing import Jobs
    from eval.tables.runs import find_runs

    library, jobs = Library(find_runs(results), declared.prices, newest), Jobs()
    of_runs = {"scores": build_scores, "costs": build_costs}
    sheets = []
    for name in names:
        spec = declared.table(name)
        if spec.builder in of_runs:
            sheets.append(of_runs[spec.builder](name, spec, library, jobs))
        else:
            sheets.append(BUILDERS[spec.builder](name, spec))
    return sheets


def write(sheet: Sheet, out: Path) -> list[Path]:
    """Write a sheet in all its forms; a picture of an earlier time that has no successor is deleted."""
    import matplotlib.pyplot as plt

    from eval.tables.comma import to_csv
    from eval.tables.latex import to_latex
    from eval.tables.markdown import to_markdown
    from eval.tables.plots import draw

    written = []
    for suffix, text in ((".md", to_markdown(sheet)), (".tex", to_latex(sheet)), (".csv", to_csv(sheet))):
        with atomic_file(out / f"{sheet.id}{suffix}") as file:
            file.write(text)
        written.append(out / f"{sheet.id}{suffix}")
    picture, path = draw(sheet), out / f"{sheet.id}.png"
    if picture is None:
        path.unlink(missing_ok=True)
        return written
    with atomic_file(path, "wb") as file:
        picture.savefig(file, format="png", metadata={"Software": None})
    plt.close(picture)
    return [*written, path]
