"""Validation by use: the extractor extracts, the classifier classifies, on sentences it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cascadener_models.backends.base import EXTRACTOR, Question, Rounds
from cascadener_models.backends.local.backend import LocalBackend
from cascadener_models.classifier import Classifier, Task
from dynamicner_dataset.counts import accuracies, count_all
from dynamicner_dataset.taxonomy import LEVELS, load_taxonomy
from train.data import Row

#: One greedy round: what the extractor itself finds, without fusion.
ONE_ROUND = Rounds(k=1)
Figures = dict[str, float]


def validator(backend: LocalBackend, stage: str, base: Sequence[Row], dynamic: Sequence[Row]) -> Callable[[], Figures]:
    """Return what validates a stage's adapter as it is now.

    Args:
        backend: Around the model in training.
        stage: The adapter's.
        base: Base rows of the validation split.
        dynamic: Dynamic rows of it; for the classifier.
    """

    def validate() -> Figures:
        """Return the figures of the adapter as it is now, with nothing of before in the back end's caches."""
        backend.close()
        try:
            return (
                validate_extractor(backend, base) if stage == EXTRACTOR else validate_classifier(backend, base, dynamic)
            )
        finally:
            backend.close()

    return validate


def validate_extractor(backend: LocalBackend, rows: Sequence[Row]) -> Figures:
    """Return precision, recall and F1 of mentions, strict spans, one greedy round."""
    found = backend.extract([row["text"] for row in rows], ONE_ROUND)
    predicted = [{(mention.start, mention.end) for mention in one.rounds[0].mentions} for one in found]
    gold = [{(entity["start"], entity["end"]) for entity in row["entities"]} for row in rows]
    return count_all(zip(predicted, gold, strict=True)).to_dict()


def validate_classifier(backend: LocalBackend, base: Sequence[Row], dynamic: Sequence[Row]) -> Figures:
    """Return accuracies on gold mentions: coarse, medium, fine down the tree, and from the sentences' own lists.

    ``f1`` is the mean of fine and own-list accuracy: with gold mentions, micro F1 is accuracy.
    """
    figures: Figures = {}
    if base:
        asked = [(row["text"], span_of(entity), entity) for row in base for entity in row["entities"]]
        named = Classifier(backend).name([Task(text, span, load_taxonomy()) for text, span, _ in asked])
        gold = [[entity[level] for level in LEVELS] for *_, entity in asked]
        shares = accuracies([one.path for one in named], gold)
        figures |= {f"{level}_accuracy": share for level, share in zip(LEVELS, shares or [0.0] * 3, strict=True)}
    if dynamic:
        questions = [
            (Question(row["text"], span_of(entity), tuple(row["types"])), entity["label"])
            for row in dynamic
            for entity in row["entities"]
        ]
        answers = backend.classify([question for question, _ in questions])
        right = accuracies([[answer.type] for answer in answers], [[label] for _, label in questions])
        figures["list_accuracy"] = right[0] if right else 0.0
    parts = [figures[name] for name in ("fine_accuracy", "list_accuracy") if name in figures]
    return figures | {"f1": sum(parts) / len(parts)}


def span_of(entity: dict[str, Any]) -> tuple[int, int]:
    """Return the span of an entity."""
    return entity["start"], entity["end"]
