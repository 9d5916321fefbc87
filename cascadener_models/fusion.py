"""Result fusion (paper, Section 4.2, Equation 1): the union of several extractions, the longer wins where two overlap.

Equation 1 as printed keeps only the longest mention of a round and leaves its overlap set unused; what the text around
it describes is done here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cascadener_models.backends.base import Found


class Fused(NamedTuple):
    """A mention after fusion.

    Attributes:
        start: First character, in code points.
        end: Character after the last.
        score: Mean over all rounds of the probability of its marks, 0 for rounds without it.
        rounds: In how many rounds it was found, with exactly this span.
    """

    start: int
    end: int
    score: float
    rounds: int


def fuse(rounds: Sequence[Sequence[Found]]) -> list[Fused]:
    """Return the union of all rounds, sorted, none overlapping.

    Of mentions that overlap the longest stays; of equally long ones the one found more often, then the earlier.

    >>> [tuple(one) for one in fuse([[Found(0, 5)], [Found(0, 11)], [Found(0, 5)], [Found(21, 26, 0.5)]])]
    [(0, 11, 0.25, 1), (21, 26, 0.125, 1)]
    """
    scores: dict[tuple[int, int], list[float]] = {}
    for mentions in rounds:
        for start, end, score in mentions:
            scores.setdefault((start, end), []).append(score)
    united = [Fused(start, end, sum(found) / len(rounds), len(found)) for (start, end), found in scores.items()]
    united.sort(key=lambda one: (one.start - one.end, -one.rounds, one.start))
    kept: list[Fused] = []
    for one in united:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept)
