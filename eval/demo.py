"""The demonstration: sentences of the built dataset, each with its own type list, through the cascade."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from datasets import load_dataset
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cascadener_models import CascadeNER
from cascadener_models.results import Entity, Prediction
from dynamicner_dataset.counts import Counts, count
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.languages import LANGUAGES

Row = dict[str, Any]
SPLIT = "validation"


def read_rows(data: Path, per_language: int) -> list[Row]:
    """Return the first dynamic rows of each language in a built dataset.

    Raises:
        InputError: If there is none.
    """
    if not data.is_dir():
        raise InputError("is no folder; build the dataset first (make dataset)", data)
    rows: list[Row] = []
    for lang in LANGUAGES:
        try:
            rows += load_dataset(str(data), f"dynamic-{lang}", split=f"{SPLIT}[:{per_language}]")
        except ValueError as error:
            raise InputError(f"holds no config dynamic-{lang}; build the dataset anew (make dataset)", data) from error
    return rows


def show(ner: CascadeNER, rows: Sequence[Row], console: Console) -> Counts:
    """Print what is found in each row beside what is to be found, and return the counts of strict matching."""
    table = Table(show_lines=True, box=None, padding=(0, 1))
    for title in ("", "sentence and what is found in it", "what was missed"):
        table.add_column(title, overflow="fold")
    total = Counts()
    predictions = ner([row["text"] for row in rows], types=[row["types"] for row in rows])
    for row, prediction in zip(rows, predictions, strict=True):
        gold = {(one["start"], one["end"], one["label"]) for one in row["entities"]}
        found = {(one.start, one.end, one.type) for one in prediction.entities}
        total += count(found, gold)
        missed = [one for one in row["entities"] if (one["start"], one["end"], one["label"]) not in found]
        table.add_row(
            row["lang"],
            Text.assemble(row["text"], "\n", *entity_lines(prediction, gold)),
            Text("\n".join(f"{one['text']}: {one['label']}" for one in missed), style="dim"),
        )
    console.print(table)
    return total


def entity_lines(prediction: Prediction, gold: set[tuple[int, int, str]]) -> Iterator[tuple[str, str]]:
    """Yield a line for each entity, green if it is right."""
    for entity in prediction.entities:
        right = (entity.start, entity.end, entity.type) in gold
        yield f"  {entity.score:.2f} {entity.text} → {entity.type}\n", "green" if right else style_of(entity, gold)


def style_of(entity: Entity, gold: set[tuple[int, int, str]]) -> str:
    """Return the colour of a wrong entity: yellow if its span is right, else red."""
    return "yellow" if any((entity.start, entity.end) == one[:2] for one in gold) else "red"
