"""Model, data and settings put together into a trainer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.integrations import is_tensorboard_available
from trl import SFTConfig

from cascadener_models.backends.base import EXTRACTOR
from cascadener_models.backends.local.backend import LocalBackend
from cascadener_models.backends.local.loading import Loaded, add_adapter
from cascadener_models.backends.local.prompting import Template
from cascadener_models.backends.local.vocabulary import Vocabulary
from cascadener_models.resolution import find_adapter
from train.batches import PADDING
from train.data import Row, languages_of, sentences
from train.examples import Example
from train.order import in_order
from train.recipe import Recipe
from train.settings import shared_settings
from train.steady import Patience, Validate
from train.trainer import AnswerTrainer
from train.validation import validator

#: Names the adapter in the package.
BUNDLED = "bundled"


@dataclass(frozen=True)
class Base:
    """A base model on disk.

    Attributes:
        name: Its Hub id or folder, as the adapter will name it.
        folder: Where its files are.
        tokenizer: A ``tokenizers.Tokenizer``.
        vocabulary: Its tokens by their bytes.
        settings: What ``tokenizer_config.json`` says.
        template: How the model is asked.
    """

    name: str
    folder: Path
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    settings: Mapping[str, Any]
    template: Template


def make_trainer(recipe: Recipe, base: Base, examples: Sequence[Example], work: Path) -> AnswerTrainer:
    """Return the trainer of a recipe; checkpoints and logs go to ``work``."""
    torch.manual_seed(recipe.seed)
    model = load_with_lora(recipe, base)
    order = in_order([len(one.input_ids) for one in examples], recipe.epochs, recipe.batch_size, recipe.seed)
    data = Dataset.from_list([{name: getattr(one, name) for name in PADDING} for one in examples]).select(order)
    settings = make_settings(recipe, work, len(order), len(examples))
    os.environ.setdefault("TENSORBOARD_LOGGING_DIR", str(work / "tensorboard"))
    return AnswerTrainer(
        model=model,
        args=settings,
        train_dataset=data,
        eval_dataset=data.select(range(1)),  # evaluate() runs the model on sentences instead
        processing_class=AutoTokenizer.from_pretrained(base.folder, local_files_only=True),
        callbacks=[Patience(recipe.patience)] if recipe.patience else [],
        vocabulary_sample=recipe.vocabulary_sample,
        validate=make_validation(recipe, base, model),
    )


def load_with_lora(recipe: Recipe, base: Base) -> Any:
    """Load the base model and put an adapter on all its linear layers: a new one, or the one to go on with.

    Raises:
        BackendError: If that one is not found or does not fit the base model.
    """
    model = AutoModelForCausalLM.from_pretrained(
        base.folder,
        dtype=torch.bfloat16 if recipe.bf16 else torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    )
    if recipe.adapter:
        found = find_adapter(None if recipe.adapter == BUNDLED else recipe.adapter, recipe.stage)
        return add_adapter(model, recipe.stage, found.folder, base.folder, name="default", trainable=True)
    return get_peft_model(
        model,
        LoraConfig(
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            lora_dropout=recipe.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )


def make_settings(recipe: Recipe, work: Path, seen: int, examples: int) -> SFTConfig:
    """Return TRL's settings for ``seen`` examples in all, of ``examples`` an epoch."""
    return SFTConfig(
        **shared_settings(recipe, work, seen, examples),
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        activation_checkpointing=False,
        report_to="tensorboard" if is_tensorboard_available() else "none",
    )


def make_validation(recipe: Recipe, base: Base, model: Any) -> Validate:
    """Return what validates the model as it is at the time of the call."""
    loaded = Loaded(model.get_base_model(), None, base.tokenizer, base.vocabulary, base.settings)
    backend = LocalBackend.around(loaded, base.folder)
    return validator(
        backend,
        recipe.stage,
        validation_rows(recipe, "base"),
        [] if recipe.stage == EXTRACTOR else validation_rows(recipe, "dynamic"),
    )


def validation_rows(recipe: Recipe, version: str) -> list[Row]:
    """Return the first sentences of the validation split of each language that the recipe trains on.

    A recipe on one version is validated on that one.
    """
    trained = recipe.data.partition("-")[0]
    if recipe.stage != EXTRACTOR and trained in ("base", "dynamic") and trained != version:
        return []
    most = recipe.validation or None
    return [
        row
        for lang in languages_of(recipe.data)
        for row in islice(sentences(version, [lang], "validation", None), most)
    ]
