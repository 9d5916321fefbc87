"""The first step: find mentions. Texts are cut into windows, each is extracted several times, the rounds are fused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cascadener_models.backends.base import Backend, Extracted, Rounds
from cascadener_models.fusion import Fused, fuse
from cascadener_models.results import FREE, StageCost
from cascadener_models.windows import MAX_CHARS, cut
from dynamicner_dataset.textlines import well_formed


@dataclass(slots=True)
class Window:
    """A stretch of one text.

    Attributes:
        number: Which text it is of.
        start: Its first character in that text.
        text: What models are shown of it.
    """

    number: int
    start: int
    text: str


@dataclass(slots=True)
class Candidate:
    """A mention found in a window; ``fused`` counts from the window's start."""

    window: Window
    fused: Fused


@dataclass(slots=True)
class Candidates:
    """What was found in one text."""

    found: list[Candidate] = field(default_factory=list)
    cost: StageCost = FREE
    dropped: Counter[str] = field(default_factory=Counter)


def extract(backend: Backend, texts: Sequence[str], rounds: Rounds, max_chars: int = MAX_CHARS) -> list[Candidates]:
    """Find the mentions of each text.

    Args:
        backend: Where the extractor runs.
        texts: Any texts, however long.
        rounds: How often each window is extracted, and how.
        max_chars: Longest window.

    Raises:
        BackendError: If the model or server cannot be used.
    """
    windows = [
        Window(number, start, shown[start:end])
        for number, shown in enumerate(map(well_formed, texts))
        for start, end in cut(shown, max_chars)
    ]
    results = [Candidates() for _ in texts]
    answers = backend.extract([window.text for window in windows], rounds) if windows else []
    for window, answer in zip(windows, answers, strict=True):
        gather(results[window.number], window, answer)
    return results


def gather(result: Candidates, window: Window, answer: Extracted) -> None:
    """Add what was found in a window to its text's result."""
    result.found += [Candidate(window, one) for one in fuse([extraction.mentions for extraction in answer.rounds])]
    result.cost += answer.cost
    result.dropped += Counter(
        unaligned=sum(extraction.unaligned for extraction in answer.rounds),
        unanswered=sum(bool(extraction.failure) for extraction in answer.rounds),
    )
