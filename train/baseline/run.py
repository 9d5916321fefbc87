"""One run of the baseline: a recipe becomes a model folder with its record; a run that was cut goes on where it was."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dynamicner_dataset.atomic import atomic_folder
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.machine import describe_machine
from dynamicner_dataset.sentences import Mention
from train.baseline.data import training_sentences, validation_rows
from train.baseline.encoder import Encoder, open_encoder
from train.baseline.examples import Material, make_material
from train.baseline.pieces import Cutter
from train.baseline.predict import Tagger
from train.baseline.recipe import BaselineRecipe
from train.baseline.tags import entity_scores, fine_tags
from train.baseline.trainer import BaselineTrainer, Validate, make_trainer
from train.data import Row
from train.plots import draw_curve
from train.record import RECORD, curve, device_name, read_record
from train.run import UNDER_WAY, start_work
from train.trainer import BEST, last_checkpoint, seconds_of

logger = logging.getLogger(__name__)

PACKAGES = ("torch", "transformers", "accelerate", "datasets", "seqeval")


def run(recipe: BaselineRecipe, out: Path, *, restart: bool = False) -> dict[str, Any]:
    """Train a baseline into ``out`` and return its record.

    While it runs, checkpoints are in ``OUT.training``; the same command goes on from the last whole one and gives the
    model that an uncut run gives. A finished run of the same plan is not repeated.

    Args:
        recipe: What to do.
        out: Folder of the model.
        restart: Forget an earlier run.

    Raises:
        InputError: If there are no sentences, a window is longer than the encoder reads, another run is under way
            there, or the loss is no number.
        BackendError: If the encoder is not found.
    """
    encoder = open_encoder(recipe.base_model)
    if recipe.max_tokens > encoder.most:
        raise InputError(f"max_tokens is {recipe.max_tokens}; {encoder.name} reads at most {encoder.most} at once")
    tags = fine_tags()
    tagged = training_sentences(recipe, len(tags))
    cutter = Cutter(encoder.tokenizer, recipe.max_tokens)
    material = make_material(tagged, cutter)
    report_long(material)
    plan = {"recipe": asdict(recipe), "base_model": encoder.name, "data_sha256": material.sha256()}
    done = None if restart else read_record(out)
    if done is not None and all(done.get(key) == value for key, value in plan.items()):
        return done
    work = out.with_name(out.name + UNDER_WAY)
    start_work(work, plan, restart=restart)
    validate = make_validation(validation_rows(recipe, tagged), cutter)
    trainer = make_trainer(recipe, encoder, material.examples, tags, validate, work)
    checkpoint = last_checkpoint(work)
    trainer.spent_before = seconds_of(checkpoint)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    record = describe_run(plan, material, trainer)
    if trainer.is_world_process_zero():
        save(trainer, encoder, record, out)
        shutil.rmtree(work, ignore_errors=True)
    return record


def report_long(material: Material) -> None:
    """Say which sentences are read in parts, and whether a word is."""
    counts = material.counts()
    if counts["split_sentences"]:
        logger.warning("%d sentences are longer than max_tokens; read in parts", counts["split_sentences"])
    if counts["cut_words"]:
        logger.warning("%d words are longer than max_tokens; their first pieces are read", counts["cut_words"])


def make_validation(rows: Sequence[Row], cutter: Cutter) -> Validate:
    """Return what validates a model on base rows: from their text alone to mentions, as it will be used."""
    texts = [(row["text"], row["lang"]) for row in rows]
    gold = [[Mention(one["start"], one["end"], one["fine"]) for one in row["entities"]] for row in rows]

    def validate(model: Any) -> dict[str, float]:
        return entity_scores(texts, gold, Tagger(model, cutter).mentions(texts))

    return validate


def describe_run(plan: dict[str, Any], material: Material, trainer: BaselineTrainer) -> dict[str, Any]:
    """Return the record: what went in, on what machine, what came of it."""
    history = trainer.state.log_history
    return {
        **plan,
        **material.counts(),
        "machine": describe_machine(PACKAGES) | {"device": device_name()},
        "seconds": round(trainer.spent, 1),
        "steps": trainer.state.global_step,
        "curve": curve(history, "loss"),
        "validation": [
            {name.removeprefix("eval_"): round(value, 4) for name, value in log.items() if name.startswith("eval_")}
            | {"step": log["step"]}
            for log in history
            if BEST in log
        ],
    }


def save(trainer: BaselineTrainer, encoder: Encoder, record: dict[str, Any], out: Path) -> None:
    """Write model, tokenizer, record and plot."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    with atomic_folder(out) as folder:
        model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        recipe = record["recipe"]
        title = f"{recipe['base_model']}, {recipe['learning_rate']:g}, {recipe['data']} x {recipe['epochs']:g}"
        draw_curve(record, folder / "curve.png", title)
