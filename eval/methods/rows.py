"""PromptNER's rows, ``candidate | True | reason (TYPE)``, out of an answer that may hold anything."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from cascadener_models.alignment import match_type
from cascadener_models.alignment.folding import fold
from cascadener_models.alignment.marks import after_thinking
from cascadener_models.alignment.spans import cuts_word, occurrences
from cascadener_models.prompts import Span
from dynamicner_dataset.textlines import well_formed
from eval.methods.overlaps import Candidate, flat

#: No answer is read further, and no more rows of it.
MAX_CHARS, MAX_ROWS = 100_000, 1_000
NUMBER = re.compile(r"^\s*(?:\d+\s*[.):]|[-*•])\s*")
WRAPPING = "\"'`“”‘’«»*_ \t"
FLAGS = {"true": True, "false": False}


class Row(NamedTuple):
    """One row of an answer.

    Attributes:
        candidate: What may be a mention, as the model wrote it.
        is_entity: The model's verdict.
        type: What stands in the last brackets; empty without brackets.
    """

    candidate: str
    is_entity: bool
    type: str = ""


def read_rows(answer: str) -> tuple[list[Row], int]:
    r"""Return the rows of an answer, and the number of lines with a bar that are none.

    >>> read_rows("1. Rome | True | a place (city)\n2. fell | False | a verb (none)\n3. so | perhaps")
    ([Row(candidate='Rome', is_entity=True, type='city'), Row(candidate='fell', is_entity=False, type='none')], 1)
    """
    rows: list[Row] = []
    unparsed = 0
    for line in well_formed(after_thinking(answer)[:MAX_CHARS]).splitlines():
        if "|" not in line:
            continue
        row = read_row(line) if len(rows) < MAX_ROWS else None
        unparsed += row is None
        rows += [row] if row else []
    return rows, unparsed


def read_row(line: str) -> Row | None:
    """Return the row that a line holds, or ``None``; a table's outer bars are passed over.

    >>> read_row("| A|B | True | a firm (company) |")
    Row(candidate='A|B', is_entity=True, type='company')
    """
    parts = NUMBER.sub("", line.strip().removeprefix("|").removesuffix("|"), count=1).split("|")
    flags = [FLAGS.get(part.strip(WRAPPING + ".").lower()) for part in parts]
    at = next((at for at, flag in enumerate(flags) if at and flag is not None), 0)
    candidate = bare("|".join(parts[:at]))
    if not candidate:
        return None
    return Row(candidate, bool(flags[at]), in_last_brackets("|".join(parts[at + 1 :])))


def bare(surface: str) -> str:
    """Return a candidate without quotes and emphasis around it; one that is nothing else stays.

    >>> bare(' "Rome" ')
    'Rome'
    """
    return surface.strip(WRAPPING) or surface.strip()


def in_last_brackets(reason: str) -> str:
    """Return what stands in the outermost brackets that close last, so that a name may have brackets of its own.

    >>> in_last_brackets("it is (as said) a set (type (fine))")
    'type (fine)'
    """
    end = reason.rfind(")")
    depth = 0
    for at in range(end, -1, -1):
        depth += (reason[at] == ")") - (reason[at] == "(")
        if depth == 0 and reason[at] == "(":
            return reason[at + 1 : end].strip()
    return ""


def places_of(text: str, candidate: str) -> list[Span]:
    """Return where a candidate stands in a text, from the left, none overlapping.

    Its very characters if they occur, else without regard to case, width, quotes and Unicode form; as whole words if
    it stands as such anywhere.

    >>> places_of("Art in Artois, art", "Art"), places_of("Art in Artois", "toi"), places_of("art", "ART")
    ([(0, 3)], [(9, 12)], [(0, 3)])
    """
    if not candidate.strip():
        return []
    if found := whole_words(text, candidate):
        return found
    folded, wanted = fold(text), fold(candidate).text.strip()
    if not wanted:
        return []
    inside = whole_words(folded.text, wanted)
    return [(folded.places[start], folded.places[end - 1] + 1) for start, end in inside]


def whole_words(text: str, needle: str) -> list[Span]:
    """Return the occurrences of a string that cut no word; if there are none, all; none overlapping."""
    spans = [(at, at + len(needle)) for at in occurrences(text, needle, 0, len(text))]
    whole = [span for span in spans if not cuts_word(text, span[0]) and not cuts_word(text, span[1])]
    kept: list[Span] = []
    for span in whole or spans:
        if not kept or kept[-1][1] <= span[0]:
            kept.append(span)
    return kept


def place_rows(text: str, rows: Sequence[Row], types: Sequence[str]) -> tuple[list[Candidate], Counter[str]]:
    """Return the mentions that rows name, sorted and flat, and what was left out, counted by reason.

    The n-th row of the same candidate, true or false, means its n-th occurrence.

    Args:
        text: The sentence.
        rows: See :func:`read_rows`.
        types: The types that were offered.

    Returns:
        Mentions, and ``absent`` (nowhere in the text, or not as often), ``off_list`` (a type that was not offered),
        ``overlapping`` (gives way to a longer one).
    """
    seen: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    found: list[Candidate] = []
    for row in rows:
        seen[row.candidate] += 1
        if not row.is_entity:
            continue
        places = places_of(text, row.candidate)
        name = match_type(row.type, types) if row.type else None
        if seen[row.candidate] > len(places):
            dropped["absent"] += 1
        elif name is None:
            dropped["off_list"] += 1
        else:
            found.append(Candidate(*places[seen[row.candidate] - 1], name))
    mentions, dropped["overlapping"] = flat(found)
    return mentions, +dropped
