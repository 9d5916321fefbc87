"""Tagged sentences, as every set is read, and their mentions: B-, I- and bare labels to runs of tokens.

Tags are read the one way that agrees with IOB2, IOB1 and IO where each is whole: B- begins a mention, any other tag
goes on with one of the same label, or begins one. Which scheme a file is in shows at its end (:class:`Schemes`), and
only then whether an I- that began a mention was a fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dynamicner_dataset.errors import InputError, shorten

PREFIXED = re.compile(r"([BI])-(.+)", re.DOTALL)
OUTSIDE = "O"
#: The fault that a file in IOB2 may have.
BROKEN = "mentions that an I- begins, read as if it were B-"
#: How many lines of broken tags are named.
SHOWN = 10


class Tagged(NamedTuple):
    """One sentence as a set has it.

    Attributes:
        id: Unique in its file.
        tokens: The words, as they stand.
        tags: One for each token: ``O``, ``B-LABEL``, ``I-LABEL``, or the bare label.
        file: Where it comes from.
        lines: The line of each token; rows of a table from 1 where tokens have none.
    """

    id: str
    tokens: Sequence[str]
    tags: Sequence[str]
    file: str | Path
    lines: Sequence[int]


class Run(NamedTuple):
    """A mention in tokens: the first, the one after the last, and the label."""

    first: int
    after: int
    label: str


@dataclass
class Schemes:
    """How mentions begin in a file, from which its scheme is told.

    Attributes:
        bare: Labels without prefix.
        plain: I- that begins a mention.
        tight: B- right after a mention of the same label, where every scheme but IO needs it.
        loose: B- anywhere else, which IOB1 does not have.
        plain_lines: Lines of the first ``plain`` ones.
    """

    bare: int = 0
    plain: int = 0
    tight: int = 0
    loose: int = 0
    plain_lines: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """``iob2``, ``iob1`` or ``io``; ``none`` without a mention."""
        if self.loose:
            return "iob2"
        if self.tight:
            return "iob1"
        return "io" if self.bare or self.plain else "none"

    @property
    def broken(self) -> int:
        """I- that began a mention where the scheme wants B-."""
        return self.plain if self.name == "iob2" else 0

    @property
    def broken_lines(self) -> list[int]:
        """Lines of the first of them."""
        return self.plain_lines if self.broken else []


def split_tag(tag: str) -> tuple[str, str]:
    """Return prefix and label of a tag.

    >>> split_tag("B-PER"), split_tag("art-film"), split_tag("O")
    (('B', 'PER'), ('', 'art-film'), ('O', ''))
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    match = PREFIXED.fullmatch(tag)
    return (match[1], match[2]) if match else ("", tag)


def runs_of(tags: Sequence[str], lines: Sequence[int], schemes: Schemes) -> list[Run]:
    """Return the mentions of one sentence; ``schemes`` counts how they begin, on which lines.

    >>> runs_of(["B-PER", "I-PER", "B-PER", "O", "I-LOC"], range(5), Schemes())
    [Run(first=0, after=2, label='PER'), Run(first=2, after=3, label='PER'), Run(first=4, after=5, label='LOC')]
    """
    found: list[Run] = []
    for at, tag in enumerate(tags):
        prefix, label = split_tag(tag)
        if prefix == OUTSIDE:
            continue
        open_label = found[-1].label if found and found[-1].after == at else None
        if prefix != "B" and label == open_label:
            found[-1] = found[-1]._replace(after=at + 1)
            continue
        count_beginning(schemes, prefix, lines[at], label == open_label)
        found.append(Run(at, at + 1, label))
    return found


def count_beginning(schemes: Schemes, prefix: str, line: int, same_before: bool) -> None:
    """Count one mention by how it begins."""
    if not prefix:
        schemes.bare += 1
    elif prefix == "I":
        schemes.plain += 1
        if len(schemes.plain_lines) < SHOWN:
            schemes.plain_lines.append(line)
    elif same_before:
        schemes.tight += 1
    else:
        schemes.loose += 1


def check_lengths(tagged: Tagged) -> None:
    """Refuse a sentence whose tokens and tags are not equally many."""
    if len(tagged.tokens) != len(tagged.tags):
        line = tagged.lines[0] if tagged.lines else None
        problem = f"sentence {shorten(tagged.id)} has {len(tagged.tokens)} tokens, but {len(tagged.tags)} tags"
        raise InputError(problem, tagged.file, line)
