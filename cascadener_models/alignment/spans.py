"""Placing an answer's marks in the text: an exact copy is read as it is, any other aligned by edit distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import combining

from cascadener_models.alignment.folding import Folded, fold, fold_character
from cascadener_models.alignment.marks import askable, capped, read_marks, trimmed
from cascadener_models.alignment.needs import levenshtein
from cascadener_models.prompts import Span

if TYPE_CHECKING:
    from rapidfuzz.distance import Opcode

#: Least similarity of text and answer (1 minus edits per character of the text, what stands before and behind the copy
#: not counted). Unrelated sentences of one language stay below 0.4; a copy with a few words changed is above 0.8.
MIN_SENTENCE = 0.6
#: Least similarity of what was marked and ``text[start:end]``: one letter in four may differ.
MIN_MENTION = 0.75
#: No alignment over more cells of the edit matrix than this (under half a second).
MAX_CELLS = 2 * 10**9
#: Characters beside a mention that tell its occurrences apart.
CONTEXT = 12
#: Exact copies that one answer is searched for.
MAX_COPIES = 20


class Aligned(NamedTuple):
    """Where an answer's marks lie in the text: flat sorted spans, and the number of marks that fit nowhere."""

    spans: tuple[Span, ...]
    unaligned: int


def align_answer(text: str, answer: str) -> Aligned:
    """Place the mentions that an answer marks in the text.

    An exact copy, wherever it stands in the answer, is read as it is. Any other answer is aligned by edit distance,
    from the left and from the right, after case, widths, quotes, spaces and Unicode forms are made alike. A mention is
    kept if both alignments place it alike, it resembles what stands there, and it can stand nowhere else.

    Args:
        text: The text as it is (the model saw :func:`askable` of it).
        answer: What the model wrote; any string.

    Returns:
        Spans in Unicode code points, sorted, none overlapping, none empty, no spaces at their edges.

    Raises:
        InputError: If the text cannot be asked (see :func:`cascadener_models.prompts.neutralise`), or rapidfuzz, which
            aligns inexact copies, is not installed.

    >>> align_answer("Rome fell to Alaric.", "Sure: ##ROME## fell to ##Alarich##.")
    Aligned(spans=((0, 4), (13, 19)), unaligned=0)
    """
    shown = askable(text)
    marks = read_marks(*capped(answer, shown))
    ranges = [trimmed(marks.plain, *span) for span in marks.ranges]
    ranges = [span for span in ranges if span]
    at = copy_place(shown, marks.plain, ranges)
    placed = shifted(ranges, at, len(shown)) if at is not None else by_edit_distance(shown, marks.plain, ranges)
    spans: list[Span] = []
    for span in sorted({span for start, end in placed if (span := trimmed(text, start, end))}):
        if not spans or spans[-1][1] <= span[0]:
            spans.append(span)
    return Aligned(tuple(spans), marks.stray + len(marks.ranges) - len(spans))


def resembles(text: str, answer: str) -> bool:
    """Say whether an answer is a copy of a text, exact or not, wherever it stands in the answer.

    >>> resembles("Rome fell to Alaric.", "rome fell to alaric"), resembles("Rome fell to Alaric.", "I cannot help.")
    (True, False)
    """
    shown = askable(text)
    plain = read_marks(*capped(answer, shown)).plain
    if copy_place(shown, plain, []) is not None:
        return True
    source, written = fold(shown).text, fold(plain).text
    return 0 < len(source) * len(written) <= MAX_CELLS and partners(source, written) is not None


def copy_place(shown: str, plain: str, ranges: Sequence[Span]) -> int | None:
    """Return where an exact copy of the text begins in an answer (of several, the one with the most marks)."""
    core = shown.strip()
    lead = len(shown) - len(shown.lstrip())
    best, place, at = -1, None, plain.find(core) if core else -1
    for _ in range(MAX_COPIES):
        if at < 0:
            break
        inside = sum(at <= start and end <= at + len(core) for start, end in ranges)
        if inside > best and not cuts_word(plain, at) and not cuts_word(plain, at + len(core)):
            best, place = inside, at - lead
        at = plain.find(core, at + 1)
    return place


def cuts_word(plain: str, at: int) -> bool:
    """Say whether letters or digits stand on both sides."""
    return 0 < at < len(plain) and plain[at - 1].isalnum() and plain[at].isalnum()


def shifted(ranges: Sequence[Span], by: int, length: int) -> list[Span]:
    """Return the ranges that lie inside a copy of ``length`` characters that begins at ``by``, by its own offsets."""
    return [(start - by, end - by) for start, end in ranges if by <= start and end <= by + length]


