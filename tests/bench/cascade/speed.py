"""Sentences a second, the plain way and ours, same model and sentences, with F1 and copy rate beside each."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from cascadener_models import CascadeNER
from cascadener_models.backends.local.backend import LocalBackend
from dynamicner_dataset.corpus import read_split
from dynamicner_dataset.languages import LANGUAGES
from dynamicner_dataset.sentences import Sentence
from dynamicner_dataset.taxonomy import load_taxonomy
from tests.bench.cascade.plain import Plain
from tests.bench.cascade.score import Marked, f1, spans

#: Sentences of each language; the plain way takes the best part of a minute for one.
PER_LANGUAGE = 2
#: Sentences of each language for ours alone, where more are needed to fill batches.
PER_LANGUAGE_OURS = 8
BATCH_SIZES = (1, 4, 16)


def sample(per_language: int) -> list[Sentence]:
    """Return the first sentences of each language's validation split."""
    return [one for lang in LANGUAGES for one in islice(read_split(lang, "validation"), per_language)]


def gold(sentence: Sentence) -> set[Marked]:
    """Return what is to be found."""
    return {tuple(mention) for mention in sentence.mentions}


def measure() -> dict[str, Any]:
    """Return the figures of all runs."""
    ner = CascadeNER.from_pretrained()
    few, many = sample(PER_LANGUAGE), sample(PER_LANGUAGE_OURS)
    ner([sentence.text for sentence in few[:2]], types="dynamicner", k=1)  # heads are computed once, before
    return {
        "model": {name: str(value) for name, value in ner.info().items() if name != "options"},
        "sentences": {"plain": len(few), "ours": len(many)},
        "plain k=1, extraction": measure_plain(ner.backend, few, k=1, tree=False),
        "ours k=1, extraction": measure_ours(ner, few, k=1, tree=False),
        "plain k=3, cascade": measure_plain(ner.backend, few, k=3, tree=True),
        "ours k=3, cascade": measure_ours(ner, few, k=3, tree=True),
        "ours, by batch size": [measure_batch(ner, many, size) for size in BATCH_SIZES],
    }


def measure_plain(backend: LocalBackend, sentences: list[Sentence], *, k: int, tree: bool) -> dict[str, Any]:
    """Run the plain way, sentence by sentence."""
    plain, taxonomy = Plain(backend), load_taxonomy()

    def run() -> list[set[Marked]]:
        found = []
        for sentence in sentences:
            fused = plain.extract(sentence.text, k)
            named = [plain.classify(sentence.text, one[:2], taxonomy) if tree else None for one in fused]
            found.append({(*one[:2], node.name if node else "") for one, node in zip(fused, named, strict=True)})
        return found

    return timed(run, sentences, tree=tree) | {"copy_rate": round(plain.copies / plain.answers, 4)}


def measure_ours(ner: CascadeNER, sentences: list[Sentence], *, k: int, tree: bool) -> dict[str, Any]:
    """Run ours; nothing is remembered from earlier runs."""
    texts = [sentence.text for sentence in sentences]
    fresh = CascadeNER(ner.backend, k=k)
    ner.backend.scorer.stems.clear()

    def run() -> list[set[Marked]]:
        predictions = fresh(texts, types="dynamicner" if tree else None)
        return [{(one.start, one.end, one.type or "") for one in prediction} for prediction in predictions]

    return timed(run, sentences, tree=tree) | {"copy_rate": 1.0}


def measure_batch(ner: CascadeNER, sentences: list[Sentence], size: int) -> dict[str, Any]:
    """Run ours at one batch size."""
    before, ner.backend.batch_size = ner.backend.batch_size, size
    try:
        extraction = measure_ours(ner, sentences, k=1, tree=False)
        fused = measure_ours(ner, sentences, k=3, tree=False)
    finally:
        ner.backend.batch_size = before
    return {"batch_size": size, "k=1": extraction["per_second"], "k=3": fused["per_second"]}


def timed(run: Callable[[], list[set[Marked]]], sentences: list[Sentence], *, tree: bool) -> dict[str, Any]:
    """Time one run and score what it found."""
    began = time.perf_counter()
    found = run()
    seconds = time.perf_counter() - began
    wanted = [gold(sentence) for sentence in sentences]
    figures = {
        "seconds": round(seconds, 2),
        "per_second": round(len(sentences) / seconds, 4),
        "mentions": sum(map(len, found)),
        "span": f1(map(spans, found), map(spans, wanted)),
    }
    return figures | ({"span and type": f1(found, wanted)} if tree else {})
