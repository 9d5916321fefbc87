"""transformers' Trainer on tagged words: validated by mentions, and the same result after a cut as without one."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch.utils.data import SequentialSampler
from transformers import DataCollatorForTokenClassification, Trainer, TrainingArguments

from train.baseline.encoder import Encoder, load_model
from train.baseline.examples import Example
from train.baseline.recipe import BaselineRecipe
from train.order import in_order
from train.trainer import BEST, Guard, Patience, logging_interval, shared

#: Checkpoints that are kept besides the best.
KEPT = 2

#: Returns the figures of a model as it is, ``f1`` among them.
Validate = Callable[[Any], Mapping[str, float]]


class BaselineTrainer(Trainer):
    """Trainer, but for the order of the examples, which is the dataset's, and for what validation means."""

    def __init__(self, *, validate: Validate, **settings: Any) -> None:
        """Take Trainer's arguments, and what validates the model."""
        super().__init__(**settings)
        self.validate = validate
        self.spent_before, self.began = 0.0, time.perf_counter()
        self.add_callback(Guard(self))

    @property
    def spent(self) -> float:
        """Seconds of training and validation, those of a cut run's checkpoint included."""
        return self.spent_before + time.perf_counter() - self.began

    def evaluate(self, *args: Any, metric_key_prefix: str = "eval", **options: Any) -> dict[str, float]:
        """Return the figures on the validation split."""
        was = self.model.training
        self.model.eval()
        figures = dict(self.validate(self.model)) if self.is_world_process_zero() else {}
        self.model.train(was)
        metrics = shared({f"{metric_key_prefix}_{name}": value for name, value in figures.items()})
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> SequentialSampler:
        """Return the order of the dataset."""
        return SequentialSampler(train_dataset if train_dataset is not None else self.train_dataset)


def make_trainer(
    recipe: BaselineRecipe,
    encoder: Encoder,
    examples: Sequence[Example],
    tags: Sequence[str],
    validate: Validate,
    work: Path,
) -> BaselineTrainer:
    """Return the trainer of a recipe; checkpoints go to ``work``."""
    torch.manual_seed(recipe.seed)  # before the output layer is drawn
    model = load_model(encoder, tags)
    order = in_order([len(one.input_ids) for one in examples], recipe.epochs, recipe.batch_size, recipe.seed)
    columns = [{"input_ids": one.input_ids, "labels": one.labels} for one in examples]
    data = Dataset.from_list(columns).select(order)
    return BaselineTrainer(
        model=model,
        args=make_settings(recipe, work, len(order), len(examples)),
        train_dataset=data,
        eval_dataset=data.select(range(1)),  # evaluate() runs the model on sentences instead
        processing_class=encoder.tokenizer,
        data_collator=DataCollatorForTokenClassification(encoder.tokenizer),
        callbacks=[Patience(recipe.patience)] if recipe.patience else [],
        validate=validate,
    )


def make_settings(recipe: BaselineRecipe, work: Path, seen: int, examples: int) -> TrainingArguments:
    """Return Trainer's settings for ``seen`` examples in all, of ``examples`` an epoch."""
    per_update = recipe.batch_size * recipe.accumulation * int(os.environ.get("WORLD_SIZE", "1"))
    updates = math.ceil(seen / per_update)
    between = max(1, min(updates, round(examples * recipe.checkpoint_every / per_update)))
    return TrainingArguments(
        output_dir=str(work),
        use_cpu=not torch.cuda.is_available(),
        bf16=recipe.bf16,
        num_train_epochs=1,  # the dataset holds all epochs one behind the other
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulation,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=min(recipe.warmup, 0.999999),  # below 1 it is a share of the updates
        weight_decay=recipe.weight_decay,
        logging_steps=logging_interval(between, updates),
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=between,
        save_strategy="steps",
        save_steps=between,
        save_total_limit=KEPT,
        load_best_model_at_end=True,
        metric_for_best_model=BEST,
        greater_is_better=True,
        report_to="none",
        seed=recipe.seed,
        data_seed=recipe.seed,
        ddp_find_unused_parameters=False,
    )
