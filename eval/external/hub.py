"""The door to the Hub: rows of a set, streamed, with the names of their tags in the place of numbers.

Nothing of a set is kept but what the ``datasets`` library caches. Sets that were loading scripts are read from the
Hub's own Parquet copy of them (revision ``refs/convert/parquet``), since ``datasets`` 4 runs no scripts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dynamicner_dataset.errors import InputError, first_line
from eval.external.jsonl_rows import take_row
from eval.external.tagged import Tagged

PARQUET_COPY = "refs/convert/parquet"


@dataclass(frozen=True)
class HubSource:
    """Where a set is on the Hub.

    Attributes:
        id: Owner and name.
        config: Its config.
        tag_columns: Where the tags may stand; the first that there is is taken.
        revision: Branch, tag or commit; by default the main one.
    """

    id: str
    config: str | None
    tag_columns: tuple[str, ...] = ("ner_tags",)
    revision: str | None = None


def read(source: HubSource, split: str) -> Iterator[Tagged]:
    """Yield the sentences of a split.

    Raises:
        InputError: If the Hub cannot be reached, or has no such set, config or split; with the row, if one has
            another shape than the set is known to have.
    """
    place = f"{source.id}[{split}]"
    from datasets import load_dataset

    try:
        data = load_dataset(source.id, source.config, split=split, revision=source.revision, streaming=True)
        yield from tagged_rows(data, data.features, source.tag_columns, place, split)
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        # no network, no such set; no such config or split; a script, a closed client
        problem = f"cannot be loaded from the Hub: {first_line(error)}; a local file is read with --file"
        raise InputError(problem, place) from error


def tagged_rows(
    rows: Iterable[Mapping[str, Any]],
    features: Mapping[str, Any] | None,
    columns: Sequence[str],
    place: str,
    split: str,
) -> Iterator[Tagged]:
    """Yield rows as tagged sentences; pure, so that it is tested without the Hub.

    Args:
        rows: With ``tokens`` and one of ``columns``.
        features: Of the data set, with the names of classes; ``None`` where tags are strings.
        columns: Where the tags may stand.
        place: Named in messages.
        split: Begins the ids.
    """
    names = {column: class_names(features, column) for column in columns}
    for number, row in enumerate(rows, 1):
        try:
            tokens, tags = take_row(named(row, names), columns)
        except InputError as error:
            raise InputError(error.problem, place, number) from error
        yield Tagged(f"{split}-{number:06d}", tokens, tags, place, [number] * len(tokens))


def class_names(features: Mapping[str, Any] | None, column: str) -> list[str] | None:
    """Return the names of a column's classes; ``None`` where it is no list of classes."""
    inner = getattr((features or {}).get(column), "feature", None)
    return getattr(inner, "names", None)


def named(row: Mapping[str, Any], names: Mapping[str, list[str] | None]) -> dict[str, Any]:
    """Return a row with names for numbers.

    Raises:
        InputError: If a number is none of a class.
    """
    found = dict(row)
    for column, classes in names.items():
        if classes and column in row:
            found[column] = [name_of(tag, classes, column) for tag in row[column]]
    return found


def name_of(tag: Any, classes: Sequence[str], column: str) -> Any:
    """Return the name of one tag; a string stays."""
    if isinstance(tag, str):
        return tag
    if not isinstance(tag, int) or not 0 <= tag < len(classes):
        raise InputError(f"{column!r} of the row has {tag!r}; one of the numbers 0 to {len(classes) - 1} is wanted")
    return classes[tag]
