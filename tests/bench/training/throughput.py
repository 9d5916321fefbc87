"""Tokens a second of one epoch on the same rows: TRL's SFTTrainer as it comes, and ours."""

from __future__ import annotations

import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

from cascadener_models.backends.base import CLASSIFIER, EXTRACTOR
from cascadener_models.prompts import split_question
from train.data import Row, training_rows
from train.examples import make_examples
from train.recipe import Recipe, make_recipe
from train.run import open_base
from train.setup import Base, make_trainer

#: Rows of the extractor; mentions of the classifier, each with four questions.
SIZES = {EXTRACTOR: 24, CLASSIFIER: 8}
BATCH = 8


def measure() -> dict[str, Any]:
    """Return both stages' figures."""
    return {stage: measure_stage(stage) for stage in (EXTRACTOR, CLASSIFIER)}


def measure_stage(stage: str) -> dict[str, Any]:
    """Return seconds and tokens a second of each way; tokens are those of the rows, each counted whole."""
    recipe = make_recipe(
        {"stage": stage, "batch_size": BATCH, "vocabulary_sample": 4096, "dropout": 0.0, "validation": 1}
    )
    base = open_base(recipe)
    rows = some_rows(recipe, SIZES[stage])
    tokens = sum(len(one.input_ids) + 1 for one in make_examples(rows, base.template, shared=False))
    full = make_recipe({"stage": stage, "batch_size": BATCH, "dropout": 0.0, "validation": 1})
    ways = {
        "TRL's defaults": lambda work: trl_trainer(base, rows, work),
        "ours, whole vocabulary": lambda work: our_trainer(full, base, rows, work),
        "ours, vocabulary sampled": lambda work: our_trainer(recipe, base, rows, work),
    }
    found = {}
    for name, make in ways.items():
        with tempfile.TemporaryDirectory() as work:
            trainer = make(Path(work))
            began = time.perf_counter()
            trainer.train()
            seconds = time.perf_counter() - began
        found[name] = {"seconds": round(seconds, 1), "tokens_a_second": round(tokens / seconds, 1)}
    return {"rows": len(rows), "tokens": tokens, "ways": found}


def some_rows(recipe: Recipe, count: int) -> list[Row]:
    """Return the first rows, of the classifier all questions about the first mentions."""
    rows = training_rows(recipe)
    step = max(1, len(rows) // count)
    if recipe.stage == EXTRACTOR:
        return rows[::step][:count]
    stems: dict[tuple[str, str], None] = {}
    for row in rows[::step]:
        stems.setdefault(mention_of(row))
    chosen = set(islice(stems, count))
    return [row for row in rows if mention_of(row) in chosen]


def mention_of(row: Row) -> tuple[str, str]:
    """Return what the questions about one mention have in common."""
    return row["id"], split_question(row["prompt"])[0]


def trl_trainer(base: Base, rows: list[Row], work: Path) -> SFTTrainer:
    """Return TRL's trainer with its defaults, but for the device and the same adapter."""
    torch.manual_seed(0)
    data = Dataset.from_list([{"prompt": row["prompt"], "completion": row["completion"]} for row in rows])
    lora = LoraConfig(r=8, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    return SFTTrainer(
        model=get_peft_model(load(base), lora),
        args=SFTConfig(
            output_dir=str(work),
            use_cpu=not torch.cuda.is_available(),
            bf16=torch.cuda.is_available(),
            num_train_epochs=1,
            save_strategy="no",
            report_to="none",
        ),
        train_dataset=data,
        processing_class=AutoTokenizer.from_pretrained(base.folder),
    )


def load(base: Base) -> Any:
    """Return the base model."""
    return AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32, local_files_only=True)


def our_trainer(recipe: Recipe, base: Base, rows: list[Row], work: Path) -> SFTTrainer:
    """Return our trainer without validation and checkpoints, which TRL's defaults have not either."""
    trainer = make_trainer(recipe, base, make_examples(rows, base.template), work)
    trainer.args.eval_strategy = trainer.args.save_strategy = "no"
    trainer.args.load_best_model_at_end = False
    return trainer
