"""The leak card in words and pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from eval.stress.leak import KINDS, Card
from eval.stress.pages import COLOURS, GREEN, GREY, RED, bare, new_figure, spread, table

TITLES = {"exact": "same text", "ngram": "n-gram", "embedding": "cosine", "any": "any of them"}
LABELS = {"pair_share": "mention and type", "text_share": "mention", "type_share": "its type"}
#: Borders of the cosines' histogram.
BINS = np.linspace(0, 1, 41)


def to_markdown(report: dict[str, Any]) -> str:
    """Return the card as a page."""
    settings = report["settings"]
    lines = [
        "# Leak card",
        "",
        f"Made by `{report['command']}`; do not edit.",
        "",
        f"Training: {', '.join(settings['train'])}, {settings['train_sentences']:,} sentences, data "
        f"{settings['train_sha256'][:12]}.",
        "",
        f"A test sentence is near if training has its text (case, width and spaces aside), {ngram_rule(settings)}, "
        f"or a sentence with a cosine of at least {settings['cosine']}{embedding_of(settings)}.",
        "",
        "## Text",
        "",
        *table(
            ["test set", "sentences", *TITLES.values(), "median cosine", "95 %", "largest"],
            [text_row(name, one) for test in report["tests"].items() for name, one in with_languages(*test)],
        ),
        "",
        "## Labels",
        "",
        "Share of test mentions that training has: with the same type, at all, and whose type it has; and of types. "
        "Fine types are compared where they are known, else names.",
        "",
        *table(
            ["test set", "mentions", *LABELS.values(), "types", "types seen"],
            [label_row(name, one["labels"]) for name, one in report["tests"].items()],
        ),
        "",
    ]
    for name, one in report["tests"].items():
        lines += unseen_types(name, one["labels"]["unseen"])
    for name, one in report["tests"].items():
        lines += scores(name, one.get("scores"))
    for name, one in report["tests"].items():
        lines += nearest_pairs(name, one["nearest"])
    return "\n".join(lines)


def ngram_rule(settings: dict[str, Any]) -> str:
    """Say which n-grams make a sentence near."""
    least = f"{settings['ngram_share']:.0%} of its" if settings["ngram_share"] else "one of its"
    return f"{least} {settings['words']}-grams of words ({settings['characters']} characters in zh, ja, ko)"


def embedding_of(settings: dict[str, Any]) -> str:
    """Say what the cosines are of."""
    if settings["model"] is None:
        return " (not measured)"
    known = settings["languages"]
    return f" by {settings['model']}" + (f", measured in {', '.join(known)} only" if known else "")


def with_languages(name: str, one: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return a test set and, if it has several, its languages."""
    langs = one["languages"]
    return [(name, one), *((f"{name} {lang}", part) for lang, part in langs.items() if len(langs) > 1)]


def text_row(name: str, one: dict[str, Any]) -> list[Any]:
    """Return a row of the table on texts."""
    shares = [
        "–" if one["near"][kind] is None else f"{one['near'][kind]:,} ({one['near_share'][kind]:.1%})" for kind in KINDS
    ]
    return [name, one["sentences"], *shares, *(one["cosine"].get(at) for at in ("0.5", "0.95", "1.0"))]


def label_row(name: str, labels: dict[str, Any]) -> list[Any]:
    """Return a row of the table on labels."""
    shares = [f"{labels[key]:.1%}" for key in LABELS]
    seen = f"{labels['types_seen']} ({labels['types_share']:.1%})"
    return [name, labels["mentions"], *shares, labels["types"], seen]


def unseen_types(name: str, unseen: list[list[Any]]) -> list[str]:
    """Return the types that training never has."""
    if not unseen:
        return []
    near = [f"; nearest: {other}, {cosine:.2f}" if other else "" for _, _, other, cosine in unseen]
    shown = [f"{kind} ({count}{more})" for (kind, count, _, _), more in zip(unseen, near, strict=True)]
    return [f"Unseen types of {name} (with their mentions): {', '.join(shown)}.", ""]


def scores(name: str, found: dict[str, Any] | None) -> list[str]:
    """Return F1 with and without the near sentences."""
    if found is None:
        return []
    recall = found["recall"]
    rows = [
        [
            *(TITLES[kind], one["near"], one["all"], one["without"], one["near_only"] if one["near"] else None),
            *(one["difference"], spread(one["interval"])),
        ]
        for kind, one in found["f1"].items()
    ]
    return [
        f"## F1 without near sentences: {name}",
        "",
        f"Predictions: {found['predictions']}. Span and type must agree; difference: without less all, with its 95 % "
        "interval (bootstrap over sentences).",
        "",
        *table(["near by", "near sentences", "F1 of all", "without", "of the near", "difference", "95 %"], rows),
        "",
        f"Recall of the {recall['seen']['mentions']:,} mentions that training has with their type: "
        f"{recall['seen']['recall']:.3f}; of the {recall['unseen']['mentions']:,} others: "
        f"{recall['unseen']['recall']:.3f}.",
        "",
    ]


