"""The small interface behind which models live: mark a text's mentions, choose a type from a list.

A back end knows nothing of fusion, trees or windows; those are the cascade's. It never raises for what a model says:
what cannot be used is dropped and counted. It raises :class:`BackendError` for what the user can mend (no memory, a
server that does not answer, a model that does not fit).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from cascadener_models.prompts import Span
from cascadener_models.results import FREE, StageCost
from dynamicner_dataset.errors import InputError

#: The two steps of the cascade; adapters, templates and costs go by these names.
EXTRACTOR, CLASSIFIER = "extractor", "classifier"
STAGES = (EXTRACTOR, CLASSIFIER)


class BackendError(InputError):
    """A model or server that cannot be used; the message says what would help."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often and how a text is extracted.

    The first round is greedy; the others are sampled, as greedy repeats would be identical (the paper leaves this
    open). Draws are keyed by seed, text and round, so a text's neighbours in a batch do not change its answer.

    Attributes:
        k: Number of extractions of each text; the paper's Figure 8 has its knee at 3.
        temperature: Of the sampled rounds.
        seed: Of the sampled rounds.
        threshold: One-pass thresholded extraction: a mention opens wherever the marker's probability exceeds this, in
            (0, 1); lower finds more. Then ``k`` must be 1.
    """

    k: int = 3
    temperature: float = 0.7
    seed: int = 0
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"the number of extractions must be at least 1, not {self.k}")
        if not self.temperature > 0:
            raise InputError(f"the temperature of sampled extractions must be above 0, not {self.temperature}")
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise InputError(f"the marker threshold must lie between 0 and 1, not {self.threshold}")
        if self.threshold is not None and self.k != 1:
            raise InputError(f"thresholded extraction is one pass: k must be 1, not {self.k}")


class Found(NamedTuple):
    """One mention that an extraction marked: ``text[start:end]``, and the probability of its marks in [0, 1]."""

    start: int
    end: int
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Extraction:
    """One round's answer for one text.

    Attributes:
        mentions: Sorted, none overlapping, none empty.
        unaligned: Number of marked mentions that fit nowhere in the text (unconstrained back ends only).
        failure: Why there is no usable answer; empty if there is one.
    """

    mentions: tuple[Found, ...] = ()
    unaligned: int = 0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Extracted:
    """All rounds of one text, and what they cost together."""

    rounds: tuple[Extraction, ...]
    cost: StageCost = FREE


class Question(NamedTuple):
    """One classification: which of ``types`` is the mention ``text[span]``? With ``zero_shot``, or ``unknown``."""

    text: str
    span: Span
    types: tuple[str, ...]
    zero_shot: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Attributes:
        type: The likeliest of the types offered, ``unknown`` where that was offered, or ``None`` if there is no usable
            answer.
        probabilities: Of every name offered (and ``unknown`` where offered), likeliest first, summing to 1; ``None``
            from servers that give none.
        cost: What it cost.
        failure: Why there is no usable answer; empty if there is one.
    """

    type: str | None
    probabilities: Mapping[str, float] | None = None
    cost: StageCost = FREE
    failure: str = ""


@runtime_checkable
class Backend(Protocol):
    """Where the extractor and the classifier run."""

    #: What ``cascadener info`` shows: model, adapters, device or server.
    description: Mapping[str, str]
    #: Whether answers carry a probability for every type, which whole-path decoding needs.
    gives_probabilities: bool

    def extract(self, texts: Sequence[str], rounds: Rounds) -> list[Extracted]:
        """Extract each text ``rounds.k`` times; the answers are in the order of the texts.

        Args:
            texts: Windows of text that fit the model, none empty, as they are (not neutralised).
            rounds: How often, and how.

        Raises:
            BackendError: If the model or server cannot be used.
        """
        ...

    def classify(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer each question; the answers are in the order of the questions.

        Raises:
            BackendError: If the model or server cannot be used.
        """
        ...

    def forget(self) -> None:
        """Forget what is kept of earlier texts; a later answer is the same, up to the noise of floating-point sums."""
        ...

    def close(self) -> None:
        """Give back what the back end holds (connections, memory)."""
        ...
