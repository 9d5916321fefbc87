"""GLiNER, an outside peer: an encoder that takes any list of types. Optional: ``pip install gliner``, and weights."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cascadener_models.backends.base import BackendError
from cascadener_models.results import StageCost
from dynamicner_dataset.errors import first_line, shorten
from eval.methods.base import Mention, Predicted, Task, labelled
from eval.methods.meanings import asked_types
from eval.methods.options import GlinerOptions
from eval.methods.overlaps import is_free


def load_gliner(name: str, device: str | None = None) -> Any:
    """Load a GLiNER model.

    Args:
        name: A folder, or a Hub id such as ``urchade/gliner_multi-v2.1``.
        device: ``cpu``, ``cuda``; the library's choice by default.

    Raises:
        BackendError: If the package or the weights are missing.
    """
    try:
        from gliner import GLiNER
    except ImportError as error:
        raise BackendError("method gliner needs a package that is not installed: pip install gliner") from error
    try:
        return GLiNER.from_pretrained(name, **({"map_location": device} if device else {}))
    except Exception as error:
        raise BackendError(
            f"the weights of GLiNER model {shorten(name)} cannot be had ({first_line(error)}); this helps: the path of "
            "a folder that holds them, or a Hub that can be reached"
        ) from error


class Gliner:
    """GLiNER with each sentence's own list, or all 155 fine types."""

    name = "gliner"

    def __init__(self, model: Any, options: GlinerOptions) -> None:
        """Take the loaded model."""
        self.model, self.options = model, options

    def settings(self) -> Mapping[str, Any]:
        """Return the options."""
        return self.options.model_dump()

    def predict(self, tasks: Sequence[Task]) -> Iterator[Predicted]:
        """Yield the predictions; see :class:`eval.methods.base.Method`."""
        for task in tasks:
            types = asked_types(task)
            began = time.perf_counter()
            found = self.model.predict_entities(task.text, list(types), flat_ner=True, threshold=self.options.threshold)
            cost = StageCost(passes=1, seconds=time.perf_counter() - began)
            yield read_entities(task, types, found, cost)


def read_entities(task: Task, types: Sequence[str], found: object, cost: StageCost) -> Predicted:
    """Return what the library says of a sentence; of mentions that overlap the surer stays."""
    entries = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    dropped: Counter[str] = Counter()
    kept: list[Mention] = []
    for entry in sorted(entries, key=score_of, reverse=True):
        start, end, name = entry.get("start"), entry.get("end"), entry.get("label")
        if not (type(start) is int and type(end) is int and 0 <= start < end <= len(task.text)):
            dropped["absent"] += 1
        elif name not in types:
            dropped["off_list"] += 1
        elif not is_free((start, end), [one[:2] for one in kept]):
            dropped["overlapping"] += 1
        else:
            kept.append(Mention(start, end, name, score_of(entry)))
    raw = labelled("entities", json.dumps(entries, ensure_ascii=False, default=str))
    return Predicted(tuple(sorted(kept, key=lambda one: one.start)), cost, dropped, (raw,))


def score_of(entry: Mapping[str, Any]) -> float:
    """Return an entry's score in [0, 1]; 0 for anything that is none."""
    score = entry.get("score")
    return float(score) if isinstance(score, (int, float)) and 0 <= score <= 1 else 0.0
