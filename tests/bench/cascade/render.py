"""Tables and plots of the cascade's results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib

from dynamicner_dataset.atomic import atomic_file
from tests.bench.render import Figures

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

Results = dict[str, Any]
BLUE, ORANGE, GREEN = "#2f6f9f", "#e0a458", "#2d6a4f"
plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 120})


def tables(results: Results) -> Iterator[Figures]:
    """Yield the tables of those benchmarks that were run."""
    for name, make in (("speed", speed), ("resources", resources), ("growth", growth), ("dial", dial)):
        if name in results:
            yield from make(results[name])


def speed(found: Results) -> Iterator[Figures]:
    """Yield the plain way and ours."""
    pairs = (("extraction alone, k=1", "k=1, extraction"), ("cascade, k=3, tree of 155 types", "k=3, cascade"))
    rows = []
    for label, key in pairs:
        plain, ours = found[f"plain {key}"], found[f"ours {key}"]
        rows.append((f"plain: {label}", *speed_cells(plain), "1"))
        rows.append((f"**ours: {label}**", *speed_cells(ours), f"**{ours['per_second'] / plain['per_second']:.1f}**"))
    model = found["model"]
    yield Figures(
        "The plain way and ours, side by side",
        f"Same model, sentences ({found['sentences']['plain']}, two of each language) and run. Plain: one `generate` a "
        "prompt, unbatched, free decoding, one prompt a level, answers aligned by edit distance. "
        f"Extractor: {model['extractor']}; classifier: {model['classifier']}; {model['dtype']} on {model['device']}.",
        ("", "sentences a second", "mentions", "span F1", "span and type F1", "exact copies", "times as fast"),
        rows,
    )
    yield Figures(
        "Ours by batch size",
        f"Extraction, sentences a second, {found['sentences']['ours']} sentences of eight languages.",
        ("batch size", "k=1", "k=3"),
        [(str(run["batch_size"]), f"{run['k=1']:.2f}", f"{run['k=3']:.2f}") for run in found["ours, by batch size"]],
    )


def speed_cells(run: Results) -> tuple[str, ...]:
    """Return the cells of one run."""
    typed = run.get("span and type")
    return (
        f"{run['per_second']:.3f}",
        str(run["mentions"]),
        f"{run['span']['f1']:.3f}",
        f"{typed['f1']:.3f}" if typed else "",
        f"{run['copy_rate']:.0%}",
    )


def resources(found: Results) -> Iterator[Figures]:
    """Yield memory and start times."""
    yield Figures(
        "Memory and start",
        "Each in a process of its own, from nothing. Importing torch, transformers and peft is part of every start.",
        ("", "seconds", "CPU seconds", "peak memory, MiB"),
        [
            (name, f"{cost['seconds']:.1f}", f"{cost['cpu_seconds']:.1f}", f"{cost['sum_mib']:,.0f}")
            for name, cost in found.items()
        ],
    )


def growth(found: Results) -> Iterator[Figures]:
    """Yield the three growth series."""
    yield Figures(
        "Cost against the length of a text",
        "Extraction, k=1, one text; above 600 characters a text is cut into windows.",
        ("characters", "seconds", "tokens out", "passes"),
        [
            (f"{run['characters']:,}", f"{run['seconds']:.2f}", f"{run['tokens_out']:,}", f"{run['passes']:,}")
            for run in found["length"]
        ],
    )
    for name, note in (
        ("mentions", "Classification down the tree of 155 types, greedy steps."),
        (
            "types",
            "Eight mentions; flat lists in one prompt (620 in three, then one for the winners), the tree in three.",
        ),
    ):
        yield Figures(
            f"Cost against the number of {name}",
            note,
            (name, "seconds", "seconds a mention", "passes"),
            [
                (str(run[name]), f"{run['seconds']:.2f}", f"{run['per_mention']:.3f}", f"{run['passes']:,}")
                for run in found[name]
            ],
        )


def dial(found: Results) -> Iterator[Figures]:
    """Yield repeats and thresholds."""
    yield Figures(
        "Repeats, or one pass with a recall dial",
        f"Extraction of {found['sentences']} sentences of eight languages; passes a sentence.",
        ("", "precision", "recall", "F1", "passes", "seconds"),
        [
            (
                f"one pass, threshold {run['threshold']}" if "threshold" in run else f"k={run['k']}",
                *(f"{run[name]:.3f}" for name in ("precision", "recall", "f1")),
                f"{run['passes']:.1f}",
                f"{run['seconds']:.1f}",
            )
            for run in found["runs"]
        ],
    )


def draw(results: Results, folder: Path) -> None:
    """Write the plots of those benchmarks that were run."""
    for name, make in (("growth", draw_growth), ("dial", draw_dial)):
        if name in results:
            figure = make(results[name])
            with atomic_file(folder / f"cascade-{name}.png", "wb") as file:
                figure.savefig(file, format="png", metadata={"Software": None})
            plt.close(figure)


def draw_growth(found: Results) -> Figure:
    """Draw seconds against characters, mentions and types."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    series = (("length", "characters", "seconds"), ("mentions", "mentions", "seconds"))
    for axis, (name, label, unit) in zip(axes, series, strict=False):
        axis.plot([run[label] for run in found[name]], [run[unit] for run in found[name]], "o-", color=BLUE)
        axis.set(xlabel=label, ylabel=unit, xlim=(0, None), ylim=(0, None))
    axes[0].set_title("extraction of one text, k=1", loc="left")
    axes[1].set_title("classification down the tree", loc="left")
    runs = found["types"]
    colours = [GREEN if "tree" in run["types"] else BLUE for run in runs]
    axes[2].bar([run["types"] for run in runs], [run["per_mention"] for run in runs], color=colours)
    axes[2].set(xlabel="types", ylabel="seconds a mention")
    axes[2].set_title("classification, flat and tree", loc="left")
    axes[2].tick_params(axis="x", labelrotation=20)
    return figure


def draw_dial(found: Results) -> Figure:
    """Draw precision against recall, repeats and thresholds."""
    figure, axis = plt.subplots(figsize=(5.5, 4), layout="constrained")
    kinds = (("threshold", "one pass, by threshold", BLUE), ("k", "repeats, by k", ORANGE))
    for key, label, colour in kinds:
        runs = [run for run in found["runs"] if ("threshold" in run) == (key == "threshold")]
        axis.plot([run["recall"] for run in runs], [run["precision"] for run in runs], "o-", color=colour, label=label)
        place = {"k": {"xytext": (6, 3)}, "threshold": {"xytext": (-6, -9), "ha": "right"}}[key]
        for run in runs:
            spot = (run["recall"], run["precision"])
            axis.annotate(f"{run[key]}", spot, textcoords="offset points", color=colour, **place)
    axis.set(xlabel="recall", ylabel="precision")
    axis.margins(0.12)
    axis.legend(frameon=False, loc="lower left")
    return figure
