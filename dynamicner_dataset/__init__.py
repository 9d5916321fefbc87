"""DynamicNER, the dataset: taxonomy, sentences, formats, the seed corpus, dynamic categorization and the loader.

>>> from dynamicner_dataset import load_taxonomy
>>> load_taxonomy().leaf("city").id
'location > geo-political entity > city'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamicner_dataset.corpus import read_corpus
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.languages import LANGUAGES
from dynamicner_dataset.sentences import Mention, Sentence
from dynamicner_dataset.taxonomy import Taxonomy, load_taxonomy, read_taxonomy

if TYPE_CHECKING:
    from dynamicner_dataset.loader import DynamicNER, load

__all__ = [
    "LANGUAGES",
    "DynamicNER",
    "InputError",
    "Mention",
    "Sentence",
    "Taxonomy",
    "load",
    "load_taxonomy",
    "read_corpus",
    "read_taxonomy",
]


def __getattr__(name: str) -> Any:
    """Import the loader on first use: it needs ``datasets``, which takes over a second to import."""
    if name in ("load", "DynamicNER"):
        from dynamicner_dataset import loader

        return getattr(loader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
