"""What a sound submission is worth: its figures with all that is needed to know what they mean."""

from __future__ import annotations

import dataclasses
import hashlib
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dynamicner_dataset.loader import VERSION
from dynamicner_dataset.taxonomy import CATCH_ALL_NAMES, Node, Taxonomy, load_taxonomy
from eval.cascadener.scoring import RESAMPLES, score
from eval.gold import Gold, data_hash
from eval.submissions.entities import Submitted
from eval.submissions.entry import Entry

#: Of the result files; raised when a reader of old ones would be wrong.
FORMAT = "dynamicner-result/1"
RESULT = "result.json"
PACKAGES = ("datasets", "numpy")
#: Reasons for dropped answers that are kept: a submission may name as many as it likes.
MAX_REASONS = 50


def make_result(
    entry: Entry,
    config: str,
    split: str,
    gold: Sequence[Gold],
    said: Sequence[Submitted],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the figures of a submission, of all its sentences and language by language.

    Args:
        entry: Who submits.
        config: What is scored against.
        split: Likewise.
        gold: Its sentences.
        said: What was submitted of each, in the same order.
        resamples: Of the intervals.
        seed: Of the resampling.
    """
    return {
        "format": FORMAT,
        "submission": dataclasses.asdict(entry),
        "config": config,
        "split": split,
        "data_sha256": data_hash(gold),
        **figures(gold, said, resamples=resamples, seed=seed),
        "languages": by_language(gold, said, resamples=resamples, seed=seed),
        "cost": total_cost(said),
        "dropped": dict(sorted(summed(one.dropped for one in said).most_common(MAX_REASONS))),
        "versions": {"data": VERSION, "python": platform.python_version(), **{one: version(one) for one in PACKAGES}},
    }


def figures(gold: Sequence[Gold], said: Sequence[Submitted], *, resamples: int, seed: int) -> dict[str, Any]:
    """Return the scorer's figures."""
    return score(
        [one.mentions for one in said],
        [one.mentions for one in gold],
        paths=type_paths(gold),
        resamples=resamples,
        seed=seed,
    )


def type_paths(gold: Sequence[Gold]) -> dict[str, tuple[str, ...]]:
    """Return the way down the tree to each type that the sentences allow, where its name has one place in the tree.

    Catch-alls, and names that types of different branches are shown under, are left out: the scorer takes such a type
    for itself.
    """
    tree = load_taxonomy()
    if any(one.types is None for one in gold):
        return {node.name: names(node.path) for node in tree.fine}
    shown = {name for one in gold for name in one.types or ()} - set(CATCH_ALL_NAMES)
    places = {name: shown_as(name, tree) for name in shown}
    return {
        name: names(found[0].path)
        for name, found in sorted(places.items())
        if found and all(node in found[0] for node in found)
    }


def shown_as(name: str, tree: Taxonomy) -> list[Node]:
    """Return the types that a list may show under a name, upper ones first."""
    return [node for node in tree.find(name) if tree.shown_names[node] == name or name in node.synonyms]


def names(path: Iterable[Node]) -> tuple[str, ...]:
    """Return the names of nodes."""
    return tuple(node.name for node in path)


def by_language(
    gold: Sequence[Gold], said: Sequence[Submitted], *, resamples: int, seed: int
) -> dict[str, dict[str, Any]]:
    """Return of each language its main figures and the hash of its sentences."""
    found = {}
    for lang in sorted({one.lang for one in gold}):
        pairs = [(ours, theirs) for ours, theirs in zip(said, gold, strict=True) if theirs.lang == lang]
        theirs = [one for _, one in pairs]
        scored = figures(theirs, [one for one, _ in pairs], resamples=resamples, seed=seed)
        found[lang] = {
            "data_sha256": data_hash(theirs),
            "strict": scored["strict"],
            "intervals": {"strict": scored["intervals"]["strict"]} if scored["intervals"] else {},
            "counts": scored["counts"],
        }
    return found


def total_cost(said: Sequence[Submitted]) -> dict[str, float]:
    """Return the summed cost of all sentences; of a kind that some sentence does not give, nothing is known."""
    return {key: value for key, value in sorted(summed(one.cost for one in said).items()) if all_give(said, key)}


def all_give(said: Sequence[Submitted], key: str) -> bool:
    """Say whether every sentence gives that cost."""
    return all(key in one.cost for one in said)


def summed(parts: Iterable[Mapping[str, float]]) -> Counter[str]:
    """Return the sum of numbers by name."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)  # type: ignore[arg-type]  # seconds are no whole numbers
    return total


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
