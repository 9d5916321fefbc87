"""What one scorer says of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.cascadener.counts import Counts
from eval.cascadener.matching import Marked
from eval.gold import Gold

#: Of each sentence the predicted mentions; ``None`` where the system's file does not have the sentence at all.
Predictions = Sequence[Sequence[Marked] | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The figures of one scorer.

    Attributes:
        scorer: Its name.
        precision: In [0, 1].
        recall: In [0, 1].
        f1: In [0, 1].
        why: How it differs from strict matching here, in a few words.
    """

    scorer: str
    precision: float
    recall: float
    f1: float
    why: str

    @classmethod
    def of(cls, scorer: str, counts: Counts, why: str) -> Verdict:
        """Return the verdict that counts give."""
        return cls(scorer, counts.precision, counts.recall, counts.f1, why)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Case:
    """Predictions beside what they are for.

    Attributes:
        sentences: All sentences with their gold mentions.
        predictions: What was found in each.
    """

    sentences: Sequence[Gold]
    predictions: Predictions

    def __post_init__(self) -> None:
        if len(self.sentences) != len(self.predictions):
            raise ValueError(f"{len(self.predictions)} predictions are given for {len(self.sentences)} sentences")

    @property
    def found(self) -> list[Sequence[Marked]]:
        """The predictions of every sentence, none where the file lacks it: what an honest scorer scores."""
        return [one or () for one in self.predictions]

    @property
    def gold(self) -> list[Sequence[Marked]]:
        """The gold mentions of every sentence."""
        return [one.mentions for one in self.sentences]


def mentions(count: int) -> str:
    """Return a number of mentions in words.

    >>> mentions(1), mentions(1200)
    ('1 mention', '1,200 mentions')
    """
    return f"{count:,} mention{'' if count == 1 else 's'}"
