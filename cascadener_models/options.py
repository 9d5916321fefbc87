"""How the cascade works: one place for every option, its default and its check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from cascadener_models.backends.base import Rounds
from cascadener_models.classifier import GREEDY
from cascadener_models.windows import MAX_CHARS
from dynamicner_dataset.errors import InputError, nearest

#: What values each option takes.
KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("k", "seed", "max_chars"), (int,)),
    **dict.fromkeys(("temperature", "sure", "min_score"), (float, int)),
    **dict.fromkeys(("zero_shot", "probabilities"), (bool,)),
    "threshold": (float, int, type(None)),
    "decoding": (str,),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How the cascade works; each may be given to the constructor, and again to a call.

    Attributes:
        k: Number of extractions that are fused.
        temperature: Of the extractions after the first.
        seed: Of the extractions after the first.
        threshold: One-pass thresholded extraction in place of repeats; lower finds more. Sets ``k`` to 1.
        decoding: Down a tree: ``greedy`` (the paper) or ``whole-path``.
        zero_shot: Offer ``unknown``: mentions of none of the types are left out.
        sure: Down a tree: stop at the deepest type whose probability is at least this.
        probabilities: Return the probability of each candidate.
        min_score: Leave out entities whose score is lower.
        max_chars: Longest window into which a text is cut.
    """

    k: int = 3
    temperature: float = 0.7
    seed: int = 0
    threshold: float | None = None
    decoding: str = GREEDY
    zero_shot: bool = False
    sure: float = 0.0
    probabilities: bool = False
    min_score: float = 0.0
    max_chars: int = MAX_CHARS

    def __post_init__(self) -> None:
        for name, kinds in KINDS.items():
            value = getattr(self, name)
            wrong_bool = isinstance(value, bool) and bool not in kinds
            if wrong_bool or not isinstance(value, kinds):
                raise InputError(f"{name} must be {' or '.join(kind.__name__ for kind in kinds)}, not {value!r}")
        if not 0 <= self.min_score <= 1:
            raise InputError(f"min_score must lie between 0 and 1, not {self.min_score}")
        if self.max_chars < 1:
            raise InputError(f"max_chars must be at least 1, not {self.max_chars}")

    def change(self, changes: Mapping[str, Any]) -> Options:
        """Return the options with some changed.

        Raises:
            InputError: If a name is unknown or a value does not fit.
        """
        known = [one.name for one in fields(self)]
        for name in changes:
            if name not in known:
                raise InputError(f"unknown option {name!r}{nearest(name, known)}; known are: {', '.join(known)}")
        changed = replace(self, **changes)
        thresholded = changes.get("threshold") is not None
        return replace(changed, k=1) if thresholded and "k" not in changes else changed

    @property
    def rounds(self) -> Rounds:
        """The extractor's part."""
        return Rounds(self.k, self.temperature, self.seed, self.threshold)
