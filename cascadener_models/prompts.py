"""The paper's prompts, to the letter (its Figures 3 and 5, Appendices H and M), written once.

Training sets and the cascade read the same functions, so a model is asked as it was taught. Spans are
(start, end) in Unicode code points of the text, end exclusive. A model with a chat template gets
:func:`chat_messages`; a base model gets :func:`base_prompt` (prompt, newline) and writes the answer and its
end token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.taxonomy import check_type_name

Span = tuple[int, int]

#: Stands before and behind each mention.
MARKER = "##"
#: Ends a prompt for a base model. No space: one could merge with the first token of the answer.
PROMPT_END = "\n"
#: Parts one demonstration from the next for a base model.
DEMONSTRATION_END = "\n\n"
#: The paper's number of demonstrations in few-shot prompts.
NUM_DEMONSTRATIONS = 3
#: What stands between the marked sentence and the list.
QUESTION = " belongs to which entity in the list:"
#: The answer in zero-shot classification when no type of the list applies.
UNKNOWN = "unknown"
UNKNOWN_CLAUSE = f" If none of them applied, return {UNKNOWN}."
#: Stand-ins for ``#``, the most alike first: fullwidth and small number sign, sharp sign, viewdata square.
STAND_INS = "\uff03\ufe5f\u266f\u2317"
#: Where stand-ins are looked for when a text holds all of the above: the private use area.
PRIVATE_USE = range(0xE000, 0xF900)


class Demonstration(NamedTuple):
    """One worked example of a few-shot prompt: what is asked, and what is to be answered."""

    prompt: str
    answer: str


def neutralise(text: str) -> str:
    """Return ``text`` with each ``#`` replaced by one character that does not occur in it; offsets stay.

    A text is restored by offset: ``text[start:end]`` of the original is the mention. A ``#`` that stands
    alone is replaced too, because beside a marker it makes the answer ambiguous: ``###Lyon##`` could be
    ``#`` before the mention ``Lyon``, as in any hashtag, or the mention ``#Lyon``.

    Raises:
        InputError: If the text holds a ``#`` and every stand-in there is.

    >>> neutralise("#Lyon")
    '＃Lyon'
    """
    return text.replace("#", stand_in(text)) if "#" in text else text


def stand_in(text: str) -> str:
    """Return the first stand-in for ``#`` that does not occur in ``text``."""
    for sign in candidates():
        if sign not in text:
            return sign
    raise InputError(f"no stand-in for '#' is left in {shorten(text)}: the text holds all of them")


def candidates() -> Iterator[str]:
    """Yield the stand-ins in the order in which they are tried."""
    yield from STAND_INS
    yield from map(chr, PRIVATE_USE)


def extraction_prompt(text: str) -> str:
    """Return the extractor's prompt: the neutralised sentence alone."""
    return neutralise(text)


def extraction_answer(text: str, spans: Sequence[Span]) -> str:
    """Return the extractor's answer: the neutralised sentence with ``##`` around each mention.

    Args:
        text: The sentence as it is.
        spans: The mentions, sorted, none overlapping.

    Raises:
        InputError: If a span is empty, out of range, out of order or overlaps the one before it.

    >>> extraction_answer("Marie Curie moved to Paris.", [(0, 11), (21, 26)])
    '##Marie Curie## moved to ##Paris##.'
    """
    shown = neutralise(text)
    parts, at = [], 0
    for start, end in spans:
        check_span(text, start, end)
        if start < at:
            raise InputError(f"span {start}:{end} overlaps the one before it or is out of order")
        parts += [shown[at:start], MARKER, shown[start:end], MARKER]
        at = end
    return "".join([*parts, shown[at:]])


