"""What is scored against: the sentences of a config and split with their gold mentions, and a hash that names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dynamicner_dataset.corpus import SPLITS
from dynamicner_dataset.errors import InputError, nearest
from eval.cascadener.matching import Marked


@dataclass(frozen=True, slots=True)
class Gold:
    """One sentence with what is to be found in it.

    Attributes:
        id: Unique within its language.
        lang: Code of its language.
        text: Its characters.
        types: Its own type list; ``None`` where mentions are named from the tree of 155 types.
        mentions: Sorted, none overlapping; each ``type`` is on the list, or a fine type of the tree.
        fine: Of each mention its fine type; empty where there is no tree (external sets).
    """

    id: str
    lang: str
    text: str
    types: tuple[str, ...] | None
    mentions: tuple[Marked, ...]
    fine: tuple[str, ...] = ()


def read_gold(config: str, split: str) -> list[Gold]:
    """Return the packaged sentences of a config (``base-en``, ``dynamic-all``, ...) and split.

    Raises:
        InputError: If there is no such config or split.
    """
    from dynamicner_dataset.loader import load, make_configs  # brings datasets, which takes a second

    configs = [one.name for one in make_configs()]
    for value, known, what in ((config, configs, "config"), (split, SPLITS, "split")):
        if value not in known:
            raise InputError(f"unknown {what} {value!r}{nearest(value, known) or '; known: ' + ', '.join(known)}")
    return [gold_of_row(row) for row in load(config, split=split, streaming=True)]


def gold_of_row(row: dict) -> Gold:
    """Return a base or dynamic row as gold."""
    key = "label" if "types" in row else "fine"
    return Gold(
        row["id"],
        row["lang"],
        row["text"],
        tuple(row["types"]) if "types" in row else None,
        tuple(Marked(one["start"], one["end"], one[key], one["text"]) for one in row["entities"]),
        tuple(one["fine"] for one in row["entities"]),
    )


def data_hash(sentences: Iterable[Gold]) -> str:
    """Return the SHA-256 of all sentences: results of different hashes are never compared.

    One line of JSON a sentence (id, text, types, mentions as start, end and type), in the order of the ids.
    """
    lines = sorted(hashed_line(one) for one in sentences)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def hashed_line(one: Gold) -> str:
    """Return what is hashed of a sentence."""
    mentions: Sequence[tuple] = [mention[:3] for mention in one.mentions]
    return json.dumps([one.lang, one.id, one.text, one.types, mentions], ensure_ascii=False) + "\n"
