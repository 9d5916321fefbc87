"""The metric: seconds to score a million mentions, side by side with seqeval on the same sentences."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.machine import describe_machine
from eval.cascadener.matching import Marked
from eval.cascadener.scoring import score

MENTIONS = 1_000_000
#: What a sentence of the base version has on average (paper, Table 6: 370.0k tokens, 25,404 entities, 9,000 sentences).
MENTIONS_PER_SENTENCE, TOKENS_PER_SENTENCE = 3, 41
TYPES = [f"type {number}" for number in range(155)]
#: Of the predictions: the share that is found, and of those the share with the right type.
FOUND, RIGHT = 0.9, 0.7
PACKAGES = ("numpy", "seqeval")

Tags = list[list[str]]
Sentences = list[list[Marked]]


def measure(mentions: int = MENTIONS) -> dict[str, Any]:
    """Return seconds of ours and of seqeval, and how many times faster ours is.

    ``f1_score`` is the least that seqeval can be asked for (one figure); ``classification_report`` gives what our core
    gives: micro, macro and every type. Ours without intervals, as seqeval has none; with the 500 resamples beside it.
    """
    gold, found = make_sides(mentions)
    tags = [tags_of(side) for side in (gold, found)]
    ours, core = seconds(lambda: score(found, gold, resamples=0))
    report, theirs = seconds(lambda: seqeval_report(*tags))
    result, whole = seconds(lambda: score(found, gold))
    _, single = seconds(lambda: seqeval_f1(*tags))
    if abs(ours["strict"]["f1"] - report["micro avg"]["f1-score"]) > 1e-9:
        raise RuntimeError("the two scorers disagree")
    return {
        "mentions": sum(map(len, gold)),
        "sentences": len(gold),
        "f1": round(result["strict"]["f1"], 4),
        "seconds": {
            "ours": round(core, 2),
            "ours_with_intervals": round(whole, 2),
            "seqeval_report": round(theirs, 2),
            "seqeval_f1": round(single, 2),
        },
        "times_faster": {"than_report": round(theirs / core, 1), "than_f1": round(single / core, 1)},
    }


def make_sides(mentions: int) -> tuple[Sentences, Sentences]:
    """Return gold and predicted mentions, drawn with a fixed seed; offsets count tokens."""
    rng = random.Random(0)
    gold = [make_sentence(rng) for _ in range(mentions // MENTIONS_PER_SENTENCE)]
    found = [
        [one if rng.random() < RIGHT else one._replace(type=rng.choice(TYPES)) for one in side if rng.random() < FOUND]
        for side in gold
    ]
    return gold, found


def make_sentence(rng: random.Random) -> list[Marked]:
    """Return mentions of one to three tokens."""
    width = TOKENS_PER_SENTENCE // MENTIONS_PER_SENTENCE
    starts = [at * width + rng.randrange(width - 3) for at in range(MENTIONS_PER_SENTENCE)]
    ends = [start + rng.randint(1, 3) for start in starts]
    return [
        Marked(start, end, rng.choice(TYPES), f"name {rng.randrange(50_000)}")
        for start, end in zip(starts, ends, strict=True)
    ]


def tags_of(sentences: Sentences) -> Tags:
    """Return the BIO tags of each sentence."""
    tags = []
    for mentions in sentences:
        row = ["O"] * TOKENS_PER_SENTENCE
        for one in mentions:
            row[one.start : one.end] = [f"B-{one.type}", *[f"I-{one.type}"] * (one.end - one.start - 1)]
        tags.append(row)
    return tags


def seqeval_report(gold: Tags, found: Tags) -> dict[str, Any]:
    """Return seqeval's figures."""
    from seqeval.metrics import classification_report

    return classification_report(gold, found, output_dict=True, zero_division=0)


def seqeval_f1(gold: Tags, found: Tags) -> float:
    """Return one figure of seqeval."""
    from seqeval.metrics import f1_score

    return f1_score(gold, found, zero_division=0)


def seconds(job: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a job gives and the processor seconds it took, which other processes do not change."""
    start = time.process_time()
    result = job()
    return result, time.process_time() - start


def to_markdown(results: dict[str, Any]) -> str:
    """Return the page of the results."""
    found, machine = results["metric"], results["machine"]
    took, faster = found["seconds"], found["times_faster"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        "# Speed of the metric\n\n"
        "Made by `python -m tests.bench.metric --out docs/bench`; do not edit.\n\n"
        f"{machine['date']}, {machine['processor']}, Python {machine['python']}, {versions}. "
        f"{found['mentions']:,} gold mentions in {found['sentences']:,} sentences of {TOKENS_PER_SENTENCE} tokens, 155 "
        "types; processor seconds of one core.\n\n"
        "| scorer | seconds | ours is so many times faster |\n| --- | ---: | ---: |\n"
        f"| ours: micro, macro, every type, extraction, by text | {took['ours']} | |\n"
        f"| seqeval: `classification_report` (micro, macro, every type) | {took['seqeval_report']} "
        f"| {faster['than_report']} |\n"
        f"| seqeval: `f1_score` (one figure) | {took['seqeval_f1']} | {faster['than_f1']} |\n"
        f"| ours with 500 resamples | {took['ours_with_intervals']} | |\n"
    )


def main() -> None:
    """Measure, print the ratio, and write it if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.metric", description=__doc__)
    parser.add_argument("--mentions", type=int, default=MENTIONS)
    parser.add_argument("--out", type=Path, help="folder of metric.json and metric.md, such as docs/bench")
    options = parser.parse_args()
    results = {"machine": describe_machine(PACKAGES), "metric": measure(options.mentions)}
    if options.out:
        with atomic_file(options.out / "metric.json") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
        with atomic_file(options.out / "metric.md") as file:
            file.write(to_markdown(results))
    sys.stdout.write(to_markdown(results))


if __name__ == "__main__":
    main()
