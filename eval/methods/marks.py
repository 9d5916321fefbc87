"""GPT-NER's marks: ``@@`` opens a mention, ``##`` closes it; an answer may hold anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from cascadener_models.alignment import Aligned, align_answer, resembles
from cascadener_models.prompts import MARKER, PRIVATE_USE, Span, check_span, neutralise
from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.textlines import well_formed

OPEN, CLOSE = "@@", "##"
MARK = re.compile(f"{OPEN}|{CLOSE}")
#: Stand-ins for ``@``, which beside a mark would be ambiguous: fullwidth and small at-sign.
STAND_INS = "\uff20\ufe6b"


def shown_text(text: str) -> str:
    """Return a sentence as models are shown it: nothing in it looks like a mark or a part of one, and offsets stay.

    Raises:
        InputError: If the text holds every stand-in.

    >>> shown_text("#1 of a@b")
    '＃1 of a＠b'
    """
    text = neutralise(well_formed(text))
    if "@" not in text:
        return text
    sign = next((one for one in chain(STAND_INS, map(chr, PRIVATE_USE)) if one not in text), None)
    if sign is None:
        raise InputError(f"no stand-in for '@' is left in {shorten(text)}: the text holds all of them")
    return text.replace("@", sign)


def marked(text: str, spans: Sequence[Span]) -> str:
    """Return the sentence as shown with ``@@`` and ``##`` around the given spans, which are sorted and flat.

    Raises:
        InputError: If a span is empty or out of range.

    >>> marked("Rome fell.", [(0, 4)])
    '@@Rome## fell.'
    """
    shown = shown_text(text)
    parts, at = [], 0
    for start, end in spans:
        check_span(text, start, end)
        parts += [shown[at:start], OPEN, shown[start:end], CLOSE]
        at = end
    return "".join([*parts, shown[at:]])


def paired(answer: str) -> tuple[str, int]:
    """Return an answer with ``##`` on both sides of what was marked, and the number of marks without a partner.

    Read from left to right: a ``@@`` that another one follows, and a ``##`` that none opened, mark nothing.

    >>> paired("@@Rome## fell to @@Alaric.")
    ('##Rome## fell to Alaric.', 1)
    """
    found = list(MARK.finditer(answer))
    kept: set[int] = set()
    opened: int | None = None
    for number, mark in enumerate(found):
        if mark.group() == OPEN:
            opened = number
        elif opened is not None:
            kept |= {opened, number}
            opened = None
    parts, at = [], 0
    for number, mark in enumerate(found):
        parts += [answer[at : mark.start()], MARKER * (number in kept)]
        at = mark.end()
    return "".join([*parts, answer[at:]]), len(found) - len(kept)


def read_marked(text: str, answer: str) -> Aligned | None:
    """Return where the marks of an answer lie in the text; ``None`` if the answer is no copy of it.

    An exact copy is read as it is, any other is aligned by edit distance; marks that fit nowhere are counted.

    >>> read_marked("Rome fell to Alaric.", "Output: @@Rome## fell to @@Alarich##.")
    Aligned(spans=((0, 4), (13, 19)), unaligned=0)
    """
    shown = shown_text(text)
    copy, stray = paired(well_formed(answer))
    found = align_answer(shown, copy)
    if not found.spans and not resembles(shown, copy):
        return None
    return Aligned(found.spans, found.unaligned + stray)
