"""The supervised tagger (XLM-R): a checkpoint of ``python -m train baseline``, for the base version alone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from cascadener_models.results import StageCost
from dynamicner_dataset.errors import InputError
from eval.methods.base import BLOCK, Mention, Predicted, Task
from eval.methods.overlaps import Candidate, flat


class Tags(Protocol):
    """What is needed of :class:`train.baseline.predict.Tagger`."""

    def mentions(self, texts: Sequence[tuple[str, str]], batch_size: int = 32) -> list[Any]:
        """Return the mentions (start, end, fine) of each text, given with its language."""
        ...


class Supervised:
    """A tagger with a fixed output layer."""

    name = "supervised"

    def __init__(self, tagger: Tags) -> None:
        """Take the loaded tagger."""
        self.tagger = tagger

    def settings(self) -> Mapping[str, Any]:
        """Return no options: there are none."""
        return {}

    def predict(self, tasks: Sequence[Task]) -> Iterator[Predicted]:
        """Yield the predictions; see :class:`eval.methods.base.Method`.

        Raises:
            InputError: If a sentence brings its own type list.
        """
        refuse_lists(tasks)
        for at in range(0, len(tasks), BLOCK):
            block = tasks[at : at + BLOCK]
            began = time.perf_counter()
            found = self.tagger.mentions([(task.text, task.lang) for task in block])
            seconds = time.perf_counter() - began
            total = sum(len(task.text) for task in block) or 1
            for task, mentions in zip(block, found, strict=True):
                kept, overlapping = flat(Candidate(one.start, one.end, one.fine) for one in mentions)
                cost = StageCost(passes=1 / len(block), seconds=seconds * len(task.text) / total)
                said = tuple(Mention(one.start, one.end, one.type) for one in kept)
                yield Predicted(said, cost, Counter(overlapping=overlapping))


def refuse_lists(tasks: Sequence[Task]) -> None:
    """Refuse sentences that bring their own type lists.

    Raises:
        InputError: If one does.
    """
    with_list = next((task for task in tasks if task.types is not None), None)
    if with_list is not None:
        raise InputError(
            f"sentence {with_list.id} brings its own type list; a supervised tagger has one fixed output layer (the "
            "155 fine types it was trained on) and cannot take dynamic lists: run it on the base version"
        )
