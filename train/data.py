"""Training rows of a stage: prompt and completion, from the packaged dataset, or from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from build.derived.kshot import carriers_of, needs_for_total, sample
from build.derived.sft import Form, base_classifier_rows, dynamic_classifier_rows, extractor_rows
from cascadener_models.backends.base import EXTRACTOR
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.formats import inline
from dynamicner_dataset.languages import LANGUAGES
from dynamicner_dataset.loader import load
from dynamicner_dataset.rows import base_row
from dynamicner_dataset.taxonomy import load_taxonomy
from dynamicner_dataset.textlines import read_lines
from train.examples import missing_part
from train.recipe import BOTH, Recipe
from train.recipe_keys import CommonRecipe

Row = dict[str, Any]
#: Ending of files with inline markup.
CORPUS_FILE = ".tsv"


def training_rows(recipe: Recipe) -> list[Row]:
    """Return rows with ``prompt`` and ``completion``.

    The extractor learns from sentences, of whichever version. The classifier learns from base mentions (level by level,
    or once over all fine types) and from each dynamic sentence's own list.

    Raises:
        InputError: If a file is unsound.
    """
    if Path(recipe.data).is_file():
        return list(rows_of_file(Path(recipe.data), recipe))
    langs = languages_of(recipe.data)
    versions = ("base", "dynamic") if recipe.data == BOTH else (recipe.data.partition("-")[0],)
    if recipe.stage == EXTRACTOR:
        versions = versions[:1]
    chosen = few_shot_keys(langs, recipe) if recipe.few_shot else None
    rows: list[Row] = []
    for one in versions:
        rows += stage_rows(list(sentences(one, langs, "train", chosen)), recipe)
    return rows


def languages_of(data: str) -> tuple[str, ...]:
    """Return the languages of a name such as ``all``, ``base-all`` or ``dynamic-en``; of a file's, all.

    >>> languages_of("dynamic-en")
    ('en',)
    """
    name = data.partition("-")[2]
    return (name,) if name in LANGUAGES else tuple(LANGUAGES)


def stage_rows(rows: list[Row], recipe: Recipe) -> Iterator[Row]:
    """Yield the questions that sentences give."""
    form = Form(context_free=recipe.context_free)
    if recipe.stage == EXTRACTOR:
        return extractor_rows(rows, form)
    if rows and "types" in rows[0]:
        return dynamic_classifier_rows(rows, form)
    return base_classifier_rows(rows, load_taxonomy(), progressive=recipe.progressive, form=form)


def sentences(version: str, langs: Iterable[str], split: str, chosen: set[tuple[str, str]] | None) -> Iterator[Row]:
    """Yield the rows of a split, or of it those that are chosen."""
    for lang in langs:
        for row in load(f"{version}-{lang}", split=split, streaming=True):
            if chosen is None or (row["lang"], row["id"]) in chosen:
                yield row


def few_shot_keys(langs: Iterable[str], recipe: CommonRecipe) -> set[tuple[str, str]]:
    """Return the sentences of a stratified sample of each language (paper, equation 8)."""
    keys: set[tuple[str, str]] = set()
    for lang in langs:
        carriers = carriers_of(sentences("base", [lang], "train", None))
        needs = needs_for_total({name: len(found) for name, found in carriers.items()}, recipe.few_shot)
        keys |= set(sample(carriers, needs, seed=recipe.seed))
    return keys


def rows_of_file(path: Path, recipe: Recipe) -> Iterator[Row]:
    """Yield rows of a corpus file (``.tsv``), or of a JSON Lines file: with prompt and completion, base or dynamic.

    Raises:
        InputError: With file and line.
    """
    if path.suffix == CORPUS_FILE:  # questions are the same in every language
        taxonomy = load_taxonomy()
        marked = inline.read(path, "en", taxonomy)
        yield from stage_rows([base_row(sentence, taxonomy) for sentence in marked], recipe)
        return
    for number, row in json_rows(path):
        yield from rows_of_line(row, recipe, path, number)


def json_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield line number and object of each line of a JSON Lines file.

    Raises:
        InputError: With file and line.
    """
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError("is no JSON", path, number) from error
        if not isinstance(row, dict):
            raise InputError("is no JSON object", path, number)
        yield number, row


def rows_of_line(row: Row, recipe: Recipe, path: Path, number: int) -> Iterator[Row]:
    """Yield the training rows that one line gives."""
    if "prompt" in row or "completion" in row:
        if row.get("stage", recipe.stage) == recipe.stage:
            if lacking := missing_part(row):
                raise InputError(f"has no {lacking}; a string is wanted there", path, number)
            yield {"id": str(number)} | row
        return
    try:
        yield from stage_rows([row], recipe)
    except InputError as error:
        raise InputError(error.problem, path, number) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"is neither a row with prompt and completion nor a row of the dataset ({error!r})", path, number
        ) from error
