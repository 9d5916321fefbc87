"""JSON lines: one sentence a line, with offsets; what leaves here comes back unchanged.

    {"id": "en-0001", "lang": "en", "text": "Rome burns", "entities": [{"start": 0, "end": 4, "text": "Rome",
     "fine": "city"}], "domain": "science", "register": "encyclopedic", "source": "corpus"}

Offsets count Unicode code points, end exclusive. ``domain``, ``register`` and ``source`` may be left out;
further keys are passed over, so that rows of the data set, saved as JSON lines, are read too.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.sentences import Mention, Sentence, check_mentions
from dynamicner_dataset.taxonomy import Taxonomy
from dynamicner_dataset.textlines import read_lines

#: Keys a line may lack, empty by default.
OPTIONAL = ("domain", "register", "source")
#: An escape that may decode to half a character, which no UTF-8 file could hold.
SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
TYPE_NAMES = {str: "a string", int: "a whole number", list: "a list", dict: "an object"}


def parse_json(text: str, path: Path, line: int = 1) -> Any:
    """Parse strict JSON: no ``NaN`` or ``Infinity``, no key twice in an object, no half characters.

    Args:
        text: The JSON text.
        path: Its file, for messages.
        line: Line of the file the text begins on, counted from 1.

    Raises:
        InputError: With the line and, for broken syntax, the column.
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
        if SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        row = line + error.lineno - 1
        raise InputError(f"is not valid JSON: {error.msg}", path, row, error.colno) from error
    except InputError as error:
        raise InputError(error.problem, path, line) from error
    except UnicodeEncodeError as error:
        raise InputError("has a surrogate escape (\\ud800 to \\udfff) without its other half", path, line) from error
    except (RecursionError, ValueError) as error:
        raise InputError(f"is JSON that cannot be held: {error}", path, line) from error
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise InputError(f"key {shorten(twice)} stands twice in one JSON object")
    return found


def _refuse_constant(name: str) -> None:
    raise InputError(f"{name} is no JSON value")


def take(entry: object, key: str, kind: type, what: str) -> Any:
    """Return ``entry[key]``, which must be of exactly the type ``kind``.

    Args:
        entry: A parsed JSON value that should be an object.
        key: The key wanted.
        kind: ``str``, ``int``, ``list`` or ``dict``; a boolean is no ``int``.
        what: Name of the entry for messages, such as ``the sentence``.

    Raises:
        InputError: If the entry is no object, lacks the key, or its value is of another type.
    """
    if not isinstance(entry, dict):
        raise InputError(f"{what} must be an object, not {shorten(json.dumps(entry, ensure_ascii=False))}")
    if key not in entry:
        raise InputError(f"{what} lacks the key {key!r}")
    value = entry[key]
    if type(value) is not kind:
        found = shorten(json.dumps(value, ensure_ascii=False))
        raise InputError(f"{key!r} of {what} must be {TYPE_NAMES[kind]}, not {found}")
    return value


def check_surface(text: str, start: int, end: int, surface: str) -> None:
    """Check that ``text[start:end]`` is ``surface``; offsets in code points, end exclusive.

    Raises:
        InputError: If it is not; where the offsets fit in another unit, the message names it.
    """
    if 0 <= start < end <= len(text) and text[start:end] == surface:
        return
    found = shorten(text[start:end]) if 0 <= start < end <= len(text) else "out of range"
    raise InputError(
        f"entity {shorten(surface)} is not what stands at {start}:{end} ({found}); offsets count Unicode "
        f"code points, end exclusive{other_unit(text, start, end, surface)}"
    )


def other_unit(text: str, start: int, end: int, surface: str) -> str:
    """Return a clause that names the unit in which the offsets fit, or an empty string.

    >>> other_unit("né à Rome", 7, 11, "Rome")
    '; these fit in UTF-8 bytes'
    """
    if not surface or not 0 <= start <= end:
        return ""
    if text.encode("utf-8")[start:end] == surface.encode("utf-8"):
        return "; these fit in UTF-8 bytes"
    if text.encode("utf-16-le")[2 * start : 2 * end] == surface.encode("utf-16-le"):
        return "; these fit in UTF-16 code units"
    if text[start : end + 1] == surface:
        return "; these fit with the end inclusive"
    return ""


def read(path: Path, lang: str | None = None, taxonomy: Taxonomy | None = None) -> Iterator[Sentence]:
    """Yield the sentences of a file.

    Args:
        path: The file.
        lang: The language every sentence must have; any by default.
        taxonomy: Where types are looked up; by default their names are taken as they stand.

    Raises:
        InputError: With file and line of the first thing that is wrong: no valid JSON, a key missing or of
            a wrong type, an id used twice, an entity that is not ``text[start:end]``, mentions that overlap,
            another language than ``lang``, or a type that ``taxonomy`` does not know.
    """
    seen: dict[str, int] = {}
    for number, line in read_lines(path):
        value = parse_json(line, path, number)
        try:
            sentence = settle(to_sentence(value), lang, taxonomy)
        except InputError as error:
            raise InputError(error.problem, path, number) from error
        if sentence.id in seen:
            raise InputError(f"id {shorten(sentence.id)} is used on line {seen[sentence.id]} too", path, number)
        seen[sentence.id] = number
        yield sentence


def settle(sentence: Sentence, lang: str | None, taxonomy: Taxonomy | None) -> Sentence:
    """Return the sentence with its types under their names in the taxonomy.

    Raises:
        InputError: If it is in another language than ``lang``, or has an unknown type.
    """
    if lang is not None and sentence.lang != lang:
        raise InputError(f"{shorten(sentence.id)} is in {shorten(sentence.lang)}; the file is for {lang!r}")
    if taxonomy is None:
        return sentence
    mentions = tuple(mention._replace(fine=taxonomy.leaf(mention.fine).name) for mention in sentence.mentions)
    return dataclasses.replace(sentence, mentions=mentions)


def to_sentence(value: object) -> Sentence:
    """Return the sentence of one parsed line; raise :class:`InputError` where it has not the wanted form."""
    key, lang, text = (take(value, name, str, "the sentence") for name in ("id", "lang", "text"))
    for name, found in (("id", key), ("lang", lang), ("text", text)):
        if not found.strip():
            raise InputError(f"{name!r} of the sentence is empty")
    entries = take(value, "entities", list, "the sentence")
    mentions = tuple(_to_mention(entry, text, f"entity {number}") for number, entry in enumerate(entries, 1))
    check_mentions(text, mentions)
    extra = {name: take(value, name, str, "the sentence") for name in OPTIONAL if name in value}
    return Sentence(key, lang, text, mentions, **extra)


def _to_mention(entry: object, text: str, what: str) -> Mention:
    start, end = take(entry, "start", int, what), take(entry, "end", int, what)
    check_surface(text, start, end, take(entry, "text", str, what))
    return Mention(start, end, take(entry, "fine", str, what))


def to_dict(sentence: Sentence) -> dict[str, Any]:
    """Return the object that stands for a sentence on its line."""
    entities = [
        {"start": mention.start, "end": mention.end, "text": sentence.surface(mention), "fine": mention.fine}
        for mention in sentence.mentions
    ]
    head = {"id": sentence.id, "lang": sentence.lang, "text": sentence.text, "entities": entities}
    return head | {name: getattr(sentence, name) for name in OPTIONAL}


def write(sentences: Iterable[Sentence]) -> Iterator[str]:
    """Yield the lines of a file, each with its newline."""
    for sentence in sentences:
        yield json.dumps(to_dict(sentence), ensure_ascii=False) + "\n"
