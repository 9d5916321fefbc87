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


def describe_run(
    plan: dict[str, Any], examples: Sequence[Example], history: Sequence[dict[str, Any]], steps: int, seconds: float
) -> dict[str, Any]:
    """Return the record.

    Args:
        plan: Of :func:`plan_of`.
        examples: What was learnt from.
        history: The trainer's log.
        steps: Updates made.
        seconds: Time of training and validation, of all sessions of a resumed run.
    """
    return {
        **plan,
        "examples": len(examples),
        "answers": sum(max(1, *example.branches) for example in examples),
        "tokens": sum(len(example.input_ids) for example in examples),
        "answer_tokens": sum(label != IGNORED for example in examples for label in example.labels),
        "machine": describe_machine(PACKAGES) | {"device": device_name()},
        "seconds": round(seconds, 1),
        "steps": steps,
        "curve": curve(history, "loss"),
        "validation": [
            {name.removeprefix("eval_"): round(value, 4) for name, value in log.items() if name.startswith("eval_")}
            | {"step": log["step"]}
            for log in history
            if "eval_f1" in log
        ],
    }


def curve(history: Sequence[dict[str, Any]], name: str) -> list[dict[str, float]]:
    """Return one figure of the log by step."""
    return [{"step": log["step"], name: round(log[name], 4)} for log in history if name in log]


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
