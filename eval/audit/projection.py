"""Mentions as tags of tokens, as scorers of BIO tags want them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from dynamicner_dataset.tokens import split_at_mentions, token_spans
from eval.cascadener.matching import Marked
from eval.gold import Gold


@dataclass(frozen=True, slots=True)
class Tagged:
    """One sentence's tags.

    Attributes:
        tags: ``O``, ``B-type`` or ``I-type`` of each token.
        moved: Mentions whose borders lie inside a token and were moved to its edge.
        lost: Mentions that have no token of their own left.
    """

    tags: list[str]
    moved: int = 0
    lost: int = 0


def tokens_of(sentence: Gold) -> list[tuple[int, int]]:
    """Return (start, end) of each token, as in the dataset's rows: cut where a gold mention begins or ends."""
    return split_at_mentions(token_spans(sentence.text, sentence.lang), sentence.mentions)


def project(spans: Sequence[tuple[int, int]], marked: Sequence[Marked]) -> Tagged:
    """Return the BIO tags of mentions; a mention takes every token that it touches and that none before it has taken.

    Args:
        spans: The tokens, sorted.
        marked: The mentions, none overlapping.
    """
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    tags = ["O"] * len(spans)
    free = moved = lost = 0
    for one in sorted(marked):
        first, after = max(free, bisect_right(ends, one.start)), bisect_left(starts, one.end)
        if first >= after:
            lost += 1
            continue
        moved += (starts[first], ends[after - 1]) != (one.start, one.end)
        tags[first:after] = [f"B-{one.type}", *[f"I-{one.type}"] * (after - first - 1)]
        free = after
    return Tagged(tags, moved, lost)


def io_tags(tags: Sequence[str]) -> list[str]:
    """Return tags without the mark of a beginning, so that neighbours of one type become one mention.

    >>> io_tags(["B-city", "B-city", "O"])
    ['I-city', 'I-city', 'O']
    """
    return ["I" + tag[1:] if tag.startswith("B-") else tag for tag in tags]
