"""PAN-X, the balanced part of WikiANN: Wikipedia, 3 types, silver annotation from links.

Hub: ``unimelb-nlp/wikiann``, one config a language. Licence: none stated; the text is Wikipedia's (CC BY-SA).
Languages: 176, of which the paper takes en, es, fr, ru, de, zh, ja and ko.
Paper: Pan et al., 2017, "Cross-lingual Name Tagging and Linking for 282 Languages"; splits of Rahimi et al., 2019.
Files: two columns ``en:token TAB tag`` in IOB2; without the prefix (as XTREME prepares them) they are read too.
What we change: the language prefix goes; tokens are joined by single spaces, in zh and ja by nothing; tokens that are
blank (the set has some) are passed over and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from dynamicner_dataset.errors import InputError, shorten
from eval.external import columns, jsonl_rows
from eval.external.hub import HubSource
from eval.external.label_map import Labels, labels_of, load_label_map
from eval.external.options import WANTED, Choices, Options, is_jsonl
from eval.external.tagged import Tagged

NAME = "panx"
CHOICES: Choices = {"lang": (WANTED, "en", "es", "fr", "ru", "de", "zh", "ja", "ko")}


def labels(options: Options) -> Labels:
    """Return the names of the labels."""
    return labels_of(load_label_map(NAME))


def hub_source(options: Options) -> HubSource:
    """Return where the set is on the Hub."""
    return HubSource("unimelb-nlp/wikiann", options.lang)


def read_file(path: Path, options: Options) -> Iterator[Tagged]:
    """Yield the sentences of a local file; faults are :class:`InputError` with file and line."""
    if is_jsonl(path):
        return jsonl_rows.read(path, ("ner_tags", "tags"))
    example = f"{options.lang}:Roma\tB-LOC"
    return columns.read(path, columns.Columns((2,), example, token=token_reader(options.lang)))


def token_reader(lang: str) -> Callable[[str], str]:
    """Return a function that takes the language off a token; the first token says whether the file has it.

    A file with prefixes has one on every line: a token without, or with that of another language, is a fault.
    """
    prefix = f"{lang}:"
    prefixed: bool | None = None

    def read_token(column: str) -> str:
        nonlocal prefixed
        prefixed = starts_with_language(column) if prefixed is None else prefixed
        if prefixed and not column.startswith(prefix):
            raise InputError(f"token {shorten(column)} does not begin with {prefix!r}; is --lang {lang} right?")
        return column.removeprefix(prefix) if prefixed else column

    return read_token


def starts_with_language(column: str) -> bool:
    """Say whether a token begins with the code of a language the paper takes."""
    code, colon, _ = column.partition(":")
    return bool(colon) and code in CHOICES["lang"] and code != WANTED
