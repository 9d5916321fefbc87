"""Making spelling variants alike, with the way back to the offsets of the text."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, normalize

SINGLE_QUOTES, DOUBLE_QUOTES = "'`´‘’‚‛′‹›＇", '"“”„‟″«»「」『』＂'


class Folded(NamedTuple):
    """A text with its spelling variants made alike, and for each character the offset of the one that it came from."""

    text: str
    places: list[int]

    def part(self, start: int, end: int) -> tuple[int, int]:
        """Return the range that came from ``start:end`` of the text before folding."""
        return bisect_left(self.places, start), bisect_left(self.places, end)


def fold(text: str) -> Folded:
    """Make spelling variants alike: case, width, quotes, dashes, spaces, composed and decomposed letters.

    >>> fold("“Ｒoße—”").text
    '"rosse-"'
    """
    parts = [fold_character(character) for character in text]
    return Folded("".join(parts), [at for at, part in enumerate(parts) for _ in part])


@lru_cache(maxsize=1 << 16)
def fold_character(character: str) -> str:
    """Return the common form of a character: any number of characters, none if it is invisible."""
    if character.isspace():
        return " "
    if character in SINGLE_QUOTES or character in DOUBLE_QUOTES:
        return "'" if character in SINGLE_QUOTES else '"'
    kind = category(character)
    if kind == "Pd":
        return "-"
    if kind == "Cf" or "\ufe00" <= character <= "\ufe0f":  # joiners, directions, soft hyphens; variation selectors
        return ""
    return normalize("NFKD", normalize("NFKD", character).casefold())
