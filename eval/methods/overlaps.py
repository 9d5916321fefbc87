"""One flat set of mentions out of several that may overlap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cascadener_models.prompts import Span


class Candidate(NamedTuple):
    """A mention that may stay.

    Attributes:
        start: First character, in code points.
        end: Character after the last.
        type: Its type.
        rank: How well it is founded; higher is better.
    """

    start: int
    end: int
    type: str
    rank: int = 0


def flat(candidates: Iterable[Candidate]) -> tuple[list[Candidate], int]:
    """Return the candidates that stay, sorted, and the number of those that give way.

    Of two that overlap the one of higher rank stays (a verified one before one that is not); of equal rank the longer,
    then the earlier, then the one that was given first. The same mention given twice is one.

    >>> flat([Candidate(0, 4, "city"), Candidate(0, 9, "club"), Candidate(0, 4, "city")])
    ([Candidate(start=0, end=9, type='club', rank=0)], 1)
    """
    unique = list(dict.fromkeys(candidates))
    order = sorted(unique, key=lambda one: (-one.rank, one.start - one.end, one.start))  # stable
    kept: list[Candidate] = []
    for one in order:
        if is_free(one[:2], [other[:2] for other in kept]):
            kept.append(one)
    return sorted(kept), len(unique) - len(kept)


def is_free(span: Span, taken: Iterable[Span]) -> bool:
    """Say whether a span overlaps none of those taken.

    >>> is_free((0, 4), [(4, 9)]), is_free((0, 5), [(4, 9)])
    (True, False)
    """
    return all(span[1] <= start or end <= span[0] for start, end in taken)
