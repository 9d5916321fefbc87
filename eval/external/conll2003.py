"""CoNLL-2003, English: news, 4 types.

Hub: ``eriktks/conll2003`` (a loading script; the Hub's Parquet copy is read).
Licence: the annotation is free; the text is Reuters' (RCV1), for research under an agreement with NIST.
Languages: en. Paper: Tjong Kim Sang and De Meulder, 2003, "Introduction to the CoNLL-2003 Shared Task".
Files: four columns ``token POS chunk tag`` parted by spaces, in IOB1 (as released) or IOB2; two columns are read too.
What we change: ``-DOCSTART-`` lines are dropped, tokens are joined by single spaces, labels get plain names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eval.external import columns, jsonl_rows
from eval.external.hub import PARQUET_COPY, HubSource
from eval.external.label_map import Labels, labels_of, load_label_map
from eval.external.options import Choices, Options, is_jsonl
from eval.external.tagged import Tagged

NAME = "conll2003"
CHOICES: Choices = {"lang": ("en",)}
COLUMNS = columns.Columns((2, 4), "Rome NNP B-NP B-LOC")


def labels(options: Options) -> Labels:
    """Return the names of the labels."""
    return labels_of(load_label_map(NAME), misc=options.misc is not False)


def hub_source(options: Options) -> HubSource:
    """Return where the set is on the Hub."""
    return HubSource("eriktks/conll2003", None, revision=PARQUET_COPY)


def read_file(path: Path, options: Options) -> Iterator[Tagged]:
    """Yield the sentences of a local file; faults are :class:`InputError` with file and line."""
    if is_jsonl(path):
        return jsonl_rows.read(path, ("ner_tags", "tags"))
    return columns.read(path, COLUMNS)