def classification_prompt(text: str, span: Span, types: Sequence[str], *, zero_shot: bool = False) -> str:
    """Return the classifier's prompt for one mention: the sentence with this mention marked, and the list.

    Args:
        text: The sentence as it is.
        span: The mention.
        types: The type list, in the order in which it is shown.
        zero_shot: Add the clause that allows ``unknown``.

    Raises:
        InputError: If the span is empty or out of range, or the list is empty, repeats a name, or holds a
        name
            that cannot stand in it (see :func:`dynamicner_dataset.taxonomy.check_type_name`).

    >>> classification_prompt("I saw Rome.", (6, 10), ["person", "city"])
    '##Rome## in the sentence "I saw ##Rome##." belongs to which entity in the list: person, city?'
    """
    start, end = span
    marked = extraction_answer(text, [span])
    mention = f"{MARKER}{neutralise(text)[start:end]}{MARKER}"
    return f'{mention} in the sentence "{marked}"{question(types, zero_shot)}'


def context_free_classification_prompt(mention: str, types: Sequence[str], *, zero_shot: bool = False) -> str:
    """Return the classifier's prompt without the sentence, for the paper's ablation (its Table 10).

    The paper prints no wording for it: this is the prompt above without its middle clause.

    Raises:
        InputError: If the mention is empty, or for a bad list as :func:`classification_prompt` does.

    >>> context_free_classification_prompt("Paris", ["person", "city"])
    '##Paris## belongs to which entity in the list: person, city?'
    """
    if not mention:
        raise InputError("the mention is empty")
    return f"{MARKER}{neutralise(mention)}{MARKER}{question(types, zero_shot)}"


def question(types: Sequence[str], zero_shot: bool) -> str:
    """Return the end that all classification prompts share."""
    return f"{QUESTION}{shown_list(check_types(types), zero_shot)}"


def shown_list(types: Sequence[str], zero_shot: bool) -> str:
    """Return the last part of a classification prompt: what differs between two questions about one mention."""
    return f" {', '.join(types)}?{UNKNOWN_CLAUSE if zero_shot else ''}"


def split_question(prompt: str) -> tuple[str, str]:
    """Split a classification prompt before its list; of an extraction prompt nothing is split off.

    >>> split_question('##Rome## belongs to which entity in the list: person, city?')
    ('##Rome## belongs to which entity in the list:', ' person, city?')
    """
    stem, sign, rest = prompt.rpartition(QUESTION)
    return (stem + sign, rest) if sign else (prompt, "")


def offered(types: Sequence[str], zero_shot: bool) -> tuple[str, ...]:
    """Return every name that a model may answer, in the order in which a prompt shows them."""
    return (*types, UNKNOWN) if zero_shot and UNKNOWN not in types else tuple(types)


def check_types(types: Sequence[str]) -> Sequence[str]:
    """Return ``types`` if a prompt can show it; raise :class:`InputError` if not."""
    if isinstance(types, str) or not types:
        raise InputError(f"a list of at least one type name is wanted, not {types!r}")
    seen: set[str] = set()
    for name in types:
        if check_type_name(name) in seen:
            raise InputError(f"type {shorten(name)} stands twice in the list; an answer would mean two types")
        seen.add(name)
    return types


def check_span(text: str, start: int, end: int) -> None:
    """Raise :class:`InputError` if a span is empty or does not lie inside the text."""
    if not 0 <= start < end <= len(text):
        raise InputError(
            f"span {start}:{end} is empty or out of range for a text of {len(text)} characters; "
            "offsets count Unicode code points, end exclusive"
        )


def base_prompt(prompt: str, demonstrations: Iterable[Demonstration] = ()) -> str:
    """Return what a base model reads: demonstrations (prompt, newline, answer), prompt, ``PROMPT_END``."""
    blocks = [f"{shown.prompt}{PROMPT_END}{shown.answer}{DEMONSTRATION_END}" for shown in demonstrations]
    return "".join([*blocks, prompt, PROMPT_END])


def chat_messages(prompt: str, demonstrations: Iterable[Demonstration] = ()) -> list[dict[str, str]]:
    """Return what a model with a chat template reads: demonstrations as earlier turns, then the prompt."""
    messages: list[dict[str, str]] = []
    for shown in demonstrations:
        messages.append({"role": "user", "content": shown.prompt})
        messages.append({"role": "assistant", "content": shown.answer})
    return [*messages, {"role": "user", "content": prompt}]
