"""How the next token is chosen among the legal ones: greedily, by a threshold for markers, or by a keyed draw.

A draw's noise depends on nothing but (key, step, token), so a drafted answer that is verified in one pass is chosen
exactly as it would be step by step, and a text's neighbours in a batch change nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cascadener_models.backends.local.copy_lock import Legal


class Chooser(Protocol):
    """Chooses one of the legal tokens of a step."""

    def __call__(self, logits: np.ndarray, legal: Legal, step: int) -> int:
        """Return the place of the choice in ``legal``."""
        ...


@dataclass(frozen=True, slots=True)
class Greedy:
    """The likeliest token; of equals, that of the lowest id."""

    def __call__(self, logits: np.ndarray, legal: Legal, step: int) -> int:
        """Return the place of the likeliest token."""
        return int(logits.argmax())


@dataclass(frozen=True, slots=True)
class Threshold:
    """Greedy, but a mention opens wherever its marker's probability exceeds ``threshold`` (0.5: nearly greedy)."""

    threshold: float

    def __call__(self, logits: np.ndarray, legal: Legal, step: int) -> int:
        """Return the place of the likeliest token of the side that the threshold decides for."""
        opens = np.array(legal.opens)
        if not opens.any() or opens.all():
            return int(logits.argmax())
        side = opens == (probabilities(logits)[opens].sum() > self.threshold)
        return int(np.where(side, logits, -np.inf).argmax())


@dataclass(frozen=True, slots=True)
class Sampled:
    """A draw at a temperature, by the Gumbel-max trick over hashed noise."""

    key: int
    temperature: float

    def __call__(self, logits: np.ndarray, legal: Legal, step: int) -> int:
        """Return the place of the token drawn."""
        noise = gumbel(self.key, step, np.array(legal.tokens, dtype=np.uint64))
        return int((logits / self.temperature + noise).argmax())


def draw_key(seed: int, text: str, number: int) -> int:
    """Return the key of one text's draws in one round."""
    digest = hashlib.sha256(f"{seed}\n{number}\n{text}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "little")


def gumbel(key: int, step: int, tokens: np.ndarray) -> np.ndarray:
    """Return standard Gumbel noise of shape (tokens,), the same on every machine (the mixer of SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = np.uint64(key) + np.uint64(step + 1) * np.uint64(0x9E3779B97F4A7C15)
        mixed = scramble(np.array([mixed], dtype=np.uint64)) ^ scramble(tokens + np.uint64(1))
        uniform = (scramble(mixed) >> np.uint64(11)).astype(np.float64) + 0.5
    return -np.log(-np.log(uniform / 2.0**53))


def scramble(values: np.ndarray) -> np.ndarray:
    """Return well mixed 64-bit values."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the softmax of logits of shape (n,)."""
    shifted = np.exp(logits - logits.max())
    return shifted / shifted.sum()
