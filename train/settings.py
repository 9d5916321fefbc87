"""The settings of transformers' Trainer that adapters and baseline share."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import torch

from train.recipe_keys import CommonRecipe
from train.steady import BEST

#: Checkpoints that are kept besides the best.
KEPT = 2


def shared_settings(recipe: CommonRecipe, work: Path, seen: int, examples: int) -> dict[str, Any]:
    """Return arguments for ``seen`` examples in all, of ``examples`` an epoch.

    Args:
        recipe: What is to be done.
        work: Folder of checkpoints and logs.
        seen: Examples of all epochs together.
        examples: Examples of one.
    """
    per_update = recipe.batch_size * recipe.accumulation * int(os.environ.get("WORLD_SIZE", "1"))
    updates = math.ceil(seen / per_update)
    between = max(1, min(updates, round(examples * recipe.checkpoint_every / per_update)))
    return {
        "output_dir": str(work),
        "use_cpu": not torch.cuda.is_available(),
        "bf16": recipe.bf16,
        "num_train_epochs": 1,  # the dataset holds all epochs one behind the other
        "per_device_train_batch_size": recipe.batch_size,
        "gradient_accumulation_steps": recipe.accumulation,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": recipe.schedule,
        "warmup_steps": min(recipe.warmup, 0.999999),  # below 1 it is a share of the updates
        "weight_decay": recipe.weight_decay,
        "logging_steps": logging_interval(between, updates),
        "logging_nan_inf_filter": False,
        "eval_strategy": "steps",
        "eval_steps": between,
        "save_strategy": "steps",
        "save_steps": between,
        "save_total_limit": KEPT,
        "load_best_model_at_end": True,
        "metric_for_best_model": BEST,
        "greater_is_better": True,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "ddp_find_unused_parameters": False,
    }


def logging_interval(between: int, updates: int) -> int:
    """Return the updates between two points of the curve.

    A checkpoint is always one of the points: the mean loss since the last point is not in a checkpoint.
    """
    most = max(1, min(10, updates // 20))
    return max(steps for steps in range(1, most + 1) if between % steps == 0)
