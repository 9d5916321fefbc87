"""Finished rows: a row of the input with what was found in it, as a line of JSON, and back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from cascadener_models.command.readers import Row
from cascadener_models.results import Entity, Prediction
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.languages import LANGUAGES

#: Characters of texts after which a block is full, however few they are.
BLOCK_CHARS = 16_000


class Finished(NamedTuple):
    """One finished row: the line of JSON that stands for it, and the prediction."""

    line: str
    prediction: Prediction

    def name_and_language(self) -> tuple[str, str | None]:
        """Return the row's id (empty without) and its language (``None`` without, and where it is not one of ours)."""
        record = json.loads(self.line)
        lang = record.get("lang")
        return str(record.get("id", "")), lang if isinstance(lang, str) and lang in LANGUAGES else None


class Predictor(Protocol):
    """What this command line needs of a cascade."""

    def __call__(self, texts: list[str], types: Any = None) -> list[Prediction]:
        """Return the predictions of the texts, in their order."""
        ...

    def forget(self) -> None:
        """Forget what is kept from earlier texts."""
        ...


def in_blocks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Yield the rows in blocks, which depend on the rows alone; the last may not be full."""
    block: list[Row] = []
    for row in rows:
        block.append(row)
        if is_full(block, size):
            yield block
            block = []
    if block:
        yield block


def is_full(block: Sequence[Row], size: int) -> bool:
    """Say whether a block has ``size`` rows, or, where texts are long, ``BLOCK_CHARS`` characters."""
    return len(block) >= size or sum(len(row.text) for row in block) >= BLOCK_CHARS


def finish(ner: Predictor, rows: list[Row], types: Any, cost: bool) -> list[Finished]:
    """Return the finished rows of one block, in its order.

    Args:
        ner: The cascade.
        rows: The block.
        types: What is asked of rows that bring no type list.
        cost: Whether lines tell what each row cost.
    """
    own = any(row.types is not None for row in rows)
    asked = [types if row.types is None else list(row.types) for row in rows] if own else types
    predictions = ner([row.text for row in rows], types=asked)
    return [finished(row, prediction, cost) for row, prediction in zip(rows, predictions, strict=True)]


def finished(row: Row, prediction: Prediction, cost: bool) -> Finished:
    """Return a row with its prediction."""
    added = prediction.to_dict(cost=cost)
    del added["text"]  # stands among the row's own fields
    closing = json.dumps(added, ensure_ascii=False, allow_nan=False)[1:]
    return Finished(f"{row.opening}, {closing}\n", prediction)


def is_of(line: str, row: Row) -> bool:
    """Say whether a finished line was made of this very row."""
    return line.startswith(f'{row.opening}, "entities": [') and line.endswith("}\n")


def read_finished(path: Path) -> Iterator[Finished]:
    """Yield the finished rows of a file.

    Raises:
        InputError: With file and line, for a line that :func:`finished` did not write.
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                yield Finished(line, prediction_of(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise InputError("is no finished row; delete the file and run again", path, number) from error


def prediction_of(record: dict[str, Any]) -> Prediction:
    """Return the prediction of a finished row's record, without its cost."""
    entities = tuple(entity_of(entry) for entry in record["entities"])
    return Prediction(record["text"], entities, dropped=Counter(record.get("dropped", {})))


def entity_of(entry: dict[str, Any]) -> Entity:
    """Return the entity of its record; the inverse of :meth:`Entity.to_dict`."""
    return Entity(**(entry | {"path": tuple(entry["path"])}))
