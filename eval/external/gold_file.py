"""Gold as JSON lines: what ``python -m eval external`` writes, and ``--data FILE`` reads everywhere.

    {"id": "ai-000001", "lang": "en", "text": "Prolog", "types": ["field", "programming language"],
     "entities": [{"start": 0, "end": 6, "text": "Prolog", "label": "programming language"}]}

Offsets are code points, ends exclusive; mentions are flat and sorted. Further keys are passed over, so that rows of
our own dataset, saved as JSON lines, are read too: dynamic rows as they are, base rows (without ``types``, with
``fine``) as mentions named from the tree.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, nearest, shorten
from dynamicner_dataset.formats.jsonl import check_surface, parse_json, take
from dynamicner_dataset.sentences import Mention, check_mentions
from dynamicner_dataset.taxonomy import load_taxonomy
from dynamicner_dataset.taxonomy_file import check_type_name
from dynamicner_dataset.textlines import read_lines
from eval.cascadener.matching import Marked
from eval.gold import Gold

WHAT = "the sentence"


def gold_lines(sentences: Iterable[Gold]) -> Iterator[str]:
    """Yield the lines of a file, each with its newline."""
    for one in sentences:
        yield json.dumps(to_row(one), ensure_ascii=False) + "\n"


def to_row(one: Gold) -> dict[str, Any]:
    """Return the object of one line."""
    head: dict[str, Any] = {"id": one.id, "lang": one.lang, "text": one.text}
    if one.types is not None:
        head["types"] = list(one.types)
    key = "fine" if one.types is None else "label"
    places = [{"start": mention.start, "end": mention.end, "text": mention.text} for mention in one.mentions]
    names = [{key: mention.type} for mention in one.mentions]
    fine = [{"fine": name} for name in one.fine] or [{}] * len(places)
    return head | {"entities": [place | name | more for place, name, more in zip(places, names, fine, strict=True)]}


def read_gold_file(path: Path) -> list[Gold]:
    """Return the sentences of a file.

    Raises:
        InputError: With file and line of the first thing that is wrong: no JSON object, a key missing or of a wrong
            kind, an id used twice in one language, an entity that is not ``text[start:end]``, mentions that overlap or
            are out of order, a type list that is empty, has a name twice or one that no prompt can hold, or a label
            that is not on it.
    """
    found: list[Gold] = []
    seen: dict[tuple[str, str], int] = {}
    for number, line in read_lines(path):
        value = parse_json(line, path, number)
        try:
            one = gold_of_json(value)
            if (one.lang, one.id) in seen:
                raise InputError(f"id {shorten(one.id)} is used on line {seen[one.lang, one.id]} too")
        except InputError as error:
            raise InputError(error.problem, path, number) from error
        seen[one.lang, one.id] = number
        found.append(one)
    return found


def gold_of_json(value: object) -> Gold:
    """Return the sentence of one parsed line; raise :class:`InputError` where it has not the wanted form."""
    key, lang, text = (take(value, name, str, WHAT) for name in ("id", "lang", "text"))
    for name, string in (("id", key), ("lang", lang), ("text", text)):
        if not string.strip():
            raise InputError(f"{name!r} of {WHAT} is empty")
    types = types_of(value)
    entries = [(f"entity {at}", entry) for at, entry in enumerate(take(value, "entities", list, WHAT), 1)]
    mentions = tuple(mention_of(entry, text, types, what) for what, entry in entries)
    check_mentions(text, tuple(Mention(*mention[:3]) for mention in mentions))
    return Gold(key, lang, text, types, mentions, fine_of(entry for _, entry in entries))


def types_of(value: Any) -> tuple[str, ...] | None:
    """Return the type list of a sentence; ``None`` where it has none."""
    if value.get("types") is None:
        return None
    types = take(value, "types", list, WHAT)
    if not types:
        raise InputError(f"'types' of {WHAT} is empty; at least one type is wanted")
    for name in types:
        check_type_name(name)
    name, times = Counter(types).most_common(1)[0]
    if times > 1:
        raise InputError(f"type {shorten(name)} stands twice in 'types'")
    return tuple(types)


def mention_of(entry: Any, text: str, types: tuple[str, ...] | None, what: str) -> Marked:
    """Return one mention; without a type list its name is one of the tree's fine types."""
    start, end = take(entry, "start", int, what), take(entry, "end", int, what)
    surface = take(entry, "text", str, what)
    check_surface(text, start, end, surface)
    if types is None:
        return Marked(start, end, load_taxonomy().leaf(take(entry, "fine", str, what)).name, surface)
    label = take(entry, "label", str, what)
    if label not in types:
        raise InputError(f"label {shorten(label)} of {what} is not in 'types'{nearest(label, types)}")
    return Marked(start, end, label, surface)


def fine_of(entries: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the fine types, where every mention has one; otherwise none."""
    names = [entry.get("fine") for entry in entries]
    return tuple(load_taxonomy().leaf(name).name for name in names) if all(isinstance(n, str) for n in names) else ()
