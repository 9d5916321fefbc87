"""Precision and recall of one thresholded extraction against repeats, at what each costs."""

from __future__ import annotations

import time
from typing import Any

from cascadener_models import CascadeNER
from tests.bench.cascade.score import f1, spans
from tests.bench.cascade.speed import gold, sample

THRESHOLDS = (0.9, 0.7, 0.5, 0.3, 0.1, 0.03)
REPEATS = (1, 3, 5, 10)
PER_LANGUAGE = 6


def measure() -> dict[str, Any]:
    """Return the figures of each setting."""
    ner = CascadeNER.from_pretrained()
    settings = [{"k": k} for k in REPEATS] + [{"k": 1, "threshold": threshold} for threshold in THRESHOLDS]
    sentences = sample(PER_LANGUAGE)
    wanted = [gold(sentence) for sentence in sentences]
    runs = []
    for setting in settings:
        began = time.perf_counter()
        predictions = ner([sentence.text for sentence in sentences], **setting)
        seconds = time.perf_counter() - began
        found = [{(one.start, one.end, "") for one in prediction} for prediction in predictions]
        passes = sum(prediction.cost.extraction.passes for prediction in predictions)
        runs.append(
            setting
            | {"seconds": round(seconds, 2), "passes": round(passes / len(sentences), 2)}
            | f1(found, map(spans, wanted))
        )
    return {"sentences": len(sentences), "runs": runs}
