"""transformers' Trainer on tagged words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import DataCollatorForTokenClassification, TrainingArguments

from train.baseline.encoder import Encoder, load_model
from train.baseline.examples import Example
from train.baseline.recipe import BaselineRecipe
from train.order import in_order
from train.settings import shared_settings
from train.steady import Patience, SteadyTrainer

#: Returns the figures of a model, ``f1`` among them.
ValidateModel = Callable[[Any], Mapping[str, float]]


def make_trainer(
    recipe: BaselineRecipe,
    encoder: Encoder,
    examples: Sequence[Example],
    tags: Sequence[str],
    validate: ValidateModel,
    work: Path,
) -> SteadyTrainer:
    """Return the trainer of a recipe; checkpoints go to ``work``."""
    torch.manual_seed(recipe.seed)  # before the output layer is drawn
    model = load_model(encoder, tags)
    order = in_order([len(one.input_ids) for one in examples], recipe.epochs, recipe.batch_size, recipe.seed)
    columns = [{"input_ids": one.input_ids, "labels": one.labels} for one in examples]
    data = Dataset.from_list(columns).select(order)
    return SteadyTrainer(
        model=model,
        args=make_settings(recipe, work, len(order), len(examples)),
        train_dataset=data,
        eval_dataset=data.select(range(1)),  # evaluate() runs the model on sentences instead
        processing_class=encoder.tokenizer,
        data_collator=DataCollatorForTokenClassification(encoder.tokenizer),
        callbacks=[Patience(recipe.patience)] if recipe.patience else [],
        validate=partial(validate, model),
    )


def make_settings(recipe: BaselineRecipe, work: Path, seen: int, examples: int) -> TrainingArguments:
    """Return Trainer's settings for ``seen`` examples in all, of ``examples`` an epoch."""
    return TrainingArguments(**shared_settings(recipe, work, seen, examples), report_to="none")
