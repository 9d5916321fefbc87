"""What counts as a hit: the same span and type, or the paper's own: the same lower-cased text and type."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple


class Marked(NamedTuple):
    """A mention with its type, predicted or gold; ``text`` is its surface."""

    start: int
    end: int
    type: str
    text: str


def strict(mentions: Iterable[Marked]) -> set[Hashable]:
    """Return what must agree in strict matching: start, end and type."""
    return {(one.start, one.end, one.type) for one in mentions}


def spans(mentions: Iterable[Marked]) -> set[Hashable]:
    """Return what must agree in extraction alone: start and end."""
    return {(one.start, one.end) for one in mentions}


def by_text(mentions: Iterable[Marked]) -> set[Hashable]:
    """Return what must agree in the paper's matching: a sentence's set of lower-cased (text, type).

    Two mentions of the same text and type count once, and where a mention stands does not matter.
    """
    return {(one.text.lower(), one.type.lower()) for one in mentions}
