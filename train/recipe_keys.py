"""What the recipes of adapters and baseline share: their common keys, and how keys are read and checked."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.taxonomy_file import read_yaml

SCHEDULES = ("cosine", "linear", "constant_with_warmup")


@dataclass(frozen=True)
class CommonRecipe:
    """The keys that every recipe has; each kind of recipe sets its own defaults.

    Attributes:
        stage: What is trained.
        base_model: A folder or Hub id.
        data: A version of the dataset, one language of it, or a file.
        few_shot: Sentences drawn from each language, stratified over types (the paper's equation 8); 0 for all.
        examples: Examples drawn from all; 0 for all.
        epochs: Passes over the examples; may end in a fraction.
        batch_size: Examples a step and device.
        accumulation: Steps whose gradients are added up before an update.
        learning_rate: The highest.
        schedule: How it falls after ``warmup``: ``cosine``, ``linear``, ``constant_with_warmup``.
        warmup: Share of the updates over which it rises.
        weight_decay: Of AdamW.
        bf16: Compute in bfloat16 (on a GPU).
        checkpoint_every: Epochs between two checkpoints; the model is validated at each.
        validation: Sentences of each language that it is validated on; 0 for all.
        patience: Validations without a better F1 after which training stops; 0 for never.
        seed: Of everything.
    """

    stage: str
    base_model: str = ""
    data: str = ""
    few_shot: int = 0
    examples: int = 0
    epochs: float = 1.0
    batch_size: int = 8
    accumulation: int = 1
    learning_rate: float = 5e-4
    schedule: str = "cosine"
    warmup: float = 0.05
    weight_decay: float = 0.01
    bf16: bool = False
    checkpoint_every: float = 1.0
    validation: int = 0
    patience: int = 0
    seed: int = 2025


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


def read_keys(path: Path, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a recipe's keys and values as the file and the changes give them.

    Raises:
        InputError: If the file is no mapping.
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise InputError("a recipe is a mapping of keys and values", path)
    return {**data, **(changes or {})}


def check_keys(data: Mapping[str, Any], recipe: type, path: Path | None) -> dict[str, Any]:
    """Return the values of a recipe class's fields, each in its type.

    Raises:
        InputError: If a key or the schedule is unknown, or a value of another type or out of its range.
    """
    kinds = {one.name: str if one.default is MISSING else type(one.default) for one in fields(recipe)}
    checked = {}
    for key, value in data.items():
        if key not in kinds:
            raise InputError(f"unknown key {key!r}{nearest(str(key), kinds)}", path)
        checked[key] = check_value(key, value, kinds[key], path)
    if checked.get("schedule", SCHEDULES[0]) not in SCHEDULES:
        raise InputError(f"schedule must be one of {', '.join(SCHEDULES)}, not {checked['schedule']!r}", path)
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
