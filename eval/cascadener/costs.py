"""What predictions cost: tokens, seconds, and dollars at given prices (paper, Table 12)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

FIELDS = ("tokens_in", "tokens_out", "passes", "seconds")
MILLION = 1_000_000


class Prices(NamedTuple):
    """US dollars for a million tokens.

    Attributes:
        tokens_in: Of prompts.
        tokens_out: Of answers.
    """

    tokens_in: float
    tokens_out: float


def total_cost(
    costs: Iterable[Mapping[str, Any]], prices: Prices | tuple[float, float] | None = None
) -> dict[str, Any]:
    """Return the sum of what sentences cost.

    Args:
        costs: Of each sentence ``tokens_in``, ``tokens_out``, ``passes``, ``seconds``; what is missing counts 0.
        prices: For a million tokens in and out, in US dollars.

    Returns:
        The four sums, ``sentences``, and with prices ``usd`` and ``usd_per_1000_sentences``.

    Raises:
        ValueError: If a number is negative or none.

    >>> total_cost([{"tokens_in": 1000, "tokens_out": 100}] * 900, Prices(2.5, 10))["usd"]
    3.15
    """
    rows = list(costs)
    total: dict[str, Any] = {name: sum(amount(row, name, at + 1) for at, row in enumerate(rows)) for name in FIELDS}
    total["sentences"] = len(rows)
    if prices is not None:
        checked = Prices(*prices)
        for name, price in zip(Prices._fields, checked, strict=True):
            amount({name: price}, name, None)
        usd = (total["tokens_in"] * checked.tokens_in + total["tokens_out"] * checked.tokens_out) / MILLION
        total["usd"] = round(usd, 6)
        total["usd_per_1000_sentences"] = round(1000 * usd / len(rows), 6) if rows else 0.0
    return total


def amount(row: Mapping[str, Any], name: str, sentence: int | None) -> float:
    """Return one number of a sentence's cost, or of the prices."""
    place = "prices" if sentence is None else f"costs, sentence {sentence}"
    if not isinstance(row, Mapping):
        raise ValueError(f"{place}: a mapping with {', '.join(FIELDS)} is wanted, not {type(row).__name__}")
    value = row.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{place}: {name} must be a number, 0 or more, not {value!r}")
    return value
