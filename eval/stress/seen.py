"""The label half of leakage: which mentions and types of a test set training has seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dynamicner_dataset.taxonomy import name_key
from eval.cascadener.matching import Marked
from eval.gold import Gold
from eval.stress.nearness import Embed, as_vectors, nearest, plain, vector_blocks

#: Unseen types that are named.
MOST_NAMED = 20


class Seen:
    """What training has of mentions and types.

    Attributes:
        pairs: Mention and type, by :func:`pair`.
        texts: Mentions alone.
        types: Types alone.
    """

    def __init__(self, sentences: Iterable[Gold]) -> None:
        self.pairs = {one for sentence in sentences for one in pairs_of(sentence)}
        self.texts = {text for text, _ in self.pairs}
        self.types = {kind for _, kind in self.pairs}

    def marks(self, sentence: Gold) -> list[bool]:
        """Return of each mention of a sentence whether training has it with its type."""
        return [one in self.pairs for one in pairs_of(sentence)]


def pairs_of(sentence: Gold) -> list[tuple[str, str]]:
    """Return mention and type of each mention, without case, width and spaces; the fine type where it is known.

    So mentions of a dynamic list, whose labels change from sentence to sentence, compare with each other.
    """
    kinds = sentence.fine or [mention.type for mention in sentence.mentions]
    return [(plain(one.text), name_key(kind)) for one, kind in zip(sentence.mentions, kinds, strict=True)]


def label_nearness(seen: Seen, test: Sequence[Gold], embed: Embed | None = None) -> dict[str, Any]:
    """Return how much of a test set's labels training has.

    Args:
        seen: Of training.
        test: The test set.
        embed: If given, each unseen type is named with the nearest training type by the embedding of their names.

    Returns:
        ``mentions``; of these the numbers ``pair_seen`` (same text and type), ``text_seen`` (same text, any type),
        ``type_seen`` (same type), and the shares; ``types``, ``types_seen`` and ``types_share``; ``unseen``: [type,
        mentions, nearest training type, cosine], the most frequent first.
    """
    pairs = [one for sentence in test for one in pairs_of(sentence)]
    kinds: dict[str, int] = {}
    for _, kind in pairs:
        kinds[kind] = kinds.get(kind, 0) + 1
    counts = {
        "pair_seen": sum(one in seen.pairs for one in pairs),
        "text_seen": sum(text in seen.texts for text, _ in pairs),
        "type_seen": sum(kind in seen.types for _, kind in pairs),
    }
    unseen = sorted(kinds.keys() - seen.types, key=lambda kind: (-kinds[kind], kind))
    return {
        "mentions": len(pairs),
        **counts,
        **{f"{name.removesuffix('_seen')}_share": share(number, len(pairs)) for name, number in counts.items()},
        "types": len(kinds),
        "types_seen": len(kinds) - len(unseen),
        "types_share": share(len(kinds) - len(unseen), len(kinds)),
        "unseen": near_types(unseen[:MOST_NAMED], kinds, sorted(seen.types), embed),
    }


def near_types(
    unseen: Sequence[str], mentions: dict[str, int], known: Sequence[str], embed: Embed | None
) -> list[list[Any]]:
    """Return unseen types with their mentions and, by embedding, the known type that is nearest."""
    if embed is None or not known or not unseen:
        return [[name, mentions[name], None, None] for name in unseen]
    cosines, places = nearest(as_vectors(embed(list(unseen))), vector_blocks(known, embed))
    return [
        [name, mentions[name], known[place], round(float(cosine), 3)]
        for name, cosine, place in zip(unseen, cosines, places, strict=True)
    ]


def recall_by_seen(seen: Seen, test: Sequence[Gold], predictions: Sequence[Sequence[Marked]]) -> dict[str, Any]:
    """Return the recall (span and type) of mentions whose text and type training has, and of all others."""
    marks = np.array([mark for sentence in test for mark in seen.marks(sentence)], dtype=bool)
    found = [
        mention[:3] in {one[:3] for one in said}
        for sentence, said in zip(test, predictions, strict=True)
        for mention in sentence.mentions
    ]
    hits = np.array(found, dtype=bool)
    return {
        name: {"mentions": int(side.sum()), "recall": share(int(hits[side].sum()), int(side.sum()))}
        for name, side in (("seen", marks), ("unseen", ~marks))
    }


def share(part: int, whole: int) -> float:
    """Return a share in [0, 1]; 0 of nothing."""
    return part / whole if whole else 0.0
