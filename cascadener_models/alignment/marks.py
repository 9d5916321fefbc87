"""Reading an answer's markers: which pairs of ``##`` enclose a mention, and which are none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from cascadener_models.prompts import MARKER, Span, extraction_prompt
from dynamicner_dataset.textlines import well_formed

#: No answer is read further than ``LENGTH_FACTOR * len(text) + LENGTH_SPARE`` characters. A copy with a mark at every
#: character is five times as long as its text; the rest is for preambles.
LENGTH_FACTOR, LENGTH_SPARE = 5, 4000
#: Ends the thoughts of reasoning models.
THOUGHTS_END = "</think>"
RUN = re.compile("#+")


class Marks(NamedTuple):
    """An answer taken apart: the answer without markers, the marked ranges of it, the number of unreadable marks."""

    plain: str
    ranges: list[Span]
    stray: int


def askable(text: str) -> str:
    """Return the extraction prompt with a stand-in for each lone surrogate, which no request can carry; offsets stay.

    >>> askable("a #1 hit")
    'a ＃1 hit'
    """
    return well_formed(extraction_prompt(text))


def reaches_end(text: str, answer: str) -> bool:
    """Say whether an answer, cut off by a limit of tokens, had copied the text to its end before.

    >>> reaches_end("Rome fell.", "##Rome## fell. And ##so"), reaches_end("Rome fell.", "##Rome")
    (True, False)
    """
    shown = askable(text).strip()
    tail = shown[-20:]
    return bool(tail) and read_marks(*capped(answer, shown)).plain.count(tail) >= shown.count(tail)


def after_thinking(answer: str) -> str:
    """Return an answer without the thoughts that reasoning models write before it."""
    return answer.rpartition(THOUGHTS_END)[2]


def capped(answer: str, shown: str) -> tuple[str, int]:
    """Return the part of an answer that is read, and the number of marks in the part that is not."""
    answer = well_formed(after_thinking(answer) if THOUGHTS_END not in shown else answer)
    limit = LENGTH_FACTOR * len(shown) + LENGTH_SPARE
    answer, rest = answer[:limit], answer[limit:].lstrip("#")
    if MARKER not in answer and "＃" not in shown:
        answer = answer.replace("＃＃", MARKER)
    return answer, (sum(len(run) > 1 for run in RUN.findall(rest)) + 1) // 2


def read_marks(answer: str, stray: int = 0) -> Marks:
    """Take an answer apart at its markers.

    Markers alternate between opening and closing. Where they do not (an odd number, one inside another), only pairs are
    read whose neighbours tell an opening from a closing marker. A single ``#`` is a character like any other.
    """
    parts, places, length, at = [], [], 0, 0
    for run in RUN.finditer(answer):
        count = len(run.group()) // 2
        parts.append(answer[at : run.start()] + "#" * (count == 0))
        length, at = length + len(parts[-1]), run.end()
        # Of a longer row of markers only whether it switches matters: "####" closes and opens, or marks nothing.
        kept = 2 - count % 2 if count else 0
        if count > 1 and not answer[at:].strip():
            kept = len(places) % 2  # an endless row at the end: closes what is open
        stray += count > max(kept, 1)
        places += [length] * kept
    plain = "".join([*parts, answer[at:]])
    ranges = list(zip(places[::2], places[1::2], strict=False))
    if len(places) % 2 or misread(plain, ranges):
        ranges = [(a, b) for a, b in pairwise(places) if a < b and opens(plain, a) and closes(plain, b)]
        stray += (len(places) + 1) // 2 - len(ranges)
    return Marks(plain, ranges, stray)


def misread(plain: str, ranges: Sequence[Span]) -> bool:
    """Say whether ranges look like the gaps between mentions ("Rome## fell to ##Alaric"), or like nested mentions."""
    nested = any(start == end for start, end in ranges)
    wrong = ((ends_word(plain, start), starts_word(plain, end)) for start, end in ranges if start < end)
    return any((left and right) or (nested and (left or right)) for left, right in wrong)


def ends_word(plain: str, at: int) -> bool:
    """Say whether a space follows here, and none stands before."""
    return at > 0 and not plain[at - 1].isspace() and plain[at : at + 1].isspace()


def starts_word(plain: str, at: int) -> bool:
    """Say whether a space stands before, and none follows here."""
    return at > 0 and plain[at - 1].isspace() and not plain[at : at + 1].isspace()


def opens(plain: str, at: int) -> bool:
    """Say whether a marker here can only open a mention: a word begins, and none ends."""
    return plain[at : at + 1].isalnum() and not plain[max(at - 1, 0) : at].isalnum()


def closes(plain: str, at: int) -> bool:
    """Say whether a marker here can only close a mention: a word ends, and none begins."""
    return plain[max(at - 1, 0) : at].isalnum() and not plain[at : at + 1].isalnum()


def trimmed(text: str, start: int, end: int) -> Span | None:
    """Return a span without the spaces at its edges; ``None`` if nothing is left."""
    surface = text[start:end]
    lead = len(surface) - len(surface.lstrip())
    return (start + lead, start + len(surface.rstrip())) if surface.strip() else None
