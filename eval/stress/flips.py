"""What a label change does to a method: answers that flip, and F1 that is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from eval.cascadener.bootstrap import PERCENTILES, FloatArray, draws
from eval.cascadener.comparison import compare
from eval.cascadener.encoding import IntArray
from eval.cascadener.matching import Marked
from eval.cascadener.scoring import RESAMPLES
from eval.gold import Gold
from eval.methods.base import Method, Predicted, task_of
from eval.stress.changes import ORIGINAL, Change, Changed

Sentences = Sequence[Sequence[Marked]]
#: Flips that are named, the most frequent first.
MOST_NAMED = 10
#: What is counted of each sentence.
COUNTS = ("both", "flipped", "lost", "gained", "spoilt", "mended", "forced", "to_added")
FLIPPED, BOTH = COUNTS.index("flipped"), COUNTS.index("both")


def measure(
    references: Sequence[Gold],
    changed: Sequence[Changed],
    before: Sentences,
    after: Sentences,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """Return what a change did to the predictions of a method.

    Args:
        references: The sentences with their original lists.
        changed: The same sentences, changed.
        before: Predictions under the original lists.
        after: Predictions under the new ones, with the new names.
        resamples: Of the 95 % intervals.
        seed: Of the resampling.

    Returns:
        ``lists``: mean lengths before and after and sentences whose list changed; ``flips``: see :func:`flips`;
        ``strict``, ``extraction``: F1 ``before`` and ``after``, ``drop`` (before less after), its ``interval`` by the
        paired bootstrap and its ``p_value``. Answers count under their old names; an added type is never right.

    Raises:
        ValueError: If the lengths differ, or there are no sentences.
    """
    back = [old_names(sentence, one) for sentence, one in zip(after, changed, strict=True)]
    gold = [one.mentions for one in references]
    compared = compare(before, back, gold, resamples=resamples, seed=seed)["measures"]
    return {
        "lists": lists(references, changed),
        "flips": flips(gold, changed, before, back, resamples=resamples, seed=seed),
        **{name: drop(compared[name]) for name in ("strict", "extraction")},
    }


def old_names(sentence: Iterable[Marked], one: Changed) -> list[Marked]:
    """Return mentions under the names that their types had before the change; an added type keeps its own."""
    return [mention._replace(type=one.back.get(mention.type, mention.type)) for mention in sentence]


def drop(compared: dict[str, Any]) -> dict[str, Any]:
    """Return the F1 that is lost."""
    low, high = compared["interval"]["f1"]
    return {
        "before": compared["first"]["f1"],
        "after": compared["second"]["f1"],
        "drop": 0.0 - compared["difference"]["f1"],
        "interval": [0.0 - high, 0.0 - low],
        "p_value": compared["p_value"],
    }


def lists(references: Sequence[Gold], changed: Sequence[Changed]) -> dict[str, Any]:
    """Return the mean lengths of the lists, and how many lists and names differ."""
    original = [ORIGINAL.make(one).gold.types for one in references]
    new = [one.gold.types for one in changed]
    count = max(len(original), 1)
    return {
        "types_before": round(sum(map(len, original)) / count, 4),
        "types_after": round(sum(map(len, new)) / count, 4),
        "changed": sum(ours != theirs for ours, theirs in zip(original, new, strict=True)),
        "renamed": sum(new != old for one in changed for new, old in one.back.items()),
    }


def flips(
    gold: Sentences, changed: Sequence[Changed], before: Sentences, after: Sentences, *, resamples: int, seed: int
) -> dict[str, Any]:
    """Return how many answers changed, of the mentions that were found (same span) in both runs.

    Args:
        gold: Gold mentions, under the old names.
        changed: The sentences under their new lists.
        before: Predictions under the old lists.
        after: Predictions under the new lists, under the old names.
        resamples: Of the 95 % interval of the rate.
        seed: Of the resampling.

    Returns:
        ``rate`` and its ``interval``; ``both``: mentions found in both runs; of these ``flipped`` and, of those,
        ``spoilt`` (was right, is wrong), ``mended`` (the other way), ``forced`` (the earlier answer is no longer on the
        list) and ``to_added`` (the answer is an added type); ``lost`` and ``gained``: mentions found in one run only;
        ``frequent``: [from, to, number] of the most frequent flips.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    rows = []
    for sentence in zip(gold, changed, before, after, strict=True):
        row, flipped = flips_of(*sentence)
        rows.append([row[name] for name in COUNTS])
        pairs += flipped
    table = np.array(rows, dtype=np.int64).reshape(-1, len(COUNTS))
    total = dict(zip(COUNTS, table.sum(axis=0).tolist(), strict=True))
    frequent = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NAMED]
    return {
        "rate": total["flipped"] / total["both"] if total["both"] else 0.0,
        "interval": rate_interval(table, resamples, seed),
        **total,
        "frequent": [[*pair, number] for pair, number in frequent],
    }


def flips_of(
    gold: Sequence[Marked], one: Changed, before: Sequence[Marked], after: Sequence[Marked]
) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Return the counts of one sentence, and its flips by (old answer, new answer)."""
    right = {mention[:2]: mention.type for mention in gold}
    old, new = ({mention[:2]: mention.type for mention in side} for side in (before, after))
    offered = set(one.back.values())
    counts = Counter(both=len(old.keys() & new), lost=len(old.keys() - new), gained=len(new.keys() - old))
    pairs: Counter[tuple[str, str]] = Counter()
    for span in sorted(old.keys() & new):
        was, now = old[span], new[span]
        if was != now:
            pairs[was, now] += 1
            counts["flipped"] += 1
            counts["spoilt"] += was == right.get(span)
            counts["mended"] += now == right.get(span)
            counts["forced"] += was not in offered
            counts["to_added"] += now not in offered
    return counts, pairs


def rate_interval(table: IntArray, resamples: int, seed: int) -> list[float]:
    """Return the 95 % interval of the flip rate over resampled sentences, as [lower, upper]."""
    drawn: list[FloatArray] = []
    for weights in draws(len(table), resamples, seed):
        sums = weights @ table
        both = sums[:, BOTH].astype(np.float64)
        drawn.append(np.divide(sums[:, FLIPPED], both, out=np.zeros_like(both), where=both > 0))
    return [float(edge) for edge in np.percentile(np.concatenate(drawn), PERCENTILES)]


def stress(
    method: Method, sentences: Sequence[Gold], changes: Sequence[Change], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Run a method under the original lists and under each change, in memory; see :func:`measure`.

    Args:
        method: Any method.
        sentences: What it is run on.
        changes: See :func:`eval.stress.changes.make_changes`.
        resamples: Of the intervals.
        seed: Of the resampling.
    """
    before = answers(method, [ORIGINAL.make(one).gold for one in sentences])
    found = {}
    for change in changes:
        changed = [change.make(one) for one in sentences]
        after = answers(method, [one.gold for one in changed])
        found[change.name] = measure(sentences, changed, before, after, resamples=resamples, seed=seed)
    return found


def answers(method: Method, sentences: Sequence[Gold]) -> list[list[Marked]]:
    """Return what a method finds in sentences."""
    predicted = method.predict([task_of(one) for one in sentences])
    return [as_marked(said, one.text) for said, one in zip(predicted, sentences, strict=True)]


def as_marked(said: Predicted, text: str) -> list[Marked]:
    """Return predicted mentions as they are scored."""
    return [Marked(one.start, one.end, one.type, text[one.start : one.end]) for one in said.mentions]
