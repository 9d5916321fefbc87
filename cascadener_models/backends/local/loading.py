"""Loading a base model, its tokenizer and its adapters from folders; safetensors only, no code from any repository."""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from cascadener_models.backends.base import BackendError
from cascadener_models.backends.local.vocabulary import Vocabulary
from cascadener_models.offline import INSTALL_HINT
from dynamicner_dataset.errors import first_line

#: Architectures whose logits the tests compare with transformers' own; any other is compared when it is loaded.
KNOWN = frozenset({"gemma3_text", "llama", "mistral", "qwen2", "qwen3"})


@dataclass(frozen=True)
class Loaded:
    """A model ready to run.

    Attributes:
        model: The causal language model, adapters injected.
        peft: The wrapper that switches adapters, or ``None``.
        tokenizer: A ``tokenizers.Tokenizer``.
        vocabulary: Its tokens by their bytes.
        tokenizer_config: What ``tokenizer_config.json`` says.
    """

    model: Any
    peft: Any
    tokenizer: Any
    vocabulary: Vocabulary
    tokenizer_config: Mapping[str, Any]


def choose_device(name: str | None) -> torch.device:
    """Return the device asked for, or the best there is.

    Raises:
        BackendError: If there is no such device.
    """
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise BackendError(f"device {name!r} cannot be used here; leave it out, or say 'cpu'") from error
    return device


def choose_dtype(name: str | None, device: torch.device) -> torch.dtype:
    """Return the number format asked for, or the fastest that is native: bfloat16 on GPUs and on CPUs with AMX.

    Raises:
        BackendError: If there is no such format.
    """
    if name is None:
        native = torch.cuda.is_bf16_supported() if device.type == "cuda" else has_native_bfloat16()
        return torch.bfloat16 if native else torch.float32
    known = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if name not in known:
        raise BackendError(f"dtype {name!r} is unknown; one of {', '.join(known)} is wanted")
    return known[name]


def has_native_bfloat16() -> bool:
    """Say whether this processor multiplies bfloat16 matrices natively."""
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())


def load(folder: Path, adapters: Mapping[str, Path], device: torch.device, dtype: torch.dtype) -> Loaded:
    """Load a base model with its adapters; the tokenizer is read at the same time.

    Raises:
        BackendError: If a file is unsound, or an adapter does not fit the base.
    """
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_tokenizer, folder)
        model, peft = load_model(folder, adapters, device, dtype)
        tokenizer, vocabulary = reading.result()
    return Loaded(model, peft, tokenizer, vocabulary, read_settings(folder / "tokenizer_config.json"))


def read_settings(path: Path) -> dict[str, Any]:
    """Read a JSON file of settings, if it is there.

    Raises:
        BackendError: If it is no JSON object.
    """
    if not path.exists():
        return {}
    try:
        settings = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BackendError(f"{path} is no JSON: {error}") from error
    if not isinstance(settings, dict):
        raise BackendError(f"{path} is no JSON object")
    return settings


def read_tokenizer(folder: Path) -> tuple[Any, Vocabulary]:
    """Read ``tokenizer.json``; transformers' own loading takes four times as long for a large vocabulary."""
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        raise BackendError(f"{folder / 'tokenizer.json'} cannot be read: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer, Vocabulary(tokenizer)


def load_model(folder: Path, adapters: Mapping[str, Path], device: torch.device, dtype: torch.dtype) -> tuple[Any, Any]:
    """Load the base model and inject the adapters."""
    try:
        with quiet():
            model, report = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=dtype,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise BackendError(f"the base model in {folder} cannot be loaded: {first_line(error)}") from error
    if report["missing_keys"]:
        lost = sorted(report["missing_keys"])
        raise BackendError(f"the base model in {folder} lacks {len(lost)} of its weights, such as {lost[0]}")
    model = to_device(model.eval(), device)
    peft = None
    for stage, path in adapters.items():
        peft = add_adapter(peft or model, stage, path, folder)
    return model, peft


def to_device(model: Any, device: torch.device) -> Any:
    """Move a model to its device.

    Raises:
        BackendError: If it does not fit.
    """
    try:
        return model.to(device)
    except torch.OutOfMemoryError as error:
        raise BackendError(
            f"the model does not fit the memory of {device}; take a smaller model, dtype bfloat16, or device cpu"
        ) from error


def add_adapter(
    model: Any, stage: str, path: Path, base: Path, *, name: str | None = None, trainable: bool = False
) -> Any:
    """Put an adapter into a model.

    Args:
        model: The model, or PEFT's wrapper of it.
        stage: What the adapter is for.
        path: Its folder.
        base: The model's folder.
        name: What it is called in the wrapper; its stage if not given.
        trainable: Whether its weights shall learn.

    Raises:
        BackendError: If its files are unsound or its shapes do not fit the base model.
    """
    try:
        from peft import PeftConfig, PeftModel
    except ImportError as error:
        raise BackendError(f"adapters need a package that is not installed: {INSTALL_HINT}") from error
    name = name or stage
    options = {"adapter_name": name, "use_safetensors": True, "is_trainable": trainable}
    try:
        with quiet():
            PeftConfig.from_pretrained(path)
            if isinstance(model, PeftModel):
                model.load_adapter(str(path), **options)
                peft = model
            else:
                peft = PeftModel.from_pretrained(model, str(path), **options)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise BackendError(
            f"the {stage} adapter in {path} does not fit the base model in {base}: "
            f"{first_line(error, telling='size mismatch')}; give the base "
            "model it was trained on"
        ) from error
    check_filled(peft, stage, name, path, base)
    return peft if trainable else peft.eval()


def check_filled(peft: Any, stage: str, name: str, path: Path, base: Path) -> None:
    """Refuse an adapter whose file lacks weights that its configuration names (peft would leave them at zero)."""
    with safe_open(path / "adapter_model.safetensors", "pt") as file:
        stored = set(file.keys())
    wanted = {key.replace(f".{name}.", ".") for key, _ in peft.named_parameters() if f".{name}." in key}
    if stored != wanted:
        raise BackendError(
            f"the {stage} adapter in {path} has {len(stored & wanted)} of the {len(wanted)} weights that the base "
            f"model in {base} wants, and {len(stored - wanted)} others; give the base model it was trained on"
        )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back the progress bars and reports that transformers and peft write while they load."""
    from transformers.utils import logging as chatter

    level, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity(logging.ERROR)
    chatter.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft's calls of transformers
            yield
    finally:
        chatter.set_verbosity(level)
        if bars:
            chatter.enable_progress_bar()
