"""CrossNER: Wikipedia in five domains, 9 to 17 types each.

Hub: ``DFKI-SLT/cross_ner`` (a loading script; the Hub's Parquet copy is read), one config a domain.
Licence: MIT. Languages: en. Paper: Liu et al., 2021, "CrossNER: Evaluating Cross-Domain Named Entity Recognition".
Files: two columns ``token TAB tag`` in IOB2 (``ai/test.txt``).
What we change: tokens are joined by single spaces; labels get plain names ("programming language" for programlang).
With ``--no-misc`` the type "miscellaneous" leaves the list and its mentions the gold, as UniversalNER scores; the
paper's counts of types (9, 17, 13, 12, 14) have it. The two are not comparable.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eval.external import columns, jsonl_rows
from eval.external.hub import PARQUET_COPY, HubSource
from eval.external.label_map import Labels, labels_of, load_label_map
from eval.external.options import WANTED, Choices, Options, is_jsonl
from eval.external.tagged import Tagged

NAME = "crossner"
CHOICES: Choices = {"lang": ("en",), "domain": (WANTED, "politics", "science", "music", "literature", "ai")}
COLUMNS = columns.Columns((2,), "Prolog\tB-programlang")


def labels(options: Options) -> Labels:
    """Return the names of the domain's labels."""
    return labels_of(load_label_map(NAME), options.domain, misc=options.misc is not False)


def hub_source(options: Options) -> HubSource:
    """Return where the set is on the Hub."""
    return HubSource("DFKI-SLT/cross_ner", options.domain, revision=PARQUET_COPY)


def read_file(path: Path, options: Options) -> Iterator[Tagged]:
    """Yield the sentences of a local file; faults are :class:`InputError` with file and line."""
    if is_jsonl(path):
        return jsonl_rows.read(path, ("ner_tags", "tags"))
    return columns.read(path, COLUMNS)
