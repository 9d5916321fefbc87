"""The record of a run: what went in, on what machine, what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from dynamicner_dataset.errors import InputError
from dynamicner_dataset.machine import describe_machine
from train.examples import IGNORED, Example
from train.recipe import Recipe
from train.steady import BEST, SteadyTrainer

RECORD = "record.json"
PACKAGES = ("torch", "transformers", "peft", "trl", "accelerate", "datasets")


def data_hash(examples: Sequence[Example]) -> str:
    """Return the SHA-256 of all that is learnt from, in order."""
    state = hashlib.sha256()
    for example in examples:
        state.update(json.dumps([example.id, example.input_ids, example.labels, example.branches]).encode())
    return state.hexdigest()


def plan_of(recipe: Recipe, base_model: str, examples: Sequence[Example]) -> dict[str, Any]:
    """Return what a run is known by: the same plan gives the same adapter."""
    return {"recipe": asdict(recipe), "base_model": base_model, "data_sha256": data_hash(examples)}


def describe_run(plan: dict[str, Any], examples: Sequence[Example], trainer: SteadyTrainer) -> dict[str, Any]:
    """Return the record of an adapter.

    Args:
        plan: Of :func:`plan_of`.
        examples: What was learnt from.
        trainer: When it is done.
    """
    return {
        **plan,
        "examples": len(examples),
        "answers": sum(max(1, *example.branches) for example in examples),
        "tokens": sum(len(example.input_ids) for example in examples),
        "answer_tokens": sum(label != IGNORED for example in examples for label in example.labels),
        **outcome(trainer, PACKAGES),
    }


def outcome(trainer: SteadyTrainer, packages: Sequence[str]) -> dict[str, Any]:
    """Return where a run was made, with which packages, how long it took, its loss and its validations.

    Seconds are those of training and validation, of all sessions of a resumed run.
    """
    history = trainer.state.log_history
    return {
        "machine": describe_machine(packages) | {"device": device_name()},
        "seconds": round(trainer.spent, 1),
        "steps": trainer.state.global_step,
        "curve": [{"step": log["step"], "loss": round(log["loss"], 4)} for log in history if "loss" in log],
        "validation": [
            {name.removeprefix("eval_"): round(value, 4) for name, value in log.items() if name.startswith("eval_")}
            | {"step": log["step"]}
            for log in history
            if BEST in log
        ],
    }


def best_figures(record: dict[str, Any]) -> str:
    """Return the figures of the best validation in words."""
    best = max(record["validation"], key=lambda one: one["f1"], default={})
    return ", ".join(f"{name} {value:.3f}" for name, value in best.items() if name != "step")


def device_name() -> str:
    """Return what training runs on."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return the record in a folder, or ``None``.

    Raises:
        InputError: If it is no JSON object.
    """
    path = folder / RECORD
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("is no JSON; delete the folder, or name another", path) from error
    if not isinstance(record, dict):
        raise InputError("is no JSON object; delete the folder, or name another", path)
    return record
