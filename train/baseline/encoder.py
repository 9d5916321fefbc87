"""The encoder under the output layer: where it is, its tokenizer, how much it reads at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer

from cascadener_models.offline import MINILM, minilm_folder
from cascadener_models.resolution import find_model
from dynamicner_dataset.errors import InputError, first_line

#: Models whose positions are counted from behind the padding token.
SHIFTED = ("roberta", "camembert")
#: Nothing is asked of any network, no code of a model is run, no pickle is read.
LOCAL = {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True)
class Encoder:
    """An encoder on disk.

    Attributes:
        name: Its Hub id or folder, as the record will name it.
        folder: Where its files are.
        tokenizer: A fast tokenizer of transformers.
        most: Most tokens it reads at once.
    """

    name: str
    folder: Path
    tokenizer: Any
    most: int


def open_encoder(name: str) -> Encoder:
    """Find an encoder.

    Args:
        name: A folder, a Hub id, or ``all-minilm-l6-v2``.

    Raises:
        BackendError: If it is not found.
        InputError: If it is no encoder that words can be tagged with.
    """
    folder = minilm_folder() if name == MINILM else find_model(name).folder
    return read_encoder(name, folder)


def read_encoder(name: str, folder: Path) -> Encoder:
    """Read tokenizer and limits of an encoder's folder.

    Raises:
        InputError: If it is no encoder that words can be tagged with.
    """
    try:
        config = AutoConfig.from_pretrained(folder, **LOCAL)
        tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
    except (OSError, ValueError) as error:
        raise InputError(f"its config or tokenizer cannot be read: {first_line(error)}", folder) from error
    lacking = [name for name in ("cls_token", "sep_token", "unk_token", "pad_token") if not getattr(tokenizer, name)]
    if lacking or not tokenizer.is_fast:
        what = f"no {', '.join(lacking)}" if lacking else "no fast version"
        raise InputError(f"its tokenizer has {what}; an encoder such as XLM-RoBERTa or BERT is wanted", folder)
    return Encoder(name, folder, tokenizer, most_tokens(config, tokenizer))


def most_tokens(config: Any, tokenizer: Any) -> int:
    """Return the most tokens a model reads at once."""
    positions = getattr(config, "max_position_embeddings", None) or tokenizer.model_max_length
    if any(kind in config.model_type for kind in SHIFTED):
        positions -= config.pad_token_id + 1
    return min(positions, tokenizer.model_max_length)


def load_model(encoder: Encoder, tags: Sequence[str]) -> Any:
    """Load an encoder in float32 with a new output layer over tags.

    Raises:
        InputError: If transformers has no token classification for it.
    """
    numbers = {tag: number for number, tag in enumerate(tags)}
    try:
        model = AutoModelForTokenClassification.from_pretrained(
            encoder.folder,
            num_labels=len(tags),
            id2label=dict(enumerate(tags)),
            label2id=numbers,
            ignore_mismatched_sizes=True,  # of another output layer, which gives way to this one
            dtype=torch.float32,
            use_safetensors=True,
            **LOCAL,
        )
    except ValueError as error:
        raise InputError(f"cannot be trained to tag words: {first_line(error)}", encoder.folder) from error
    model.config._name_or_path = model.name_or_path = encoder.name  # not this machine's folder
    return model
