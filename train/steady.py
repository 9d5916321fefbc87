"""What both trainers share: a fixed order, validation by use, whole checkpoints, an end in time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainerCallback

from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.errors import InputError

#: Written into a checkpoint when all of it is on disk; holds the seconds spent so far.
COMPLETE = "complete"
#: The figure by which the best checkpoint is chosen.
BEST = "eval_f1"

#: Returns the figures of the model as it is, ``f1`` among them.
Validate = Callable[[], Mapping[str, float]]


class SteadyTrainer(Trainer):
    """Trainer whose examples come in the order of the dataset, which holds all epochs one behind the other."""

    def __init__(self, *args: Any, validate: Validate, **settings: Any) -> None:
        """Take Trainer's arguments, and what validates the model."""
        super().__init__(*args, **settings)
        self.validate = validate
        self.spent_before, self.began = 0.0, time.perf_counter()
        self.add_callback(Guard(self))

    @property
    def spent(self) -> float:
        """Seconds of training and validation, those of a cut run's checkpoint included."""
        return self.spent_before + time.perf_counter() - self.began

    def evaluate(self, *args: Any, metric_key_prefix: str = "eval", **options: Any) -> dict[str, float]:
        """Return the figures of the model run as it will be used, on the validation split."""
        was = self.model.training
        self.model.eval()
        figures = dict(self.validate()) if self.is_world_process_zero() else {}
        self.model.train(was)
        metrics = shared({f"{metric_key_prefix}_{name}": value for name, value in figures.items()})
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> SequentialSampler:
        """Return the order of the dataset."""
        return SequentialSampler(train_dataset if train_dataset is not None else self.train_dataset)


def shared(metrics: dict[str, float]) -> dict[str, float]:
    """Return the first process's figures in every process, so that all stop and save alike."""
    if not torch.distributed.is_initialized():
        return metrics
    box = [metrics]
    torch.distributed.broadcast_object_list(box)
    return box[0]


class Guard(TrainerCallback):
    """Marks whole checkpoints, and stops when the loss is no number."""

    def __init__(self, trainer: SteadyTrainer) -> None:
        self.trainer = trainer

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark the checkpoint just written."""
        if state.is_world_process_zero:
            with atomic_file(Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE) as file:
                file.write(f"{self.trainer.spent:.1f}\n")

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, float] | None = None, **_: Any) -> None:
        """Stop at a loss that is no number.

        Raises:
            InputError: Saying what is kept.
        """
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            last = last_checkpoint(Path(args.output_dir))
            kept = f"{last} is kept" if last else "there is no checkpoint yet"
            raise InputError(
                f"the loss at step {state.global_step} is {loss}; {kept}; a lower learning_rate or more warmup helps"
            )


class Patience(TrainerCallback):
    """Stops when F1 has not risen for a number of validations.

    It counts in the trainer's log, which a checkpoint holds; transformers' own callback counts in itself, and would
    begin anew after a cut.
    """

    def __init__(self, most: int) -> None:
        self.most = most

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Look how long ago the best F1 was."""
        scores = [log[BEST] for log in state.log_history if BEST in log]
        if len(scores) - 1 - scores.index(max(scores)) >= self.most:
            control.should_training_stop = True


def last_checkpoint(folder: Path) -> Path | None:
    """Return the latest checkpoint that was written to its end, or ``None``."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{COMPLETE}")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def seconds_of(checkpoint: Path | None) -> float:
    """Return the seconds that were spent up to a checkpoint."""
    return float((checkpoint / COMPLETE).read_text(encoding="utf-8")) if checkpoint else 0.0
