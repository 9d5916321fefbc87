"""The scorer of the paper's release with its two faults, as a figure for comparison only.

It is written from a description, not copied. A sentence's mentions become labels, lower-cased text with type; the space
of labels is fitted on gold, so that a prediction that no gold sentence has is dropped and costs nothing; and only the
sentences that both files have are scored.
"""

from __future__ import annotations

from eval.audit.verdict import Case, Verdict, mentions
from eval.cascadener.counts import Counts, count
from eval.cascadener.matching import by_text


def original(case: Case, *, finds_only: bool = False) -> Verdict:
    """Return what the original scorer would say.

    Args:
        case: What is scored.
        finds_only: Take a sentence without predictions for one that the file of predictions does not have, as of a
            system that writes down only what it finds.
    """
    both = [
        (set(by_text(found or ())), set(by_text(sentence.mentions)))
        for sentence, found in zip(case.sentences, case.predictions, strict=True)
        if found or (found is not None and not finds_only)
    ]
    space = set().union(*(gold for _, gold in both))
    total = sum((count(found & space, gold) for found, gold in both), Counts())
    free = sum(len(found - space) for found, _ in both)
    skipped = len(case.sentences) - len(both)
    name = "original scorer, sentences without finds left out" if finds_only else "original scorer"
    sentences = f"{skipped:,} sentence{'' if skipped == 1 else 's'} skipped"
    return Verdict.of(name, total, f"faulty: {mentions(free)} that no gold has free of charge, {sentences}")
