"""What the cascade returns: predictions, their entities, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Decimal places of scores in files; further ones are noise of the order in which numbers were added up.
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Entity:
    """One mention with its type.

    Attributes:
        start: First character, in Unicode code points of the text, counted from 0.
        end: Character after the last, so that ``text[start:end]`` is the mention.
        text: The mention itself.
        type: Name of its type as the list or tree has it; ``None`` if no types were given.
        path: Names from the top of the tree down to the type; ``(type,)`` for a flat list, ``()`` without types.
        score: How sure the cascade is: ``mention_score`` times ``type_score`` (where there is one), in [0, 1].
        mention_score: How sure the extractor is of the span, in [0, 1].
        type_score: Probability of the type among the types offered; ``None`` without types, and for servers that give
            no probabilities.
        rounds: In how many of the extractions the mention was found.
        probabilities: Probability of each candidate by name, likeliest first; only on request. For a tree: of the
            candidates of every level that was asked.
    """

    start: int
    end: int
    text: str
    type: str | None
    path: tuple[str, ...]
    score: float
    mention_score: float
    type_score: float | None = None
    rounds: int = 1
    probabilities: Mapping[str, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entity as plain JSON values; ``probabilities`` only if it has them."""
        record: dict[str, Any] = {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "type": self.type,
            "path": list(self.path),
            "score": round(self.score, DIGITS),
            "mention_score": round(self.mention_score, DIGITS),
            "type_score": None if self.type_score is None else round(self.type_score, DIGITS),
            "rounds": self.rounds,
        }
        if self.probabilities is not None:
            record["probabilities"] = {name: round(value, DIGITS) for name, value in self.probabilities.items()}
        return record


@dataclass(frozen=True, slots=True)
class StageCost:
    """What one stage spent; adds up.

    Attributes:
        tokens_in: Tokens of prompts, each counted once however often its cache was used again.
        tokens_out: Tokens of answers.
        passes: Forward passes of a local model (of a pass over many rows, this row's share), or requests to a server.
        seconds: Wall-clock seconds; of a batch, the share by tokens.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    passes: float = 0
    seconds: float = 0.0

    def __add__(self, other: StageCost) -> StageCost:
        """Return the sum of two costs."""
        return StageCost(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.passes + other.passes,
            self.seconds + other.seconds,
        )

    def to_dict(self) -> dict[str, int | float]:
        """Return the cost as plain JSON values."""
        return {
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "passes": round(self.passes, 4),
            "seconds": round(self.seconds, 4),
        }


#: What costs nothing.
FREE = StageCost()


@dataclass(frozen=True, slots=True)
class Cost:
    """What a prediction spent, stage by stage; adds up."""

    extraction: StageCost = FREE
    classification: StageCost = FREE

    def __add__(self, other: Cost) -> Cost:
        """Return the sum of two costs."""
        return Cost(self.extraction + other.extraction, self.classification + other.classification)

    @property
    def total(self) -> StageCost:
        """Both stages together."""
        return self.extraction + self.classification

    def to_dict(self) -> dict[str, dict[str, int | float]]:
        """Return the cost as plain JSON values."""
        return {"extraction": self.extraction.to_dict(), "classification": self.classification.to_dict()}


@dataclass(frozen=True, slots=True)
class Prediction:
    """The entities of one text, sorted by offset, none overlapping.

    Attributes:
        text: The text as it was given.
        entities: What was found.
        cost: What it cost.
        dropped: What was left out and why, counted: ``unknown`` (the classifier said that no type applies),
            ``unaligned`` (marks of an unconstrained answer that fit nowhere in the text), ``unanswered`` (a server gave
            no usable answer), ``below_min_score``.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    cost: Cost = field(default_factory=Cost)
    dropped: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Entity]:
        """Iterate over the entities."""
        return iter(self.entities)

    def __len__(self) -> int:
        """Return the number of entities."""
        return len(self.entities)

    def to_dict(self, *, cost: bool = False) -> dict[str, Any]:
        """Return the prediction as plain JSON values, with its cost on request."""
        record: dict[str, Any] = {"text": self.text, "entities": [entity.to_dict() for entity in self.entities]}
        if self.dropped:
            record["dropped"] = dict(sorted(self.dropped.items()))
        if cost:
            record["cost"] = self.cost.to_dict()
        return record
