"""All figures of one system: micro and macro, by type, branch and granularity, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bootstrap import FIGURES, interval, macro, resample, type_counts
from .counts import Counts
from .encoding import Codes, Encoded, IntArray, encode
from .matching import Marked
from .tallies import MATCHING, Keys, Tally

#: Granularities, from the top of the tree; the last is the whole path.
LEVELS = ("coarse", "medium", "fine")
#: Resamples of the interval (paper, Table 11).
RESAMPLES = 500

Paths = Mapping[str, Sequence[str]]


def score(
    predictions: Sequence[Sequence[Marked]],
    references: Sequence[Sequence[Marked]],
    *,
    paths: Paths | None = None,
    matching: str = "strict",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """Score predictions against references.

    Args:
        predictions: Of each sentence its predicted mentions, none overlapping.
        references: Of each sentence its gold mentions, none overlapping.
        paths: Of each type the names from the top of the tree down to it, for the figures by branch and level. A type
            that is not in it stands for itself, outside of the tree.
        matching: What the figures ``macro``, ``per_type``, ``per_branch`` and ``levels`` count as a hit: ``strict``
            (span and type) or ``text`` (the paper's own: each sentence's set of lower-cased mention and type).
        resamples: Resamples of the 95 % intervals; 0 for no intervals.
        seed: Of the resampling.

    Returns:
        Plain JSON values, all shares in [0, 1]:

        - ``strict``, ``text``: micro precision, recall, F1 and their counts under either way of matching;
        - ``extraction``: of the spans alone;
        - ``macro``: means over the types that are predicted or gold;
        - ``per_type``, ``per_branch``, ``levels``: the same figures by type, by coarse type, by granularity; the latter
          two are empty without ``paths``;
        - ``classification``: under ``found``, of the spans found exactly the share with the right type;
        - ``intervals``: [lower, upper] of each figure, by name;
        - ``counts``: sentences, mentions and types; ``settings``: what was asked for.

    Raises:
        ValueError: If the lengths differ, mentions are out of range or overlap, or an option is unknown.
    """
    check_options(matching, resamples)
    encoded = encode(predictions, references)
    parts = Parts.of(encoded, matching, paths)
    return {
        **{name: figures(one.total()) for name, one in parts.micro.items()},
        "macro": parts.macro(),
        "per_type": parts.per_type(),
        "per_branch": parts.per_branch(),
        "levels": {level: figures(one.total()) for level, one in parts.levels.items()},
        "classification": {"found": parts.found()},
        "intervals": parts.intervals(resamples, seed),
        "counts": {
            "sentences": encoded.sentences,
            "predicted": len(encoded.predicted.type),
            "gold": len(encoded.gold.type),
            "types": len(np.unique(encoded.gold.type)),
        },
        "settings": {"matching": matching, "resamples": resamples, "seed": seed},
    }


def check_options(matching: str, resamples: int) -> None:
    """Refuse options of no sense."""
    if matching not in MATCHING:
        raise ValueError(f"matching {matching!r} is unknown; 'strict' or 'text' is wanted")
    if resamples < 0:
        raise ValueError(f"resamples must be 0 or more, not {resamples}")


def figures(counts: Counts) -> dict[str, float]:
    """Return precision, recall and F1 with what they are made of."""
    return {**counts.to_dict(), "hits": counts.hits, "predicted": counts.predicted, "gold": counts.gold}


@dataclass(frozen=True, slots=True)
class Parts:
    """The tallies of one scoring.

    Attributes:
        encoded: All mentions.
        keys: Of the matching chosen.
        micro: By name: strict, text, extraction.
        typed: The tally of the matching chosen.
        levels: By level, of the matching chosen.
        branches: Of each number of a type that of its coarse type, and the names of those.
    """

    encoded: Encoded
    keys: Keys
    micro: dict[str, Tally]
    typed: Tally
    levels: dict[str, Tally]
    branches: tuple[IntArray, list[str]]

    @classmethod
    def of(cls, encoded: Encoded, matching: str, paths: Paths | None) -> Parts:
        """Match all mentions in every way."""
        keys = {name: make(encoded) for name, make in MATCHING.items()}
        micro = {name: one.typed() for name, one in keys.items()} | {"extraction": keys["strict"].places()}
        chosen = keys[matching]
        groups = level_groups(chosen.names, paths, fold=matching == "text") if paths else []
        levels = {level: chosen.typed(group) for level, (group, _) in zip(LEVELS, groups, strict=False)}
        branches = (groups[0][0], [path[0] for path in groups[0][1]]) if groups else (np.zeros(0, np.int64), [])
        return cls(encoded, chosen, micro, micro[matching], levels, branches)

    @property
    def sentence(self) -> tuple[IntArray, IntArray]:
        """The sentences of both sides' mentions."""
        return self.encoded.predicted.sentence, self.encoded.gold.sentence

    def type_table(self) -> IntArray:
        """Return hits, predictions and gold of each type."""
        return self.typed.by(*self.keys.type, len(self.keys.names))

    def macro(self) -> dict[str, float]:
        """Return the means over types."""
        table = self.type_table()
        means = dict(zip(FIGURES, map(float, macro(table)), strict=True))
        return {**means, "types": int(table[:, 1:].any(axis=1).sum())}

    def per_type(self) -> dict[str, dict[str, float]]:
        """Return the figures of each type, by name."""
        return by_name(self.keys.names, self.type_table())

    def per_branch(self) -> dict[str, dict[str, float]]:
        """Return the figures of each coarse type, of full types: they add up to those of all."""
        groups, names = self.branches
        if not names:
            return {}
        ours, theirs = (groups[column] for column in self.keys.type)
        return by_name(names, self.typed.by(ours, theirs, len(names)))

    def found(self) -> dict[str, float]:
        """Return of the spans found exactly the share with the right type."""
        right, mentions = self.micro["strict"].total().hits, self.micro["extraction"].total().hits
        return {"accuracy": right / mentions if mentions else 0.0, "right": right, "mentions": mentions}

    def intervals(self, resamples: int, seed: int) -> dict[str, dict[str, list[float]]]:
        """Return the 95 % interval of each figure."""
        if not resamples or not self.encoded.sentences:
            return {}
        tallies = self.micro | self.levels
        tables = {name: one.by(*self.sentence, self.encoded.sentences) for name, one in tallies.items()}
        types = type_counts(self.keys, self.typed, self.sentence, self.encoded.sentences)
        return {name: interval(drawn) for name, drawn in resample(tables, types, resamples, seed).items()}


def by_name(names: Sequence[str], table: IntArray) -> dict[str, dict[str, float]]:
    """Return the figures of each row, sorted by name."""
    rows = sorted(zip(names, table.tolist(), strict=True))
    return {name: figures(Counts(*row)) for name, row in rows if any(row)}


def level_groups(names: Sequence[str], paths: Paths, *, fold: bool) -> list[tuple[IntArray, Codes]]:
    """Return for each level the number of each type's path down to it, and those paths.

    Paths are compared, not names: names repeat in the tree. A path that ends above a level stands as it is.
    """
    known = {(name.lower() if fold else name): tuple(path) for name, path in paths.items()}
    whole = [known.get(name) or (name,) for name in names]
    groups = []
    for depth in (*range(1, len(LEVELS)), None):
        codes = Codes()
        groups.append((codes.column((path[:depth] for path in whole), len(whole)), codes))
    return groups
