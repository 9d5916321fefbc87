"""Inline markup: ``[mention|type]`` in the text, with the escapes of :mod:`dynamicner_dataset.formats.inline`.

A mention without a type (extraction only) is ``[mention]``, which the corpus format has not. Line breaks of the text
are written as references, so that a text is always one line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cascadener_models.results import Prediction
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.formats.inline import escape

REFERENCE = re.compile(r"&#(9|10|13|38|91|93|124);")
#: A mention with its type, or a sign that stands where none may.
MENTION_OR_SIGN = re.compile(r"\[([^\[\]|\n]+)(?:\|([^\[\]|\n]+))?\]|[\[\]|\n]")


class MarkedMention(NamedTuple):
    """One mention read back from markup: ``text[start:end]`` in code points, end exclusive; no type is ``None``."""

    start: int
    end: int
    type: str | None


def to_markup(prediction: Prediction) -> str:
    """Return the text on one line with ``[mention|type]`` around each mention.

    >>> from cascadener_models.results import Entity
    >>> city = Entity(0, 4, "Rome", "city", ("city",), 0.9, 0.9)
    >>> to_markup(Prediction("Rome burns [again]", (city,)))
    '[Rome|city] burns &#91;again&#93;'
    """
    parts, at = [], 0
    for entity in prediction:
        kind = "" if entity.type is None else f"|{escape(entity.type)}"
        parts += [escape(prediction.text[at : entity.start]), f"[{escape(entity.text)}{kind}]"]
        at = entity.end
    return "".join([*parts, escape(prediction.text[at:])])


def from_markup(marked: str) -> tuple[str, tuple[MarkedMention, ...]]:
    """Return the plain text and the mentions of one marked line; the inverse of :func:`to_markup`.

    Raises:
        InputError: With the column of a sign that belongs to no mention.

    >>> from_markup("[Rome|city] burns &#91;again&#93;")
    ('Rome burns [again]', (MarkedMention(start=0, end=4, type='city'),))
    """
    parts: list[str] = []
    mentions: list[MarkedMention] = []
    at = length = 0
    for match in MENTION_OR_SIGN.finditer(marked):
        if match[1] is None:
            problem = f"{match[0]!r} belongs to no mention; '[mention|type]' or &#{ord(match[0])}; is wanted"
            raise InputError(problem, column=match.start() + 1)
        before, surface = unescape(marked[at : match.start()]), unescape(match[1])
        start, at = length + len(before), match.end()
        length = start + len(surface)
        parts += [before, surface]
        mentions.append(MarkedMention(start, length, None if match[2] is None else unescape(match[2])))
    return "".join([*parts, unescape(marked[at:])]), tuple(mentions)


def unescape(text: str) -> str:
    """Return plain text: the inverse of :func:`dynamicner_dataset.formats.inline.escape`.

    >>> unescape("a &#91;b&#93; & c")
    'a [b] & c'
    """
    return REFERENCE.sub(lambda match: chr(int(match[1])), text)
