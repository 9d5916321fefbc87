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
IMPORT = "import cascadener_models.backends.local.backend, peft"
LOAD = "from cascadener_models import CascadeNER; ner = CascadeNER.from_pretrained()"
ASK = "ner('Marie Curie moved to Paris.', types=['person', 'city'])"
SENTENCES = "from tests.bench.cascade.speed import sample; ner([one.text for one in sample(5)], types='dynamicner')"


def measure() -> dict[str, Any]:
    """Return the figures; a first run is thrown away, so that the files are in the system's cache."""
    run(f"{IMPORT}; {LOAD}")
    return {
        "imports alone": run(IMPORT),
        "imports and from_pretrained, warm": run(f"{IMPORT}; {LOAD}"),
        "the same and a first answer": run(f"{LOAD}; {ASK}"),
        "cold: the packaged model is unpacked first": cold(),
        "40 sentences, k=3, tree": run(f"{LOAD}; {SENTENCES}"),
    }


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
        return run(f"{LOAD}; {ASK}", DYNAMICNER_CACHE=folder)