def by_edit_distance(shown: str, plain: str, ranges: Sequence[Span]) -> list[Span]:
    """Return where the marked ranges of an inexact copy lie in the text, as far as that is certain."""
    source, answer = fold(shown), fold(plain)
    if not ranges or not 0 < len(source.text) * len(answer.text) <= MAX_CELLS:
        return []
    from_left = partners(source.text, answer.text)
    from_right = partners(source.text[::-1], answer.text[::-1])
    if from_left is None or from_right is None:
        return []
    last = len(source.text) - 1
    from_right = [-1 if at < 0 else last - at for at in reversed(from_right)]
    spans = []
    for start, end in ranges:
        part = answer.part(start, end)
        span = counterpart(source.text, answer.text, from_left, part)
        agreed = span == counterpart(source.text, answer.text, from_right, part)
        if span and agreed and is_certain(source.text, answer.text, span):
            spans.append(unfolded(shown, source, span))
    return spans


def partners(source: str, answer: str) -> list[int] | None:
    """Align two strings, and return for each character of the answer its place in the source, or -1.

    Returns:
        ``None`` if the two are no copies of each other.
    """
    distance = levenshtein()
    anchor = max(distance.opcodes(source, answer), key=agreement)
    # A second alignment, around the longest piece that is alike: what stands before and behind the copy could otherwise
    # draw single letters to itself.
    slack = 8 + len(source) // 4
    low = max(0, anchor.dest_start - anchor.src_start - slack)
    blocks = list(distance.opcodes(source, answer[low : anchor.dest_start - anchor.src_start + len(source) + slack]))
    edits = [0 if agreement(block) else max(block.src_end - block.src_start, size(block)) for block in blocks]
    for at in (0, -1):
        edits[at] = 0 if blocks[at].tag == "insert" else edits[at]
    if 1 - sum(edits) / len(source) < MIN_SENTENCE:
        return None
    places = [-1] * len(answer)
    for block in blocks:
        if block.tag in ("equal", "replace"):
            for at in range(size(block)):
                places[low + block.dest_start + at] = block.src_start + at
    return places


def agreement(block: Opcode) -> int:
    """Return how many characters of a block of an alignment are alike."""
    return size(block) if block.tag == "equal" else 0


def size(block: Opcode) -> int:
    """Return how many characters of the answer a block of an alignment covers."""
    return block.dest_end - block.dest_start


def counterpart(source: str, answer: str, places: Sequence[int], part: Span) -> Span | None:
    """Return where a part of the answer lies in the source, or ``None`` if nothing there resembles it."""
    start, end = part
    needle = answer[start:end]
    matched = [at for at in places[start:end] if at >= 0]
    if not matched:
        return None
    low, high = matched[0], matched[-1] + 1
    if source[low:high] == needle:
        return low, high
    # Of several alignments with equally many edits one was chosen, perhaps one that tears a mention apart.
    nearby = occurrences(source, needle, max(0, low - len(needle) + 1), high + len(needle) - 1)
    if nearby:
        at = max(nearby, key=lambda at: (min(at + len(needle), high) - max(at, low), -at))
        return at, at + len(needle)
    similarity = levenshtein().normalized_similarity(needle, source[low:high])
    return (low, high) if similarity >= MIN_MENTION else None


def is_certain(source: str, answer: str, span: Span) -> bool:
    """Say whether a place is the only one that a mention can have.

    Where the answer leaves out or repeats occurrences of it, alignments with equally many edits may choose any; then
    what stands on one side of this occurrence must tell it from the others, and be in the answer.
    """
    start, end = span
    surface = source[start:end]
    if source.count(surface) == answer.count(surface) or source.count(surface) == 1:
        return True
    sides = source[max(0, start - CONTEXT) : end], source[start : end + CONTEXT]
    return any(source.count(side) == 1 and side in answer for side in sides)


def occurrences(text: str, needle: str, start: int, end: int) -> list[int]:
    """Return where a string occurs inside a range of a text; occurrences may overlap."""
    found, at = [], text.find(needle, start, end)
    while at >= 0:
        found.append(at)
        at = text.find(needle, at + 1, end)
    return found


def unfolded(shown: str, source: Folded, span: Span) -> Span:
    """Return a span of the folded text as one of the text, with the combining and invisible characters that follow."""
    start, end = source.places[span[0]], source.places[span[1] - 1] + 1
    while end < len(shown) and (combining(shown[end]) or not fold_character(shown[end])):
        end += 1
    return start, end
