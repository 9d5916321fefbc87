"""Recipes: one YAML file a model and stage; an unknown key is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from cascadener_models.backends.base import CLASSIFIER, STAGES
from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.languages import LANGUAGES
from dynamicner_dataset.taxonomy_file import read_yaml

#: What a recipe's ``data`` may name besides a file: both versions, or one.
BOTH, BASE, DYNAMIC = "all", "base-all", "dynamic-all"
SCHEDULES = ("cosine", "linear", "constant_with_warmup")


@dataclass(frozen=True)
class Recipe:
    """How one adapter is trained.

    Attributes:
        stage: ``extractor`` or ``classifier``.
        base_model: A folder or Hub id; empty for the embedded default.
        adapter: What training starts from: ``bundled``, a folder or Hub id (its own rank counts); empty for a new one.
        data: ``base-all``, ``dynamic-all``, ``all`` (both), one language of them (``base-en``), or a file.
        progressive: Ask the classifier about base mentions level by level, else once over all fine types.
        context_free: Ask the classifier without the sentence (the paper's Table 10).
        few_shot: Sentences drawn from each language, stratified over types (the paper's equation 8); 0 for all.
        examples: Examples drawn from all; 0 for all.
        epochs: Passes over the examples; may end in a fraction.
        batch_size: Examples a step and device.
        accumulation: Steps whose gradients are added up before an update.
        learning_rate: The highest.
        schedule: How it falls after ``warmup``: ``cosine``, ``linear``, ``constant_with_warmup``.
        warmup: Share of the updates over which it rises.
        weight_decay: Of AdamW.
        rank: Of LoRA, on all linear layers.
        alpha: Of LoRA.
        dropout: Of LoRA.
        max_tokens: Most tokens from the beginning to the end of an answer; longer rows are refused.
        share_sentences: Whether questions about one mention share its sentence.
        vocabulary_sample: Tokens that the loss is estimated over besides the batch's own; 0 for the whole vocabulary.
        bf16: Compute in bfloat16 (on a GPU).
        checkpoint_every: Epochs between two checkpoints; the adapter is validated at each.
        validation: Sentences of each language that it is validated on; 0 for all.
        patience: Validations without a better F1 after which training stops; 0 for never.
        seed: Of everything.
    """

    stage: str
    base_model: str = ""
    adapter: str = ""
    data: str = BOTH
    progressive: bool = True
    context_free: bool = False
    few_shot: int = 0
    examples: int = 0
    epochs: float = 1.0
    batch_size: int = 8
    accumulation: int = 1
    learning_rate: float = 5e-4
    schedule: str = "cosine"
    warmup: float = 0.05
    weight_decay: float = 0.01
    rank: int = 8
    alpha: int = 32
    dropout: float = 0.05
    max_tokens: int = 4096
    share_sentences: bool = True
    vocabulary_sample: int = 0
    bf16: bool = False
    checkpoint_every: float = 1.0
    validation: int = 0
    patience: int = 0
    seed: int = 2025

    def to_yaml(self) -> str:
        """Return the recipe as a file would hold it."""
        return yaml.safe_dump(asdict(self), sort_keys=False)


#: Least and most of what must lie in a range.
RANGES: dict[str, tuple[float, float]] = {
    "few_shot": (0, 10**6),
    "examples": (0, 10**9),
    "epochs": (1e-6, 10_000),
    "batch_size": (1, 100_000),
    "accumulation": (1, 100_000),
    "learning_rate": (0, 1),
    "warmup": (0, 1),
    "weight_decay": (0, 1),
    "rank": (1, 1024),
    "alpha": (1, 4096),
    "dropout": (0, 0.99),
    "max_tokens": (8, 10**6),
    "vocabulary_sample": (0, 10**7),
    "checkpoint_every": (1e-6, 10_000),
    "validation": (0, 10**6),
    "patience": (0, 10_000),
    "seed": (0, 2**32 - 1),
}


def read_recipe(path: Path, changes: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe.

    Args:
        path: The YAML file.
        changes: Values in place of the file's.

    Raises:
        InputError: If the file is unsound, or a key unknown, of the wrong type, or out of its range.
    """
    return make_recipe(read_keys(path, changes), path)


def read_keys(path: Path, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a recipe's keys and values as the file and the changes give them.

    Raises:
        InputError: If the file is no mapping.
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise InputError("a recipe is a mapping of keys and values", path)
    return {**data, **(changes or {})}


def read_change(text: str) -> tuple[str, Any]:
    """Read one ``key=value`` of the command line; the value is YAML.

    Raises:
        InputError: If it is none.
    """
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise InputError(f"--set {text!r}: key=value is wanted, such as epochs=2")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise InputError(f"--set {text!r}: the value is no YAML") from error


def make_recipe(data: Mapping[str, Any], path: Path | None = None) -> Recipe:
    """Check keys, types and ranges, and return the recipe."""
    checked = check_keys(data, Recipe, path)
    if "stage" not in checked:
        raise InputError("the key 'stage' is missing", path)
    recipe = Recipe(**checked)
    choices = {"stage": STAGES, "schedule": SCHEDULES}
    for key, known in choices.items():
        if getattr(recipe, key) not in known:
            raise InputError(f"{key} must be one of {', '.join(known)}, not {getattr(recipe, key)!r}", path)
    if recipe.context_free and recipe.stage != CLASSIFIER:
        raise InputError("context_free goes with the classifier only", path)
    check_data(recipe.data, path)
    return recipe


def check_keys(data: Mapping[str, Any], recipe: type, path: Path | None) -> dict[str, Any]:
    """Return the values of a recipe class's fields, each in its type.

    Raises:
        InputError: If a key is unknown, or a value of another type or out of its range.
    """
    kinds = {one.name: str if one.default is MISSING else type(one.default) for one in fields(recipe)}
    checked = {}
    for key, value in data.items():
        if key not in kinds:
            raise InputError(f"unknown key {key!r}{nearest(str(key), kinds)}", path)
        checked[key] = check_value(key, value, kinds[key], path)
    return checked


def check_value(key: str, value: Any, kind: type, path: Path | None) -> Any:
    """Return a value in its type.

    Raises:
        InputError: If it has another type, or lies out of its range.
    """
    if isinstance(value, str) and kind is float:  # YAML reads 1e-4 as a string
        with contextlib.suppress(ValueError):
            value = float(value)
    allowed = (int, float) if kind is float else kind
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, allowed):
        raise InputError(f"{key} must be of type {kind.__name__}, not {value!r}", path)
    low, high = RANGES.get(key, (value, value))
    if not low <= value <= high:
        raise InputError(f"{key} must lie between {low:g} and {high:g}, not {value!r}", path)
    return kind(value)


def check_data(data: str, path: Path | None) -> None:
    """Refuse data that is neither a known name nor a file.

    Raises:
        InputError: Naming what is there.
    """
    known = {BOTH, *(f"{version}-{name}" for version in ("base", "dynamic") for name in ("all", *LANGUAGES))}
    if data not in known and not Path(data).is_file():
        raise InputError(f"data {data!r} is no file and none of the dataset's names{nearest(data, known)}", path)
