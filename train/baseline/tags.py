"""BIO tags and mentions: one from the other, and the F1 of mentions that a baseline is chosen by."""

from __future__ import annotations

from collections.abc import Sequence

from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2

from dynamicner_dataset.counts import count_all
from dynamicner_dataset.rows import tag_names
from dynamicner_dataset.sentences import Mention
from dynamicner_dataset.taxonomy import load_taxonomy
from dynamicner_dataset.tokens import bio_tags, split_at_mentions, token_spans

OUTSIDE = "O"
Span = tuple[int, int]


def fine_tags() -> list[str]:
    """Return the tags of the output layer in the order of their class numbers: those of ``ner_tags``."""
    return tag_names(load_taxonomy(), "fine")


def mentions_of(words: Sequence[Span], tags: Sequence[str]) -> list[Mention]:
    """Return the mentions that tagged words make up, with their character offsets.

    An I that continues nothing of its type begins a mention, as in CoNLL's own scorer.

    >>> mentions_of([(0, 3), (4, 9)], ["B-city", "I-city"])
    [Mention(start=0, end=9, fine='city')]
    """
    mentions: list[Mention] = []
    before = OUTSIDE
    for (start, end), tag in zip(words, tags, strict=True):
        prefix, _, kind = tag.partition("-")
        if prefix == "I" and before.partition("-")[2] == kind:
            mentions[-1] = mentions[-1]._replace(end=end)
        elif tag != OUTSIDE:
            mentions.append(Mention(start, end, kind))
        before = tag
    return mentions


def tags_of(words: Sequence[Span], mentions: Sequence[Mention]) -> list[str]:
    """Return the tags of words that no border of a mention falls inside."""
    return [f"{prefix}-{mentions[at].fine}" if at >= 0 else OUTSIDE for prefix, at in bio_tags(words, mentions)]


def entity_scores(
    texts: Sequence[tuple[str, str]], gold: Sequence[Sequence[Mention]], predicted: Sequence[Sequence[Mention]]
) -> dict[str, float]:
    """Return seqeval's strict micro precision, recall and F1, and the F1 of spans whatever their type.

    Tags are made anew from the character spans of both sides, over words cut at the borders of both. The model itself
    is given words as any text has them: the dataset's tokens are cut at gold mentions, and would tell their borders.

    Args:
        texts: Text and language of each sentence.
        gold: Mentions of each, flat and sorted.
        predicted: The same, as they were found.
    """
    sides: tuple[list[list[str]], list[list[str]]] = ([], [])
    for (text, lang), right, found in zip(texts, gold, predicted, strict=True):
        words = split_at_mentions(token_spans(text, lang), [*right, *found])
        sides[0].append(tags_of(words, right))
        sides[1].append(tags_of(words, found))
    precision, recall, f1, _ = precision_recall_fscore_support(*sides, average="micro", scheme=IOB2, zero_division=0)
    spans = [[{mention[:2] for mention in one} for one in side] for side in (gold, predicted)]
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "span_f1": count_all(zip(*reversed(spans), strict=True)).f1,
    }