def nearest_pairs(name: str, pairs: list[dict[str, Any]]) -> list[str]:
    """Return the nearest pairs of a test set."""
    if not pairs:
        return []
    rows = [
        [
            *(one["id"], one["exact"] or one["ngram"] or one["closest"], one["text"], one["near_text"]),
            *(one["ngram_share"], one["cosine"]),
        ]
        for one in pairs
    ]
    columns = ["test", "training", "test sentence", "training sentence", "n-grams", "cosine"]
    return [f"## Nearest pairs: {name}", "", *table(columns, rows, names=4), ""]


def draw(report: dict[str, Any], cards: dict[str, Card]) -> Any:
    """Draw near sentences, cosines, labels seen and, with predictions, F1 without the near ones."""
    scored = {name: one["scores"]["f1"] for name, one in report["tests"].items() if "scores" in one}
    figure = new_figure(9.2, 6.4 if scored else 5.6)
    axes = figure.subplots(2, 2)
    draw_shares(axes[0, 0], report["tests"])
    draw_cosines(axes[0, 1], cards, report["settings"]["cosine"])
    draw_labels(axes[1, 0], report["tests"])
    draw_scores(axes[1, 1], scored)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=min(len(names), 4), frameon=False, fontsize=8)
    for axis in axes.flat:
        bare(axis)
        axis.tick_params(labelsize=8)
    return figure


def draw_bars(axis: Any, groups: list[str], series: dict[str, list[float]]) -> None:
    """Draw groups of bars of shares, a colour a test set, each with its number."""
    width = 0.8 / max(len(series), 1)
    for at, (name, values) in enumerate(series.items()):
        places = np.arange(len(groups)) + (at - (len(series) - 1) / 2) * width
        shown = [0.0 if value is None else value for value in values]
        bars = axis.bar(places, shown, width * 0.92, color=COLOURS[at % len(COLOURS)], label=name)
        marks = ["–" if value is None else f"{value:.0%}" for value in values]
        axis.bar_label(bars, marks, fontsize=7, padding=1)
    axis.set_xticks(range(len(groups)), groups)
    axis.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    axis.set_ylim(0, 1.1)


def draw_shares(axis: Any, tests: dict[str, Any]) -> None:
    """Draw the share of near sentences by kind."""
    draw_bars(axis, list(TITLES.values()), {name: [*one["near_share"].values()] for name, one in tests.items()})
    axis.set_title("test sentences that are near", loc="left", fontsize=10)


def draw_labels(axis: Any, tests: dict[str, Any]) -> None:
    """Draw the share of mentions and types that training has."""
    keys = [*LABELS, "types_share"]
    draw_bars(axis, [*LABELS.values(), "types"], {n: [one["labels"][key] for key in keys] for n, one in tests.items()})
    axis.set_title("test mentions that training has; types", loc="left", fontsize=10)


def draw_cosines(axis: Any, cards: dict[str, Card], threshold: float) -> None:
    """Draw how the cosines to the nearest training sentence are spread."""
    axis.set_title("cosine to the nearest training sentence", loc="left", fontsize=10)
    known = {name: card.near.cosine[~np.isnan(card.near.cosine)] for name, card in cards.items()}
    for at, values in enumerate(known.values()):
        if len(values):
            weights = np.full(len(values), 1 / len(values))
            shown = np.clip(values, 0, 1)
            colour = COLOURS[at % len(COLOURS)]
            axis.hist(shown, BINS, weights=weights, histtype="stepfilled", color=colour, alpha=0.25)
            axis.hist(shown, BINS, weights=weights, histtype="step", color=colour, linewidth=1.2)
    if not any(len(values) for values in known.values()):
        axis.text(0.5, 0.5, "not measured", ha="center", va="center", color="#777777")
        axis.set(xticks=[], yticks=[])
        return
    axis.axvline(threshold, color=RED, linewidth=1, linestyle="--")
    axis.set_xlim(0, 1)
    axis.set_ylabel("share of sentences", fontsize=9)
    axis.text(
        threshold - 0.01, axis.get_ylim()[1] * 0.98, "near from here", ha="right", va="top", fontsize=7, color=RED
    )


def draw_scores(axis: Any, scored: dict[str, Any]) -> None:
    """Draw F1 of all sentences, without the near ones, and of the near ones alone."""
    axis.set_title("F1 (span and type)", loc="left", fontsize=10)
    if not scored:
        axis.text(0.5, 0.5, "no predictions given", ha="center", va="center", color="#777777")
        axis.set(xticks=[], yticks=[])
        return
    for shift, (key, label, colour) in enumerate(
        (("all", "all", GREY), ("without", "without near", GREEN), ("near_only", "near alone", RED))
    ):
        parts = [one["any"] for one in scored.values()]
        bars = axis.bar(
            np.arange(len(parts)) + (shift - 1) * 0.27, [one[key] for one in parts], 0.25, color=colour, label=label
        )
        known = [key != "near_only" or one["near"] for one in parts]
        marks = [f"{one[key]:.2f}" if there else "–" for one, there in zip(parts, known, strict=True)]
        axis.bar_label(bars, marks, fontsize=7, padding=1)
    axis.set_xticks(range(len(scored)), scored)
    axis.set_ylim(0, 1.25)
    axis.set_yticks([0, 0.5, 1])
    axis.legend(frameon=False, fontsize=7, ncols=3, loc="upper left")
