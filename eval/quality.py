"""How good a pair of adapters is: each step alone, and the cascade from end to end, language by language."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from cascadener_models import CascadeNER
from cascadener_models.classifier import Task
from cascadener_models.results import Prediction
from dynamicner_dataset.counts import accuracies, count_all
from dynamicner_dataset.sentences import Sentence
from dynamicner_dataset.taxonomy import LEVELS, Taxonomy
from eval.cascadener.matching import Marked, by_text, spans, strict

Progress = Callable[[str, int], None]


def measure(
    ner: CascadeNER,
    groups: Mapping[str, Sequence[Sentence]],
    taxonomy: Taxonomy,
    progress: Progress = lambda name, done: None,
) -> dict[str, Any]:
    """Return the figures of each group of sentences.

    Args:
        ner: The cascade, with the options to be measured.
        groups: Sentences by name (a language, a file).
        taxonomy: The tree that mentions are named from.
        progress: Told the group's name and the number of sentences done in it.
    """
    found = {}
    for name, sentences in groups.items():
        progress(name, 0)
        found[name] = measure_group(ner, sentences, taxonomy)
        progress(name, len(sentences))
    return found


def measure_group(ner: CascadeNER, sentences: Sequence[Sentence], taxonomy: Taxonomy) -> dict[str, Any]:
    """Return the figures of one group."""
    began = time.perf_counter()
    predictions = ner([sentence.text for sentence in sentences], types=taxonomy)
    seconds = time.perf_counter() - began
    pairs = [
        (predicted(prediction), gold(sentence, taxonomy))
        for prediction, sentence in zip(predictions, sentences, strict=True)
    ]
    return {
        "sentences": len(sentences),
        "mentions": sum(len(sentence.mentions) for sentence in sentences),
        "extraction": score(cut(pairs, 0), spans),
        "classification": classification(ner, sentences, taxonomy),
        "cascade": {level: score(cut(pairs, at), strict) for at, level in enumerate(LEVELS)},
        "cascade_by_text": score(cut(pairs, len(LEVELS) - 1), by_text),
        "seconds": round(seconds, 1),
    }


#: Mentions of one sentence, each with all names from the top of the tree down.
Side = list[tuple[Marked, tuple[str, ...]]]
#: Predicted and gold.
Pair = tuple[Side, Side]


def predicted(prediction: Prediction) -> Side:
    """Return what the cascade found, with the way down the tree."""
    return [(Marked(one.start, one.end, one.type or "", one.text), one.path) for one in prediction.entities]


def gold(sentence: Sentence, taxonomy: Taxonomy) -> Side:
    """Return what is to be found, with the way down the tree."""
    return [
        (
            Marked(mention.start, mention.end, mention.fine, sentence.surface(mention)),
            tuple(node.name for node in taxonomy.leaf(mention.fine).path),
        )
        for mention in sentence.mentions
    ]


def cut(pairs: Sequence[Pair], level: int) -> list[tuple[list[Marked], list[Marked]]]:
    """Return mentions with their types at a level; a way that ends above it stands with its last name."""
    return [
        tuple([mention._replace(type=path[min(level, len(path) - 1)]) for mention, path in side] for side in pair)
        for pair in pairs
    ]


def score(
    pairs: Sequence[tuple[list[Marked], list[Marked]]], key: Callable[[list[Marked]], set[Hashable]]
) -> dict[str, float]:
    """Return micro precision, recall and F1 under a way of matching."""
    counts = count_all((key(ours), key(theirs)) for ours, theirs in pairs)
    return {name: round(value, 4) for name, value in counts.to_dict().items()}


def classification(ner: CascadeNER, sentences: Sequence[Sentence], taxonomy: Taxonomy) -> dict[str, float]:
    """Return the accuracy on gold mentions at each level, down the tree as the cascade's options say."""
    asked = [(sentence, mention) for sentence in sentences for mention in sentence.mentions]
    named = ner.classifier().name([Task(sentence.text, mention[:2], taxonomy) for sentence, mention in asked])
    gold_paths = [[node.name for node in taxonomy.leaf(mention.fine).path] for _, mention in asked]
    shares = accuracies([one.path for one in named], gold_paths)
    return {level: round(share, 4) for level, share in zip(LEVELS, shares or [0.0] * len(LEVELS), strict=True)}
