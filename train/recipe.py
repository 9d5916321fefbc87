"""Recipes: one YAML file a model and stage; an unknown key is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cascadener_models.backends.base import STAGES
from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.taxonomy_file import read_yaml


@dataclass(frozen=True)
class Recipe:
    """How one adapter is trained.

    Attributes:
        stage: ``extractor`` or ``classifier``.
        base_model: A folder or Hub id; empty for the embedded default.
        sentences_per_language: Sentences of the train split taken from each language; 0 for all.
        questions: Questions to the classifier, drawn from all of theirs; 0 for all.
        epochs: Passes over the data.
        batch_size: Rows a step.
        learning_rate: Highest learning rate; it rises over ``warmup`` of the steps and falls as a cosine.
        warmup: Share of the steps.
        weight_decay: Of AdamW.
        rank: Of LoRA, on all linear layers.
        alpha: Of LoRA.
        dropout: Of LoRA.
        max_tokens: Longest row; longer ones are refused.
        seed: Of everything.
    """

    stage: str
    base_model: str = ""
    sentences_per_language: int = 0
    questions: int = 0
    epochs: float = 1.0
    batch_size: int = 8
    learning_rate: float = 5e-4
    warmup: float = 0.05
    weight_decay: float = 0.01
    rank: int = 8
    alpha: int = 32
    dropout: float = 0.05
    max_tokens: int = 4096
    seed: int = 2025

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise InputError(f"stage must be one of {', '.join(STAGES)}, not {self.stage!r}")


def read_recipe(path: Path, changes: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe.

    Args:
        path: The YAML file.
        changes: Values in place of the file's.

    Raises:
        InputError: If the file is unsound, or a key unknown or of the wrong type.
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise InputError("a recipe is a mapping", path)
    return make_recipe({**data, **(changes or {})}, path)


def make_recipe(data: Mapping[str, Any], path: Path) -> Recipe:
    """Check keys and types, and return the recipe."""
    known = {one.name: type(one.default) for one in fields(Recipe)} | {"stage": str}
    checked = {}
    for key, value in data.items():
        if key not in known:
            raise InputError(f"unknown key {key!r}{nearest(str(key), known)}", path)
        wanted = known[key]
        if isinstance(value, bool) or not isinstance(value, (int, float) if wanted is float else wanted):
            raise InputError(f"{key} must be of type {wanted.__name__}, not {value!r}", path)
        checked[key] = wanted(value)
    if "stage" not in checked:
        raise InputError("the key 'stage' is missing", path)
    return Recipe(**checked)
