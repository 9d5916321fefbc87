"""Training rows of a stage, from the packaged dataset's train split."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from build.derived.sft import base_classifier_rows, dynamic_classifier_rows, extractor_rows
from cascadener_models.backends.base import EXTRACTOR
from dynamicner_dataset.languages import LANGUAGES
from dynamicner_dataset.loader import load
from dynamicner_dataset.taxonomy import load_taxonomy
from train.recipe import Recipe


def training_rows(recipe: Recipe, split: str = "train") -> list[dict[str, Any]]:
    """Return rows with ``prompt`` and ``completion``, shuffled by the recipe's seed.

    The extractor learns from base sentences. The classifier learns from both versions: the progressive questions of
    base mentions (coarse, medium, fine), and each dynamic sentence's own list.
    """
    base = list(sentences(recipe, "base", split))
    if recipe.stage == EXTRACTOR:
        rows = list(extractor_rows(base))
    else:
        rows = list(base_classifier_rows(base, load_taxonomy(), progressive=True))
        rows += dynamic_classifier_rows(sentences(recipe, "dynamic", split))
    random.Random(recipe.seed).shuffle(rows)
    return rows[: recipe.questions or None] if recipe.stage != EXTRACTOR else rows


def sentences(recipe: Recipe, version: str, split: str) -> Iterator[dict[str, Any]]:
    """Yield the first sentences of each language."""
    for lang in LANGUAGES:
        rows: Iterable[dict[str, Any]] = load(f"{version}-{lang}", split=split, streaming=True)
        yield from islice(rows, recipe.sentences_per_language or None)
