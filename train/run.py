"""One training run: a recipe becomes an adapter folder with its record."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig

from cascadener_models.resolution import DEFAULT_BASE_MODEL, find_model
from dynamicner_dataset.atomic import atomic_folder
from dynamicner_dataset.errors import InputError
from train.data import training_rows
from train.recipe import Recipe
from train.trainer import AnswerTrainer

PACKAGES = ("torch", "transformers", "peft", "trl", "datasets")


def run(recipe: Recipe, out: Path) -> dict[str, Any]:
    """Train an adapter into ``out`` and return the record.

    Raises:
        InputError: If there are no rows, or one is longer than the recipe allows.
        BackendError: If the base model is not found.
    """
    base = find_model(recipe.base_model or None)
    rows = training_rows(recipe)
    if not rows:
        raise InputError("the recipe selects no training rows")
    tokenizer = AutoTokenizer.from_pretrained(base.folder)
    refuse_long(rows, tokenizer, recipe.max_tokens)
    began = time.perf_counter()
    with atomic_folder(out) as folder:
        trainer = make_trainer(recipe, base.folder, tokenizer, rows, folder / "checkpoints")
        result = trainer.train()
        model = trainer.model
        model.peft_config["default"].base_model_name_or_path = recipe.base_model or DEFAULT_BASE_MODEL
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.to(torch.bfloat16)
        model.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty card
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        record = describe(recipe, rows, result.metrics, trainer.state.log_history, time.perf_counter() - began)
        (folder / "record.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record


def make_trainer(recipe: Recipe, base: Path, tokenizer: Any, rows: list[dict[str, Any]], work: Path) -> AnswerTrainer:
    """Put model, data and settings together."""
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    on_gpu = torch.cuda.is_available()
    settings = SFTConfig(
        output_dir=str(work),
        use_cpu=not on_gpu,
        bf16=on_gpu,
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_length=None,
        train_sampling_strategy="group_by_length",
        activation_checkpointing=False,
        logging_steps=10,
        save_strategy="no",
        report_to="none",
        seed=recipe.seed,
        dataset_num_proc=None,
    )
    lora = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    data = Dataset.from_list([{"prompt": row["prompt"], "completion": row["completion"]} for row in rows])
    return AnswerTrainer(model=model, args=settings, train_dataset=data, processing_class=tokenizer, peft_config=lora)


def refuse_long(rows: list[dict[str, Any]], tokenizer: Any, most: int) -> None:
    """Refuse rows over the limit, which TRL would drop or cut silently."""
    lengths = [len(ids) for ids in tokenizer([row["prompt"] + row["completion"] for row in rows])["input_ids"]]
    long = [row["id"] for row, length in zip(rows, lengths, strict=True) if length >= most]
    if long:
        raise InputError(f"{len(long)} rows have {most} tokens or more, the first {long[0]}; raise max_tokens")


def describe(
    recipe: Recipe, rows: list[dict[str, Any]], metrics: dict[str, float], history: list[Any], seconds: float
) -> dict[str, Any]:
    """Return the record of a run."""
    data = json.dumps([[row["prompt"], row["completion"]] for row in rows], ensure_ascii=False)
    return {
        "recipe": asdict(recipe),
        "rows": len(rows),
        "data_sha256": hashlib.sha256(data.encode("utf-8")).hexdigest(),
        "versions": {name: version(name) for name in PACKAGES},
        "device": "cuda" if torch.cuda.is_available() else "cpu",
        "seconds": round(seconds, 1),
        "metrics": metrics,
        "curve": [{"step": log["step"], "loss": log["loss"]} for log in history if "loss" in log],
    }
