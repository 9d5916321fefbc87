"""MultiCoNER, first edition (SemEval 2022, task 11): short lower-cased sentences, queries and questions, 6 types.

Hub: ``MultiCoNER/multiconer_v1`` (a loading script; the Hub's Parquet copy is read), one config a language.
Licence: CC BY 4.0. Languages: 11, of which the paper takes en, es, ru, de, zh and ko.
Paper: Malmasi et al., 2022, "MultiCoNER: A Large-scale Multilingual Dataset for Complex Named Entity Recognition".
Files (``en_dev.conll``): four columns ``token _ _ tag`` in IOB2, before each sentence ``# id ID domain=SPLIT``.
What we change: tokens are joined by single spaces, in zh by nothing; ids are those of the comments. The paper names
33 types and 12 languages, which are the second edition's; its tables have 6 types, so the first is read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dynamicner_dataset.languages import LANGUAGES
from eval.external import columns, jsonl_rows
from eval.external.hub import PARQUET_COPY, HubSource
from eval.external.label_map import Labels, labels_of, load_label_map
from eval.external.options import WANTED, Choices, Options, is_jsonl
from eval.external.tagged import Tagged

NAME = "multiconer"
CHOICES: Choices = {"lang": (WANTED, "en", "es", "ru", "de", "zh", "ko")}
COMMENT = "# id "
COLUMNS = columns.Columns((4,), "roma _ _ B-LOC", comment=COMMENT)


def labels(options: Options) -> Labels:
    """Return the names of the labels."""
    return labels_of(load_label_map(NAME))


def hub_source(options: Options) -> HubSource:
    """Return where the set is on the Hub."""
    config = f"{LANGUAGES[options.lang]} ({options.lang.upper()})"
    return HubSource("MultiCoNER/multiconer_v1", config, ("ner_tags", "ner_tags_index"), PARQUET_COPY)


def read_file(path: Path, options: Options) -> Iterator[Tagged]:
    """Yield the sentences of a local file; faults are :class:`InputError` with file and line."""
    if is_jsonl(path):
        return jsonl_rows.read(path, ("ner_tags", "tags"))
    return columns.read(path, COLUMNS, id_of)


def id_of(comment: str) -> str:
    r"""Return the id that a comment gives; an empty string without a comment.

    >>> id_of("# id 5239d808-f300\tdomain=dev")
    '5239d808-f300'
    """
    words = comment.removeprefix(COMMENT).split()
    return words[0] if words else ""
