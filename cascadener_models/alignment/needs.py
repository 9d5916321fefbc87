"""The library that aligns strings, imported where it is first used."""

from __future__ import annotations

from types import ModuleType

from dynamicner_dataset.errors import InputError

INSTALL_HINT = "pip install 'dynamicner[chat]'"


def levenshtein() -> ModuleType:
    """Return rapidfuzz's module of the Levenshtein distance.

    Raises:
        InputError: If rapidfuzz is not installed.
    """
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError as error:
        raise InputError(f"aligning a server's answers needs rapidfuzz: {INSTALL_HINT}") from error
    return Levenshtein
