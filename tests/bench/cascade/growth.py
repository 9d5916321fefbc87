"""Cost against sentence length, number of mentions and number of types, by forward passes, tokens and seconds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from cascadener_models import CascadeNER
from cascadener_models.backends.base import CLASSIFIER
from cascadener_models.backends.local.backend import LocalBackend
from cascadener_models.classifier import Classifier, Task
from dynamicner_dataset.sentences import Sentence
from dynamicner_dataset.taxonomy import load_taxonomy
from tests.bench.cascade.speed import sample

#: Characters of the texts: one sentence up to many windows.
LENGTHS = (50, 100, 200, 400, 800, 1600)
MENTIONS = (1, 2, 4, 8, 16)
#: Coarse, medium, fine, and lists beyond the project's own.
TYPES = (8, 31, 155, 620)
REPEATS = 1


def measure() -> dict[str, Any]:
    """Return the three growth series."""
    ner = CascadeNER.from_pretrained()
    sentences = [sentence for sentence in sample(40) if sentence.lang == "en"]
    backend = ner.backend
    ner(sentences[0].text, types=["person", "place"])
    return {
        "length": [by_length(ner, sentences, size) for size in LENGTHS],
        "mentions": [by_mentions(backend, sentences, count) for count in MENTIONS],
        "types": [by_types(backend, sentences, count) for count in TYPES] + [by_tree(backend, sentences)],
    }


def by_length(ner: CascadeNER, sentences: Sequence[Sentence], size: int) -> dict[str, Any]:
    """Extract one text of a given length, k=1."""
    text = " ".join(sentence.text for sentence in sentences)[:size]
    began = time.perf_counter()
    for _ in range(REPEATS):
        prediction = ner(text, k=1)
    seconds = (time.perf_counter() - began) / REPEATS
    cost = prediction.cost.extraction
    return {
        "characters": size,
        "seconds": round(seconds, 3),
        "tokens_out": cost.tokens_out,
        "passes": round(cost.passes, 1),
    }


def tasks(sentences: Sequence[Sentence], count: int) -> list[tuple[str, tuple[int, int]]]:
    """Return mentions of the corpus."""
    found = [(sentence.text, mention[:2]) for sentence in sentences for mention in sentence.mentions]
    return found[:count]


def by_mentions(backend: LocalBackend, sentences: Sequence[Sentence], count: int) -> dict[str, Any]:
    """Name a number of mentions down the tree."""
    return timed_names(backend, tasks(sentences, count), load_taxonomy()) | {"mentions": count}


def by_tree(backend: LocalBackend, sentences: Sequence[Sentence]) -> dict[str, Any]:
    """Name eight mentions down the tree."""
    return timed_names(backend, tasks(sentences, 8), load_taxonomy()) | {"types": "155, tree"}


def by_types(backend: LocalBackend, sentences: Sequence[Sentence], count: int) -> dict[str, Any]:
    """Name eight mentions from a flat list of a given length, long ones in parts as the cascade asks them."""
    return timed_names(backend, tasks(sentences, 8), many_names(count)) | {"types": f"{count}, flat"}


def timed_names(backend: LocalBackend, mentions: Sequence[tuple[str, tuple[int, int]]], types: Any) -> dict[str, Any]:
    """Name mentions from a list or down a tree, nothing remembered."""
    backend.runner.use(CLASSIFIER)
    backend.scorer.stems.clear()
    began = time.perf_counter()
    named = Classifier(backend).name([Task(text, span, types) for text, span in mentions])
    seconds = time.perf_counter() - began
    return {
        "seconds": round(seconds, 3),
        "per_mention": round(seconds / len(mentions), 4),
        "passes": round(sum(one.cost.passes for one in named), 1),
    }


def many_names(count: int) -> tuple[str, ...]:
    """Return that many different type names, the taxonomy's first."""
    tree = load_taxonomy()
    level = {8: "coarse", 31: "medium"}.get(count, "fine")
    names = list(dict.fromkeys(node.name for node in tree.level(level)))
    while len(names) < count:
        names += [f"{name} {len(names) // 155}" for name in names[:155]]
    return tuple(dict.fromkeys(names))[:count]
