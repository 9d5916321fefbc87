"""GPT-NER: every type is asked for in a request of its own, and every mention may be verified by one more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cascadener_models.results import FREE, StageCost
from dynamicner_dataset.errors import InputError
from eval.gold import Gold
from eval.methods.asking import Completer, Said
from eval.methods.base import Mention, Predicted, Task, labelled
from eval.methods.gpt_ner_prompts import extraction_ask, read_verdict, verification_ask
from eval.methods.marks import read_marked
from eval.methods.meanings import asked_types
from eval.methods.options import GptNerOptions
from eval.methods.overlaps import Candidate, flat
from eval.methods.pool import Pools

#: Sentences whose requests are made together: on the base version each has 155.
TOGETHER = 8
#: How well a mention is founded: verified, or with an unclear verdict or none.
VERIFIED, OPEN = 1, 0


@dataclass(slots=True)
class Reading:
    """What is known of one sentence so far."""

    task: Task
    found: list[Candidate] = field(default_factory=list)
    cost: StageCost = FREE
    dropped: Counter[str] = field(default_factory=Counter)
    raw: list[str] = field(default_factory=list)

    def hear(self, label: str, said: Said) -> None:
        """Keep an answer and what it cost."""
        self.cost += said.cost
        self.raw.append(labelled(label, said.raw))
        self.dropped["cut_off"] += said.cut

    def finish(self) -> Predicted:
        """Return the sentence's mentions: across types, verified before not verified, then the longer, the earlier."""
        kept, self.dropped["overlapping"] = flat(self.found)
        mentions = tuple(Mention(one.start, one.end, one.type) for one in kept)
        return Predicted(mentions, self.cost, +self.dropped, tuple(self.raw))


class GptNer:
    """See :mod:`eval.methods.gpt_ner_prompts` for what is asked."""

    name = "gpt-ner"

    def __init__(self, completer: Completer, pools: Pools, options: GptNerOptions, seed: int = 0) -> None:
        """Take the model, and where demonstrations come from."""
        self.completer, self.pools, self.options, self.seed = completer, pools, options, seed

    def settings(self) -> Mapping[str, Any]:
        """Return the options."""
        return self.options.model_dump()

    def predict(self, tasks: Sequence[Task]) -> Iterator[Predicted]:
        """Yield the predictions; see :class:`eval.methods.base.Method`."""
        if self.options.uses_embeddings:
            self.pools.look_up(tasks)
        for at in range(0, len(tasks), TOGETHER):
            readings = [Reading(task) for task in tasks[at : at + TOGETHER]]
            self._extract(readings)
            if self.options.verify:
                self._verify(readings)
            yield from (reading.finish() for reading in readings)

    def shown(self, task: Task, name: str, count: int) -> list[Gold]:
        """Return the demonstrations for one sentence and type."""
        if not count:
            return []
        return self.pools.of(task.lang).choose(task, name, count, self.options.retrieval, self.seed)

    def _extract(self, readings: Sequence[Reading]) -> None:
        """Ask for every type of every sentence."""
        places, asks = [], []
        for reading in readings:
            for name in asked_types(reading.task):
                shown = self.shown(reading.task, name, self.options.demonstrations)
                try:
                    asks.append(extraction_ask(reading.task.text, name, shown))
                except InputError:  # the text holds every stand-in
                    reading.dropped["unanswered"] += 1
                    continue
                places.append((reading, name))
        for (reading, name), said in zip(places, self.completer.complete(asks), strict=True):
            reading.hear(name, said)
            take_marks(reading, name, said)

    def _verify(self, readings: Sequence[Reading]) -> None:
        """Ask about every mention; "no" drops it, an unclear answer keeps it as not verified."""
        places, asks = [], []
        for reading in readings:
            for one in reading.found:
                shown = self.shown(reading.task, one.type, self.options.verification_demonstrations)
                asks.append(verification_ask(reading.task.text, one[:2], one.type, shown))
                places.append((reading, one))
            reading.found = []
        for (reading, one), said in zip(places, self.completer.complete(asks), strict=True):
            reading.hear(f"verify {one.type}: {reading.task.text[one.start : one.end]}", said)
            verdict = read_verdict(said.text)
            if verdict is False:
                reading.dropped["refuted"] += 1
            else:
                reading.found.append(one._replace(rank=VERIFIED if verdict else OPEN))


def take_marks(reading: Reading, name: str, said: Said) -> None:
    """Add the mentions that an answer marks."""
    found = None if said.failure else read_marked(reading.task.text, said.text)
    if found is None:
        reading.dropped["unanswered"] += 1
        return
    reading.dropped["unaligned"] += found.unaligned
    reading.found += [Candidate(start, end, name) for start, end in found.spans]
