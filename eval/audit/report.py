"""The audit as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.audit.verdict import Verdict

COLUMNS = ("scorer", "P", "R", "F1", "against ours", "why")


def rows(verdicts: Sequence[Verdict]) -> list[tuple[str, ...]]:
    """Return the cells; the gap is to the first verdict's F1, in points of 100."""
    ours = verdicts[0].f1
    return [
        (
            one.scorer,
            *(f"{figure:.3f}" for figure in (one.precision, one.recall, one.f1)),
            f"{100 * (one.f1 - ours):+.1f}" if one is not verdicts[0] else "",
            one.why,
        )
        for one in verdicts
    ]


def to_markdown(verdicts: Sequence[Verdict], title: str) -> str:
    """Return the audit as a page."""
    lines = [
        f"# {title}",
        "",
        "What each scorer says of the same predictions. The gap is in points of F1; those of the original scorer are "
        "no measure of quality.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        *(f"| {' | '.join(cells)} |" for cells in rows(verdicts)),
        "",
    ]
    return "\n".join(lines)


def to_rich(verdicts: Sequence[Verdict]) -> Any:
    """Return the audit as a table for the console."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("scorer", "why") else "right")
    for cells in rows(verdicts):
        table.add_row(*cells)
    return table
