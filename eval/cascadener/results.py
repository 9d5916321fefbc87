"""The result of the metric: every figure that the entities at hand allow."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from .calibration import BINS, calibration_of
from .costs import total_cost
from .entities import Entity
from .paths import accuracy, find_paths, tell_apart
from .scoring import RESAMPLES, score

#: Options that are about scoring, not about the cascade.
SETTINGS = ("matching", "paths", "gold_mention_types", "costs", "prices", "resamples", "seed", "bins")


def make_result(
    found: list[list[Entity]],
    gold: list[list[Entity]],
    *,
    matching: str = "strict",
    paths: Any = None,
    gold_mention_types: Any = None,
    costs: Any = None,
    prices: Any = None,
    dropped: Any = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    bins: int = BINS,
) -> dict[str, Any]:
    """Return all figures of predictions and references that have been read."""
    tree = find_paths(found, gold, paths)
    found = tell_apart(found, tree) if tree else found
    # An Entity begins with the four fields of a Marked, and no more are looked at.
    result = score(found, gold, paths=tree, matching=matching, resamples=resamples, seed=seed)  # type: ignore[arg-type]
    if not all(one.text for side in (*found, *gold) for one in side):
        without_texts(result)
    if gold_mention_types is not None:
        result["classification"]["gold"] = accuracy(*paired(gold_mention_types, gold), tree)
    headline = {name: result[matching][name] for name in ("precision", "recall", "f1")}
    extra = {"calibration": calibration_of(found, gold, bins), "dropped": dropped}
    extra["cost"] = None if costs is None else total_cost(costs, prices)
    return {**headline, **result, **{name: value for name, value in extra.items() if value is not None}}


def paired(said: Any, gold: list[list[Entity]]) -> tuple[list[str], list[str]]:
    """Return the types given to gold mentions beside the right ones.

    Raises:
        ValueError: If there are not as many as gold mentions.
    """
    for at, (ours, theirs) in enumerate(zip_longest(said, gold, fillvalue=())):
        if len(ours) != len(theirs):
            raise ValueError(f"gold_mention_types must name a type for each gold mention; sentence {at + 1} differs")
    return [name or "" for one in said for name in one], [one.type for side in gold for one in side]


def without_texts(result: dict[str, Any]) -> None:
    """Take away figures that would be wrong without the mentions' characters.

    Raises:
        ValueError: If they were asked for.
    """
    if result["settings"]["matching"] == "text":
        raise ValueError("matching='text' needs the characters of every mention: give them as text, or give texts")
    result.pop("text")
    result["intervals"].pop("text", None)
