"""Matching the answer of an unconstrained classifier with the types that were offered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from cascadener_models.alignment.folding import fold
from cascadener_models.alignment.marks import after_thinking
from cascadener_models.alignment.needs import levenshtein
from cascadener_models.prompts import MARKER, offered
from dynamicner_dataset.textlines import well_formed

#: Least similarity of an answer and a type: one letter in ten may differ, as in organisation and organization.
MIN_TYPE = 0.9
#: Longest answer that is looked at beyond its first line.
LONGEST_ANSWER = 10_000
#: What models put around the name of a type.
WRAPPING = " .,;:!?*_`~\"'()[]{}<>|/\\-。、「」"
DIGITS = re.compile(r"\d+")


def match_type(answer: str, types: Sequence[str], zero_shot: bool = False) -> str | None:
    """Return the one type that an answer names, or ``None``.

    Tried in this order, on the whole answer, its first line, and what follows a colon: the very name; the name without
    regard to case, width, quotes, markdown and final stops; the only name nearest to it, if nine letters in ten and all
    digits agree. An answer that names two types, or none, or a type inside a sentence, is no answer.

    Args:
        answer: What the model wrote; any string.
        types: The types that were offered.
        zero_shot: Whether ``unknown`` was offered too.

    Raises:
        InputError: If rapidfuzz, which compares misspelt answers, is not installed.

    >>> match_type("**City**.", ["person", "city"]), match_type("town", ["person", "city"])
    ('city', None)
    """
    names = offered(types, zero_shot)
    said = list(forms(well_formed(after_thinking(answer)[:LONGEST_ANSWER])))
    shown = {well_formed(name): name for name in names}
    if len(shown) < len(names):  # names that differ in lone surrogates alone look the same to a server
        shown = {}
    exact = next((shown[form] for form in said if form in shown), None)
    if exact is not None:
        return exact
    alike = bare_names(names)
    for form in said:
        if matches := alike.get(bare(form)):
            return matches[0] if len(matches) == 1 else None
    return nearest_type(bare(said[0]), alike) if said else None


def forms(answer: str) -> Iterator[str]:
    """Yield what may be the name in an answer, the likeliest first."""
    lines = [line.strip() for line in answer.splitlines() if line.strip("` \t")]
    for candidate in (answer.strip(), *lines[:1]):
        if candidate:
            yield candidate
    if lines and ":" in lines[0]:
        yield lines[0].rpartition(":")[2].strip()


@lru_cache(maxsize=16)
def bare_names(names: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the names by their bare forms; of names with the same bare form only an exact answer tells which."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(bare(well_formed(name)), []).append(name)
    return alike


def bare(name: str) -> str:
    """Return a name with its spelling variants made alike, without what models wrap it in.

    >>> bare("**“Sports  Team”**.")
    'sports team'
    """
    folded = " ".join(fold(name).text.replace(MARKER, "").split())
    return folded.strip(WRAPPING) or folded


def nearest_type(said: str, alike: dict[str, list[str]]) -> str | None:
    """Return the only type that is nearest to a misspelt name, or ``None`` if none is near enough."""
    levenshtein()  # says what to install
    from rapidfuzz.distance.Levenshtein import normalized_similarity
    from rapidfuzz.process import extract

    if not said or len(said) > 2 * max(map(len, alike)):
        return None
    near = extract(said, list(alike), scorer=normalized_similarity, score_cutoff=MIN_TYPE, limit=2)
    if not near or (len(near) == 2 and near[0][1] == near[1][1]):
        return None
    name = near[0][0]
    # "type 12" is no slip for "type 13".
    return alike[name][0] if len(alike[name]) == 1 and DIGITS.findall(name) == DIGITS.findall(said) else None
