"""One run of the baseline: a recipe becomes a model folder with its record; a run that was cut goes on where it was."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dynamicner_dataset.atomic import atomic_folder
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.sentences import Mention
from train.baseline.data import training_sentences, validation_rows
from train.baseline.encoder import Encoder, open_encoder
from train.baseline.examples import Material, make_material
from train.baseline.pieces import Cutter
from train.baseline.predict import Tagger
from train.baseline.recipe import BaselineRecipe
from train.baseline.tags import entity_scores, fine_tags
from train.baseline.trainer import ValidateModel, make_trainer
from train.data import Row
from train.plots import draw_curve
from train.record import RECORD, outcome
from train.session import run_planned
from train.steady import SteadyTrainer

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

    def make(work: Path) -> SteadyTrainer:
        validate = make_validation(validation_rows(recipe, tagged), cutter)
        return make_trainer(recipe, encoder, material.examples, tags, validate, work)

    return run_planned(
        plan,
        out,
        make,
        lambda trainer: {**plan, **material.counts(), **outcome(trainer, PACKAGES)},
        lambda trainer, record: save(trainer, encoder, record, out),
        restart=restart,
    )


def report_long(material: Material) -> None:
    """Say which sentences are read in parts, and whether a word is."""
    counts = material.counts()
    if counts["split_sentences"]:
        logger.warning("%d sentences are longer than max_tokens; read in parts", counts["split_sentences"])
    if counts["cut_words"]:
        logger.warning("%d words are longer than max_tokens; their first pieces are read", counts["cut_words"])


def make_validation(rows: Sequence[Row], cutter: Cutter) -> ValidateModel:
    """Return what validates a model on base rows: from their text alone to mentions, as it will be used."""
    texts = [(row["text"], row["lang"]) for row in rows]
    gold = [[Mention(one["start"], one["end"], one["fine"]) for one in row["entities"]] for row in rows]

    def validate(model: Any) -> dict[str, float]:
        return entity_scores(texts, gold, Tagger(model, cutter).mentions(texts))

    return validate


def save(trainer: SteadyTrainer, encoder: Encoder, record: dict[str, Any], out: Path) -> None:
    """Write model, tokenizer, record and plot."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    with atomic_folder(out) as folder:
        model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        recipe = record["recipe"]
        title = f"{recipe['base_model']}, {recipe['learning_rate']:g}, {recipe['data']} x {recipe['epochs']:g}"
        draw_curve(record, folder / "curve.png", title)
