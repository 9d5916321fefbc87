"""A run that is cut and goes on: the plan it is known by, its folder of checkpoints, the model and record it leaves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.errors import InputError
from train.record import read_record
from train.steady import SteadyTrainer, last_checkpoint, seconds_of

#: What the folder of a run that is under way is called after its output.
UNDER_WAY = ".training"
PLAN = "plan.json"

Record = dict[str, Any]


def run_planned(
    plan: dict[str, Any],
    out: Path,
    make: Callable[[Path], SteadyTrainer],
    describe: Callable[[SteadyTrainer], Record],
    save: Callable[[SteadyTrainer, Record], None],
    *,
    restart: bool,
) -> Record:
    """Carry out a plan, or what is left of it, and return the record.

    Args:
        plan: What the run is known by: the same plan gives the same model.
        out: Folder of the model.
        make: Returns the trainer, given the folder of checkpoints.
        describe: Returns the record of a trainer that is done.
        save: Writes model and record.
        restart: Forget an earlier run.

    Raises:
        InputError: If another run is under way there, or the loss is no number.
    """
    done = None if restart else read_record(out)
    if done is not None and all(done.get(key) == value for key, value in plan.items()):
        return done
    work = out.with_name(out.name + UNDER_WAY)
    start_work(work, plan, restart=restart)
    trainer = make(work)
    checkpoint = last_checkpoint(work)
    trainer.spent_before = seconds_of(checkpoint)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    record = describe(trainer)
    if trainer.is_world_process_zero():
        save(trainer, record)
        shutil.rmtree(work, ignore_errors=True)
    return record


def start_work(work: Path, plan: dict[str, Any], *, restart: bool) -> None:
    """Make the folder of checkpoints, or see that the one there is of the same plan.

    Raises:
        InputError: If it is of another plan.
    """
    if restart:
        shutil.rmtree(work, ignore_errors=True)
    earlier = work / PLAN
    if earlier.exists() and json.loads(earlier.read_text(encoding="utf-8")) != plan:
        raise InputError(
            "a run with another recipe, model or data was cut here; go on with that one, or say --restart", work
        )
    with atomic_file(earlier) as file:
        json.dump(plan, file, indent=1)
