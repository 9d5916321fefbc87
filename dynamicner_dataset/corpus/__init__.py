"""The packaged seed corpus: 9,000 sentences in 8 languages, and the split each belongs to.

Its sentences were written and annotated for this project by a language model; they are not the paper's human-annotated
Wikipedia text. Licence: CC-BY-4.0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from dynamicner_dataset.errors import InputError
from dynamicner_dataset.formats import inline
from dynamicner_dataset.languages import check_language
from dynamicner_dataset.sentences import Sentence
from dynamicner_dataset.textlines import read_lines

#: Value of the column ``source`` for the packaged sentences.
SOURCE = "dynamicner-seed"
SPLITS = ("train", "validation", "test")


def corpus_folder() -> Path:
    """Return the folder of the packaged corpus."""
    return Path(str(files("dynamicner_dataset.corpus")))


def read_corpus(lang: str) -> Iterator[Sentence]:
    """Yield the packaged sentences of one language.

    >>> next(read_corpus("en")).id
    'en-0001'
    """
    for sentence in inline.read(corpus_folder() / f"{check_language(lang)}.tsv", lang):
        yield dataclasses.replace(sentence, source=SOURCE)


def read_split(lang: str, split: str) -> Iterator[Sentence]:
    """Yield the packaged sentences of one language and split."""
    splits = read_splits()
    return (sentence for sentence in read_corpus(lang) if splits[sentence.id] == split)


@cache
def read_splits() -> dict[str, str]:
    """Return the split of every packaged sentence, by id.

    The assignment is a file, made once by ``python -m build split``: a sentence keeps its split when an annotation of
    another is mended, so test sentences stay test sentences from release to release.

    Raises:
        InputError: If a line is not ``id<TAB>split``.
    """
    path = corpus_folder() / "splits.tsv"
    splits: dict[str, str] = {}
    for number, line in read_lines(path, final_newline=True):
        key, _, split = line.partition("\t")
        if split not in SPLITS or key in splits:
            raise InputError(f"an id, a tab and one of {', '.join(SPLITS)} are wanted, each id once", path, number)
        splits[key] = split
    return splits
