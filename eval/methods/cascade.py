"""CascadeNER as a method: every variant of it is a set of options."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from cascadener_models.backends.base import Answer, Backend, Extracted, Question, Rounds
from cascadener_models.cascade import CascadeNER
from cascadener_models.classifier import Named
from cascadener_models.classifier import Task as Asked
from cascadener_models.prompts import extraction_answer
from cascadener_models.results import FREE, Prediction
from cascadener_models.type_lists import TypeScheme
from cascadener_models.windows import cut
from dynamicner_dataset.taxonomy import load_taxonomy
from dynamicner_dataset.textlines import well_formed
from eval.methods.base import BLOCK, UNNAMED, Mention, Predicted, Task, labelled
from eval.methods.meanings import asked_types
from eval.methods.options import CascadeOptions


class Recording(Backend, Protocol):
    """A back end that keeps every raw answer under the text that was asked about."""

    heard: MutableMapping[str, list[str]]


class Listening:
    """A back end whose answers are kept as a model would write them; for models whose decoding is constrained.

    Attributes:
        heard: Raw answers by the text that was asked about.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.heard: defaultdict[str, list[str]] = defaultdict(list)
        self.description, self.gives_probabilities = backend.description, backend.gives_probabilities

    def extract(self, texts: Sequence[str], rounds: Rounds) -> list[Extracted]:
        """Extract, and keep the marked copies."""
        found = self.backend.extract(texts, rounds)
        for text, extracted in zip(texts, found, strict=True):
            for number, one in enumerate(extracted.rounds, 1):
                answer = one.failure or extraction_answer(text, [mention[:2] for mention in one.mentions])
                self.heard[text].append(labelled(f"extract {number}", answer))
        return found

    def classify(self, questions: Sequence[Question]) -> list[Answer]:
        """Classify, and keep the types."""
        answers = self.backend.classify(questions)
        for question, answer in zip(questions, answers, strict=True):
            mention = question.text[slice(*question.span)]
            self.heard[question.text].append(labelled(f"classify {mention}", answer.type or answer.failure))
        return answers

    def forget(self) -> None:
        """Forget what is kept of earlier texts."""
        self.heard.clear()
        self.backend.forget()

    def close(self) -> None:
        """Give back what the back end holds."""
        self.backend.close()


class Cascade:
    """See :class:`eval.methods.options.CascadeOptions` for its variants."""

    name = "cascadener"

    def __init__(
        self, backend: Recording, options: CascadeOptions, seed: int = 0, origin: Mapping[str, str] | None = None
    ) -> None:
        """Put the cascade on a back end.

        Raises:
            InputError: If the options do not fit each other or the back end.
        """
        self.backend, self.options = backend, options
        backend.forget()  # so that a job's numbers do not depend on those before it
        own = options.of_cascade(seed)
        self.ner = CascadeNER(backend, origin=origin, **asdict(own))

    def settings(self) -> Mapping[str, Any]:
        """Return the options."""
        return self.options.settings()

    def predict(self, tasks: Sequence[Task]) -> Iterator[Predicted]:
        """Yield the predictions; see :class:`eval.methods.base.Method`."""
        for at in range(0, len(tasks), BLOCK):
            block = tasks[at : at + BLOCK]
            self.backend.heard.clear()
            yield from self._named(block) if self.options.spans == "gold" else self._predicted(block)

    def scheme(self, task: Task) -> TypeScheme:
        """Return what a sentence's mentions are named from."""
        if self.options.asking == "extraction":
            return None
        tree = self.options.asking == "progressive" and task.types is None
        return load_taxonomy() if tree else asked_types(task)

    def _predicted(self, tasks: Sequence[Task]) -> Iterator[Predicted]:
        """Find and name."""
        found = self.ner([task.text for task in tasks], types=[self.scheme(task) for task in tasks])
        for task, prediction in zip(tasks, found, strict=True):
            text = well_formed(task.text)
            shown = dict.fromkeys(text[start:end] for start, end in cut(text, self.ner.options.max_chars))
            yield read_prediction(prediction, self.raw(shown))

    def _named(self, tasks: Sequence[Task]) -> Iterator[Predicted]:
        """Name the mentions that are given."""
        asked = [
            Asked(well_formed(task.text), span, scheme)
            for task in tasks
            if (scheme := self.scheme(task)) is not None
            for span in task.spans
        ]
        named = iter(self.ner.classifier().name(asked))
        for task in tasks:
            answers = [(span, next(named)) for span in task.spans]
            yield read_named(answers, self.raw([well_formed(task.text)]))

    def raw(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return what the back end said about texts."""
        return tuple(one for text in texts for one in self.backend.heard.get(text, ()))


def read_prediction(prediction: Prediction, raw: tuple[str, ...]) -> Predicted:
    """Return a prediction of the cascade as every method's."""
    mentions = tuple(
        Mention(one.start, one.end, one.type or UNNAMED, one.score, one.path) for one in prediction.entities
    )
    stages = {"extraction": prediction.cost.extraction, "classification": prediction.cost.classification}
    return Predicted(mentions, prediction.cost.total, Counter(prediction.dropped), raw, stages)


def read_named(answers: Sequence[tuple[tuple[int, int], Named]], raw: tuple[str, ...]) -> Predicted:
    """Return given mentions with the types that the classifier gave them."""
    mentions = tuple(Mention(*span, one.path[-1], one.score, one.path) for span, one in answers if not one.dropped)
    cost = sum((one.cost for _, one in answers), FREE)
    return Predicted(mentions, cost, Counter(one.dropped for _, one in answers if one.dropped), raw)
