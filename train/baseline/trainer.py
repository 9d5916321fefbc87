"""transformers' Trainer on tagged words: validated by mentions, and the same result after a cut as without one."""

from __future__ import annotations

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
from train.settings import shared_settings
from train.trainer import Guard, Patience, shared

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
    return TrainingArguments(**shared_settings(recipe, work, seen, examples), report_to="none")
