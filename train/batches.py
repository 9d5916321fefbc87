"""Examples side by side: padding, and who sees whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from cascadener_models.backends.local.runner import FULL, SLIDING
from train.examples import IGNORED

#: Columns of an example that are padded into a batch, and with what. Padding is a branch of its own.
PADDING = {"input_ids": 0, "labels": IGNORED, "branches": -1, "position_ids": 0}


def collate(examples: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
    """Return a batch: each column of shape (examples, longest)."""
    width = max(len(example["input_ids"]) for example in examples)
    return {
        name: torch.tensor([[*example[name], *[filler] * (width - len(example[name]))] for example in examples])
        for name, filler in PADDING.items()
    }


def visible(branches: torch.Tensor) -> torch.Tensor:
    """Return who sees whom, (rows, 1, length, length): each token those before it in the stem and in its own branch.

    Args:
        branches: Number of each token's branch, (rows, length); 0 is the stem, -1 padding.
    """
    length = branches.shape[1]
    same = branches[:, :, None] == branches[:, None, :]
    stem = (branches == 0)[:, None, :]
    earlier = torch.ones((length, length), dtype=torch.bool, device=branches.device).tril()
    return ((same | stem) & earlier)[:, None]


def masks_for(config: Any, branches: torch.Tensor, positions: torch.Tensor) -> torch.Tensor | dict[str, torch.Tensor]:
    """Return :func:`visible` in the form that a transformers model of this config takes, sliding windows included."""
    full = visible(branches)
    kinds = set(getattr(config, "layer_types", None) or ())
    window = getattr(config, "sliding_window", None)
    if SLIDING not in kinds and (kinds or window is None):
        return full
    near = full
    if window is not None and branches.shape[1] > window:
        near = full & ((positions[:, :, None] - positions[:, None, :]) < window)[:, None]
    return {FULL: full, SLIDING: near} if kinds else near
