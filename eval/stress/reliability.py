"""The calibration report: do the scores of stored predictions say how often they are right?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dynamicner_dataset.errors import InputError
from eval.cascadener.calibration import calibration, plot_reliability
from eval.gold import data_hash
from eval.stress.pages import table
from eval.stress.stored import Stored

#: What a score may be right about.
RIGHT = {"strict": 3, "span": 2}


def calibrate(stored: Stored, bins: int) -> dict[str, Any]:
    """Return the calibration of stored predictions.

    Args:
        stored: With scores; mentions without one are counted and left out.
        bins: Of the reliability diagram.

    Returns:
        ``strict`` (span and type are right) and ``span`` (the span is): what
        :func:`eval.cascadener.calibration.calibration` says; ``languages``: ECE, Brier score and mentions of each, for
        ``strict``; ``unscored``: mentions without a score.

    Raises:
        InputError: If no mention has a score, or ``bins`` is less than 1.
    """
    if bins < 1:
        raise InputError(f"--bins is {bins}; at least 1 is wanted")
    rows = [row for at in range(len(stored.gold)) for row in judged(stored, at)]
    scored = [row for row in rows if row["score"] is not None]
    if not scored:
        raise InputError("no predicted mention has a score, so that there is nothing to calibrate", stored.path)
    langs = sorted({row["lang"] for row in scored})
    whole = {name: of_rows(scored, name, bins) for name in RIGHT}
    by_lang = {lang: of_rows((row for row in scored if row["lang"] == lang), "strict", bins) for lang in langs}
    return {
        "predictions": stored.name,
        "data_sha256": data_hash(stored.gold),
        "sentences": len(stored.gold),
        "unscored": len(rows) - len(scored),
        **whole,
        "languages": {
            lang: {key: one[key] for key in ("ece", "brier", "mentions")} | means(one["bins"])
            for lang, one in by_lang.items()
        },
    }


def judged(stored: Stored, at: int) -> list[dict[str, Any]]:
    """Return of each predicted mention of a sentence its score and what of it is right."""
    gold, said = stored.gold[at], stored.said[at]
    known = {name: {mention[:size] for mention in gold.mentions} for name, size in RIGHT.items()}
    return [
        {"lang": gold.lang, "score": score} | {name: mention[:size] in known[name] for name, size in RIGHT.items()}
        for mention, score in zip(said.mentions, said.scores, strict=True)
    ]


def of_rows(rows: Iterable[dict[str, Any]], name: str, bins: int) -> dict[str, Any]:
    """Return the calibration of some mentions."""
    kept = list(rows)
    return calibration([row["score"] for row in kept], [row[name] for row in kept], bins)


def means(bins: list[dict[str, Any]]) -> dict[str, float]:
    """Return mean score and share of right ones over all bins."""
    count = sum(one["mentions"] for one in bins)
    return {
        key: round(sum(one["mentions"] * one[key] for one in bins) / count, 12) if count else 0.0
        for key in ("score", "accuracy")
    }


def to_markdown(report: dict[str, Any]) -> str:
    """Return the report as a page."""
    found = report["calibration"]
    groups = {"span and type": found["strict"], "span alone": found["span"]}
    columns = ["", "mentions", "mean score", "share right", "ECE", "Brier"]
    return "\n".join(
        [
            "# Calibration",
            "",
            f"Made by `{report['command']}`; do not edit.",
            "",
            f"Predictions: {found['predictions']}; {found['sentences']:,} sentences, data {found['data_sha256'][:12]}; "
            f"{found['unscored']:,} mentions have no score and are left out. ECE: mean gap between score and share of "
            "right mentions over the bins, weighted by mentions (0 is best). Brier: mean squared gap. Missed mentions "
            "have no score and do not count.",
            "",
            *table(columns, [row(name, one | means(one["bins"])) for name, one in groups.items()]),
            "",
            "By language, span and type:",
            "",
            *table(columns, [row(lang, one) for lang, one in found["languages"].items()]),
            "",
            "Bins, span and type:",
            "",
            *table(["score", "mentions", "mean score", "share right"], map(bin_row, found["strict"]["bins"])),
            "",
        ]
    )


def row(name: str, one: dict[str, Any]) -> list[Any]:
    """Return a row of figures."""
    return [name, *(one[key] for key in ("mentions", "score", "accuracy", "ece", "brier"))]


def bin_row(one: dict[str, Any]) -> list[Any]:
    """Return a row of the reliability diagram."""
    return [f"{one['lower']:.2f} to {one['upper']:.2f}", *(one[key] for key in ("mentions", "score", "accuracy"))]


def draw(report: dict[str, Any]) -> Any:
    """Draw the reliability diagram of span and type."""
    return plot_reliability(report["calibration"]["strict"])
