"""GPT-NER's prompts, in our own words: one request a type, one more for each mention that is to be verified.

After the description of Wang et al. (2023), https://arxiv.org/abs/2304.10428.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cascadener_models.alignment.marks import after_thinking
from cascadener_models.prompts import Demonstration, Span
from eval.gold import Gold
from eval.methods.asking import Ask, answer_tokens
from eval.methods.marks import marked, shown_text
from eval.methods.meanings import definition, spans_of_type

ROLE = "You are an excellent linguist."
#: Room for yes or no, and a word or two before it.
VERDICT_TOKENS = 16
VERDICT = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)


def extraction_ask(text: str, name: str, shown: Sequence[Gold]) -> Ask:
    """Return the request that marks all mentions of one type.

    Args:
        text: The sentence.
        name: The type.
        shown: Training sentences; each is shown with its mentions of the type marked, unchanged if it has none.

    Raises:
        InputError: If the sentence cannot be shown.
    """
    demonstrations = tuple(
        Demonstration(f"Input: {shown_text(one.text)}", f"Output: {marked(one.text, spans_of_type(one, name))}")
        for one in shown
    )
    sentence = shown_text(text)
    # a mark at every other character triples the length at most
    return Ask(f"Input: {sentence}", extraction_task(name), demonstrations, answer_tokens(sentence * 3))


def extraction_task(name: str) -> str:
    """Return what is to be done, with the type's definition."""
    return (
        f"{ROLE} Mark every mention of the type {name!r} in the sentence.{meaning(name)} "
        "Copy the sentence letter by letter, with @@ before and ## behind each such mention. "
        "If there is none, copy it unchanged."
    )


def meaning(name: str) -> str:
    """Return a clause with the type's definition; empty if there is none."""
    known = definition(name)
    return f" Its definition: {known}" if known else ""


def verification_ask(text: str, span: Span, name: str, shown: Sequence[Gold]) -> Ask:
    """Return the yes-or-no question whether one mention is of a type.

    Args:
        text: The sentence.
        span: The mention.
        name: The type.
        shown: Training sentences: of each its first mention of the type is asked about (yes), else its first mention
            at all (no).

    Raises:
        InputError: If the sentence cannot be shown.
    """
    demonstrations = []
    for one in shown:
        right = spans_of_type(one, name)
        if right or one.mentions:
            place = right[0] if right else one.mentions[0][:2]
            demonstrations.append(Demonstration(verification_prompt(one.text, place, name), "yes" if right else "no"))
    task = (
        f"{ROLE} Verify whether the part of the sentence in question is a mention of the type {name!r}.{meaning(name)} "
        "Answer with yes or no alone."
    )
    return Ask(verification_prompt(text, span, name), task, tuple(demonstrations), VERDICT_TOKENS)


def verification_prompt(text: str, span: Span, name: str) -> str:
    """Return the question about one mention."""
    shown = shown_text(text)
    return f'Sentence: {shown}\nIs "{shown[slice(*span)]}" in this sentence a mention of the type {name!r}?'


def read_verdict(answer: str) -> bool | None:
    """Return whether an answer says yes; ``None`` if it is unclear.

    >>> read_verdict("**Yes**, it is."), read_verdict("No."), read_verdict("Not sure")
    (True, False, None)
    """
    found = VERDICT.match(after_thinking(answer).strip())
    return None if found is None else found[1].lower() == "yes"
