"""One training run: a recipe becomes an adapter folder with its record; a run that was cut goes on where it was."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from cascadener_models.backends.local.loading import read_settings, read_tokenizer
from cascadener_models.backends.local.prompting import Template, Templates
from cascadener_models.resolution import DEFAULT_BASE_MODEL, find_model
from dynamicner_dataset.atomic import atomic_folder, current_umask
from dynamicner_dataset.errors import InputError
from train.data import training_rows
from train.examples import Example, make_examples
from train.plots import draw_curve
from train.recipe import Recipe
from train.record import RECORD, describe_run, plan_of
from train.session import run_planned
from train.setup import Base, make_trainer
from train.steady import SteadyTrainer

#: Rows over the limit that are listed.
LISTED = 5


def run(recipe: Recipe, out: Path, *, restart: bool = False) -> dict[str, Any]:
    """Train an adapter into ``out`` and return its record.

    While it runs, checkpoints are in ``OUT.training``; the same command goes on from the last whole one and gives the
    adapter that an uncut run gives. A finished run of the same plan is not repeated.

    Args:
        recipe: What to do.
        out: Folder of the adapter.
        restart: Forget an earlier run.

    Raises:
        InputError: If there are no rows, one is longer than the recipe allows, another run is under way there, or the
            loss is no number.
        BackendError: If the base model is not found.
    """
    base = open_base(recipe)
    examples = make_training_examples(recipe, base.template)
    plan = plan_of(recipe, base.name, examples)
    return run_planned(
        plan,
        out,
        lambda work: make_trainer(recipe, base, examples, work),
        lambda trainer: describe_run(plan, examples, trainer),
        lambda trainer, record: save(trainer, record, out),
        restart=restart,
    )


def open_base(recipe: Recipe) -> Base:
    """Return the base model's folder, tokenizer and template.

    Raises:
        BackendError: If it is not found, or its tokenizer is unsound.
    """
    found = find_model(recipe.base_model or None)
    tokenizer, vocabulary = read_tokenizer(found.folder)
    settings = read_settings(found.folder / "tokenizer_config.json")
    template = Templates(tokenizer, vocabulary, dict(settings), found.folder).make()
    return Base(recipe.base_model or DEFAULT_BASE_MODEL, found.folder, tokenizer, vocabulary, settings, template)


def make_training_examples(recipe: Recipe, template: Template) -> list[Example]:
    """Return the examples that a recipe selects.

    Raises:
        InputError: If there are none, or some are too long.
    """
    examples = make_examples(training_rows(recipe), template, shared=recipe.share_sentences)
    if recipe.examples:
        examples = random.Random(recipe.seed).sample(examples, min(recipe.examples, len(examples)))
    if not examples:
        raise InputError(f"data {recipe.data!r} gives no {recipe.stage} rows")
    refuse_long(examples, recipe.max_tokens)
    return examples


def refuse_long(examples: Sequence[Example], most: int) -> None:
    """Refuse examples over the limit, which would have to be cut.

    Raises:
        InputError: With their number and the first of them.
    """
    long = [example for example in examples if example.longest > most]
    if long:
        named = ", ".join(f"{example.id} ({example.longest})" for example in long[:LISTED])
        more = ", ..." if len(long) > LISTED else ""
        raise InputError(
            f"{len(long)} examples have over {most} tokens: {named}{more}; raise max_tokens or leave them out"
        )


def title_of(record: dict[str, Any]) -> str:
    """Return what is written over the plot."""
    recipe = record["recipe"]
    return (
        f"{recipe['stage']}, {record['base_model']}: r={recipe['rank']}, {recipe['learning_rate']:g}, "
        f"{record['examples']:,} examples x {recipe['epochs']:g}"
    )


def save(trainer: SteadyTrainer, record: dict[str, Any], out: Path) -> None:
    """Write the adapter in bfloat16, its record and its plot."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    model.peft_config["default"].base_model_name_or_path = record["base_model"]
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.bfloat16)
    with atomic_folder(out) as folder:
        model.save_pretrained(folder, save_embedding_layers=False)  # else PEFT asks the Hub about the base model
        for path in folder.iterdir():
            path.chmod(0o666 & ~current_umask())  # safetensors makes its files private
        (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty card
        (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        draw_curve(record, folder / "curve.png", title_of(record))
