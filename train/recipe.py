"""Recipes: one YAML file a model and stage; an unknown key is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cascadener_models.backends.base import CLASSIFIER, STAGES
from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.languages import LANGUAGES
from train.recipe_keys import CommonRecipe, check_keys, read_keys

#: What a recipe's ``data`` may name besides a file: both versions, or one.
BOTH, BASE, DYNAMIC = "all", "base-all", "dynamic-all"


@dataclass(frozen=True)
class Recipe(CommonRecipe):
    """How one adapter is trained.

    Attributes:
        stage: ``extractor`` or ``classifier``.
        base_model: A folder or Hub id; empty for the embedded default.
        adapter: What training starts from: ``bundled``, a folder or Hub id (its own rank counts); empty for a new one.
        data: ``base-all``, ``dynamic-all``, ``all`` (both), one language of them (``base-en``), or a file.
        progressive: Ask the classifier about base mentions level by level, else once over all fine types.
        context_free: Ask the classifier without the sentence (the paper's Table 10).
        rank: Of LoRA, on all linear layers.
        alpha: Of LoRA.
        dropout: Of LoRA.
        max_tokens: Most tokens from the beginning to the end of an answer; longer rows are refused.
        share_sentences: Whether questions about one mention share its sentence.
        vocabulary_sample: Tokens that the loss is estimated over besides the batch's own; 0 for the whole vocabulary.
    """

    data: str = BOTH
    adapter: str = ""
    progressive: bool = True
    context_free: bool = False
    rank: int = 8
    alpha: int = 32
    dropout: float = 0.05
    max_tokens: int = 4096
    share_sentences: bool = True
    vocabulary_sample: int = 0


def read_recipe(path: Path, changes: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe.

    Args:
        path: The YAML file.
        changes: Values in place of the file's.

    Raises:
        InputError: If the file is unsound, or a key unknown, of the wrong type, or out of its range.
    """
    return make_recipe(read_keys(path, changes), path)


def make_recipe(data: Mapping[str, Any], path: Path | None = None) -> Recipe:
    """Check keys, types and ranges, and return the recipe."""
    checked = check_keys(data, Recipe, path)
    if "stage" not in checked:
        raise InputError("the key 'stage' is missing", path)
    recipe = Recipe(**checked)
    if recipe.stage not in STAGES:
        raise InputError(f"stage must be one of {', '.join(STAGES)}, not {recipe.stage!r}", path)
    if recipe.context_free and recipe.stage != CLASSIFIER:
        raise InputError("context_free goes with the classifier only", path)
    check_data(recipe.data, path)
    return recipe


def check_data(data: str, path: Path | None) -> None:
    """Refuse data that is neither a known name nor a file.

    Raises:
        InputError: Naming what is there.
    """
    known = {BOTH, *(f"{version}-{name}" for version in ("base", "dynamic") for name in ("all", *LANGUAGES))}
    if data not in known and not Path(data).is_file():
        raise InputError(f"data {data!r} is no file and none of the dataset's names{nearest(data, known)}", path)
