"""The scorers that people use, on the same predictions.

seqeval and nervaluate are the packages themselves; where one is not installed, its verdicts are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from importlib.util import find_spec

from eval.audit.original import original
from eval.audit.projection import io_tags, project, tokens_of
from eval.audit.verdict import Case, Predictions, Verdict, mentions
from eval.cascadener.counts import count_all
from eval.cascadener.matching import Marked, by_text, strict
from eval.gold import Gold

#: nervaluate's schemes, its names for them, and what each gives.
SCHEMES = {
    "strict": "span and type, as here",
    "exact": "the type does not matter",
    "partial": "the type does not matter; an overlap gives half a hit",
    "ent_type": "any overlap with the right type is a hit",
}
HONEST = "strict (ours)"


def audit(sentences: Sequence[Gold], predictions: Predictions) -> list[Verdict]:
    """Return what each scorer says, ours first.

    Args:
        sentences: The sentences with their gold mentions.
        predictions: Of each sentence the predicted mentions, none overlapping; ``None`` where the system's file does
            not have the sentence.

    Raises:
        ValueError: If there are not as many predictions as sentences.
    """
    case = Case(sentences, predictions)
    verdicts = [honest(case)]
    if find_spec("seqeval"):
        verdicts += seqeval(case)
    if find_spec("nervaluate"):
        verdicts += nervaluate(case)
    return [*verdicts, string_sets(case), by_paper(case), original(case), original(case, finds_only=True)]


def honest(case: Case) -> Verdict:
    """Return ours: every sentence and every prediction counts."""
    return counted(HONEST, strict, case, "the measure of all below: span and type, every sentence, every prediction")


def counted(name: str, key: Callable[[Iterable[Marked]], set[Hashable]], case: Case, why: str) -> Verdict:
    """Return the verdict of matching sets."""
    pairs = zip(case.found, case.gold, strict=True)
    return Verdict.of(name, count_all((key(found), key(gold)) for found, gold in pairs), why)


def seqeval(case: Case) -> list[Verdict]:
    """Return what seqeval says of BIO tags, and of IO tags as Few-NERD has them."""
    spans = [tokens_of(one) for one in case.sentences]
    found = [project(*pair) for pair in zip(spans, case.found, strict=True)]
    gold = [project(*pair) for pair in zip(spans, case.gold, strict=True)]
    moved, lost = sum(one.moved for one in found), sum(one.lost for one in found)
    tags = [one.tags for one in found], [one.tags for one in gold]
    fused = sum(starts(side) - starts(map(io_tags, side)) for side in tags)
    why = f"tags of tokens: {mentions(moved)} moved to the edges of tokens, {lost:,} lost"
    return [
        of_tags("seqeval, BIO tags", *tags, why),
        of_tags(
            "seqeval, IO tags",
            *([io_tags(one) for one in side] for side in tags),
            f"and neighbours of one type fuse: {mentions(fused)} fewer, predicted and gold together",
        ),
    ]


def starts(sentences: Iterable[Sequence[str]]) -> int:
    """Return the number of mentions in tags."""
    from seqeval.metrics.sequence_labeling import get_entities

    return sum(len(get_entities(tags)) for tags in sentences)


def of_tags(name: str, found: list[list[str]], gold: list[list[str]], why: str) -> Verdict:
    """Return seqeval's micro average, in its default mode."""
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    figures = precision_recall_fscore_support(gold, found, average="micro", zero_division=0)[:3]
    return Verdict(name, *map(float, figures), why)


def nervaluate(case: Case) -> list[Verdict]:
    """Return what nervaluate says under its four schemes, and if it is told the types of the gold alone."""
    types = {one.type for side in case.gold for one in side}
    known = [[one for one in side if one.type in types] for side in case.found]
    free = sum(map(len, case.found)) - sum(map(len, known))
    return [
        *(of_scheme(f"nervaluate, {name}", name, case.found, case.gold, why) for name, why in SCHEMES.items()),
        of_scheme(
            "nervaluate, strict, tags of gold",
            "strict",
            known,
            case.gold,
            f"drops what has a type it was not told: {mentions(free)} free of charge",
        ),
    ]


def of_scheme(
    name: str, scheme: str, found: Sequence[Sequence[Marked]], gold: Sequence[Sequence[Marked]], why: str
) -> Verdict:
    """Return the micro average of one scheme (SemEval 2013, task 9.1): counts summed, then divided once.

    The package's strategies are called sentence by sentence; its ``Evaluator`` would also count each type apart, which
    takes minutes for 155 types.
    """
    from nervaluate.entities import Entity, EvaluationResult
    from nervaluate.strategies import EntityTypeEvaluation, ExactEvaluation, PartialEvaluation, StrictEvaluation

    strategies = {
        "strict": StrictEvaluation,
        "exact": ExactEvaluation,
        "partial": PartialEvaluation,
        "ent_type": EntityTypeEvaluation,
    }
    strategy, total = strategies[scheme](), EvaluationResult()
    for ours, theirs in zip(found, gold, strict=True):
        # The package's ends are inclusive.
        sides = [[Entity(one.type, one.start, one.end - 1) for one in sorted(side)] for side in (theirs, ours)]
        result, _ = strategy.evaluate(*sides, [])
        for field in ("correct", "incorrect", "partial", "missed", "spurious"):
            setattr(total, field, getattr(total, field) + getattr(result, field))
    total.compute_metrics(partial_or_type=scheme in ("partial", "ent_type"))
    return Verdict(name, float(total.precision), float(total.recall), float(total.f1), why)


def string_sets(case: Case) -> Verdict:
    """Return what scorers of generated answers say: of each sentence the set of strings with their types."""
    repeats = sum(len(strict(side)) - len(strings(side)) for side in case.gold)
    return counted(
        "sets of strings",
        strings,
        case,
        f"where a mention stands does not matter; repeats in gold: {mentions(repeats)}",
    )


def strings(marked: Iterable[Marked]) -> set[Hashable]:
    """Return what must agree: the mention's characters and its type."""
    return {(one.text, one.type) for one in marked}


def by_paper(case: Case) -> Verdict:
    """Return the paper's own matching done right (``matching="text"``)."""
    repeats = sum(len(strict(side)) - len(by_text(side)) for side in case.gold)
    why = f"nor does case; repeats in gold: {mentions(repeats)}; every sentence and prediction counts"
    return counted('sets of lower-cased strings (the paper\'s, matching="text")', by_text, case, why)
