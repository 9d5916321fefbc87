"""The interface of all methods: sentences without their gold mentions go in, predictions come out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from cascadener_models.prompts import Span
from cascadener_models.results import DIGITS, FREE, StageCost
from dynamicner_dataset.textlines import well_formed
from eval.gold import Gold

#: The type of a mention that was found and not named.
UNNAMED = "mention"
#: Sentences that a method is given at a time, so that batches and connections are full.
BLOCK = 32


class Task(NamedTuple):
    """What a method sees of a sentence: never its mentions.

    Attributes:
        id: Unique within its language.
        lang: Code of its language.
        text: Its characters.
        types: Its type list; ``None`` where mentions are named from the tree of 155 types.
        spans: Where its mentions are, without their types: only for measuring classification alone, else empty.
    """

    id: str
    lang: str
    text: str
    types: tuple[str, ...] | None = None
    spans: tuple[Span, ...] = ()


class Mention(NamedTuple):
    """One predicted mention.

    Attributes:
        start: First character, in Unicode code points.
        end: Character after the last.
        type: Its type; :data:`UNNAMED` where types are not asked for.
        score: How sure the method is, in [0, 1]; ``None`` if it does not say.
        path: Names from the top of the tree down to the type; empty if the method does not say.
    """

    start: int
    end: int
    type: str
    score: float | None = None
    path: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the mention as plain JSON values, without what is not said."""
        record: dict[str, Any] = {"start": self.start, "end": self.end, "type": self.type}
        if self.score is not None:
            record["score"] = round(self.score, DIGITS)
        if self.path:
            record["path"] = list(self.path)
        return record


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a method says of one sentence.

    Attributes:
        mentions: Sorted, none overlapping.
        cost: What it cost.
        dropped: What was left out and why, counted.
        raw: Every answer of the model as it came, each after a label in brackets that says what was asked.
        stages: What each stage cost, by name, where a method has stages.
    """

    mentions: tuple[Mention, ...] = ()
    cost: StageCost = FREE
    dropped: Counter[str] = field(default_factory=Counter)
    raw: tuple[str, ...] = ()
    stages: Mapping[str, StageCost] = field(default_factory=dict)

    def to_line(self, task: Task) -> str:
        """Return the line of JSON that stands for the sentence in a predictions file, with its newline."""
        record: dict[str, Any] = {
            "lang": task.lang,
            "id": task.id,
            "entities": [mention.to_dict() for mention in self.mentions],
            "cost": self.cost.to_dict(),
        }
        if self.stages:
            record["stages"] = {name: cost.to_dict() for name, cost in self.stages.items()}
        if dropped := +self.dropped:
            record["dropped"] = dict(sorted(dropped.items()))
        if self.raw:
            record["raw"] = list(self.raw)
        return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


class Method(Protocol):
    """One way to find and name mentions, with its model and options."""

    #: What it is called in settings, suites and tables.
    name: str

    def settings(self) -> Mapping[str, Any]:
        """Return all options that a prediction depends on, as plain JSON values."""
        ...

    def predict(self, tasks: Sequence[Task]) -> Iterator[Predicted]:
        """Yield one prediction a sentence, in their order, each as soon as it is there.

        Raises:
            InputError: If the method cannot be used for these sentences.
            BackendError: If the model or server cannot be used.
        """
        ...


def task_of(gold: Gold, *, spans: bool = False) -> Task:
    """Return what a method may see of a sentence; with ``spans`` also where its mentions are, never their types."""
    places = tuple((mention.start, mention.end) for mention in gold.mentions) if spans else ()
    return Task(gold.id, gold.lang, gold.text, gold.types, places)


def labelled(label: str, answer: str) -> str:
    """Return a raw answer as it is kept: after what was asked, half characters as U+FFFD.

    >>> labelled("city", "@@Rome## fell.")
    '[city] @@Rome## fell.'
    """
    return well_formed(f"[{label}] {answer}")
