"""Peak memory of one process, and the time from nothing to the first answer, cold and warm."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.machine import measure_program

ROOT = Path(__file__).parents[3]
LOAD = "from cascadener_models import CascadeNER; import time, json; began = time.perf_counter(); "
LOAD += "ner = CascadeNER.from_pretrained(); loaded = time.perf_counter() - began; "
ASK = "ner('Marie Curie moved to Paris.', types=['person', 'city']); "
TELL = "print(json.dumps({'from_pretrained': round(loaded, 2)}))"
IMPORT = "import cascadener_models.backends.local.backend, peft"


def measure() -> dict[str, Any]:
    """Return the figures."""
    warm = run(LOAD + ASK + TELL)
    return {
        "imports alone": run(IMPORT),
        "warm start and first answer": warm,
        "from_pretrained, warm, imports done": run(f"{IMPORT}; {LOAD}{TELL}"),
        "cold start (the packaged model is unpacked first)": cold(),
        "100 sentences, k=3, tree": run(LOAD + HUNDRED),
    }


HUNDRED = (
    "from tests.bench.cascade.speed import sample; "
    "ner([one.text for one in sample(13)][:100], types='dynamicner'); print('{}')"
)


def run(program: str, **environment: str) -> dict[str, Any]:
    """Run a line of Python in a process of its own."""
    os.environ.update(environment)
    try:
        cost = measure_program([sys.executable, "-c", program], ROOT)
    finally:
        for name in environment:
            os.environ.pop(name)
    return asdict(cost)


def cold() -> dict[str, Any]:
    """Start with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        return run(LOAD + ASK + TELL, DYNAMICNER_CACHE=folder)
