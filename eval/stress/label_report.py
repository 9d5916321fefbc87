"""The label-change test in words and pictures."""

from __future__ import annotations

from typing import Any

from eval.stress.pages import COLOURS, bare, cell, new_figure, spread, table

MEANINGS = {
    "reorder": "the same list in another order",
    "rename": "each type under another of its names",
    "extend": "with absent types added",
    "prune": "only types that have a mention",
    "repeat": "the very same list again",
}
COLUMNS = (
    *("", "types a list", "lists changed", "found in both", "flips", "flip rate", "95 %"),
    *("spoilt", "mended", "forced", "to added", "F1", "drop", "95 %", "p", "span F1 drop"),
)


def to_markdown(report: dict[str, Any]) -> str:
    """Return the report as a page."""
    lines = [
        f"# {report['title']}",
        "",
        f"Made by `{report['command']}`; do not edit.",
        "",
        "The gold is the same; only the type lists change: "
        + "; ".join(f"*{name}*: {meaning}" for name, meaning in MEANINGS.items())
        + ". All answers count under their old names. A **flip** is a mention found (same span) in both runs whose "
        "type differs: *spoilt* was right, *mended* is right now, *forced* can no longer be answered as before, "
        "*to added* went to an added type. **Drop** is F1 (span and type) before less after, with the 95 % interval of "
        "the paired bootstrap over sentences: where it holds 0, the change may have done nothing.",
        "",
    ]
    for name, run in report["runs"].items():
        lines += [f"## {name}", "", about(run), "", *table(COLUMNS, map(row, run["changes"].items())), ""]
        lines += named_flips(run)
    return "\n".join(lines)


def about(run: dict[str, Any]) -> str:
    """Return what was measured, on one line."""
    settings = run["settings"]
    shown = [f"{key} {settings[key]}" for key in ("method", "config", "split", "seed") if settings.get(key) is not None]
    options = ", ".join(f"{key}={value}" for key, value in (settings.get("options") or {}).items())
    sizes = f"{run['sentences']:,} sentences, {run['mentions']:,} mentions, data {run['data_sha256'][:12]}"
    return "; ".join([*shown, sizes] + ([f"options {options}"] if options else [])) + "."


def row(entry: tuple[str, dict[str, Any]]) -> list[Any]:
    """Return one change's row of the table."""
    name, one = entry
    lists, flips, strict = one["lists"], one["flips"], one["strict"]
    return [
        *(name, f"{lists['types_before']:.1f} → {lists['types_after']:.1f}", lists["changed"], flips["both"]),
        *(flips["flipped"], flips["rate"], spread(flips["interval"])),
        *(flips[key] for key in ("spoilt", "mended", "forced", "to_added")),
        *(f"{strict['before']:.3f} → {strict['after']:.3f}", strict["drop"], spread(strict["interval"])),
        *(strict["p_value"], one["extraction"]["drop"]),
    ]


def named_flips(run: dict[str, Any]) -> list[str]:
    """Return the most frequent flips, a line a change."""
    lines = []
    for name, one in run["changes"].items():
        pairs = [f"{cell(old)} → {cell(new)} ({number})" for old, new, number in one["flips"]["frequent"][:5]]
        lines += [f"- {name}: {', '.join(pairs)}"] if pairs else []
    return ["Most frequent flips:", "", *lines, ""] if lines else []


def draw(report: dict[str, Any]) -> Any:
    """Draw flip rate and F1 drop of every change with their intervals, a colour a run."""
    runs = report["runs"]
    names = list(dict.fromkeys(name for run in runs.values() for name in run["changes"]))
    figure = new_figure(8.6, 1.3 + (0.3 + 0.16 * len(runs)) * len(names))
    left, right = figure.subplots(1, 2, sharey=True)
    for number, (label, run) in enumerate(runs.items()):
        shift = (number - (len(runs) - 1) / 2) * 0.7 / len(runs)
        for axis, figures in ((left, rates(run)), (right, drops(run))):
            places = [names.index(name) + shift for name in run["changes"]]
            values = [value for value, _ in figures]
            reach = [
                [max(value - low, 0) for value, (low, _) in figures],
                [max(high - value, 0) for value, (_, high) in figures],
            ]
            axis.errorbar(
                *(values, places), xerr=reach, fmt="o", markersize=4.5, capsize=2.5, linewidth=1.2, label=label,
                color=COLOURS[number % len(COLOURS)],
            )  # fmt: skip
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    left.set(xlabel="flip rate: share of mentions found twice", xlim=(min(-0.01, left.get_xlim()[0]), None))
    right.set(xlabel="drop of F1 (below 0: better than before)")
    right.axvline(0, color="#999999", linewidth=1)
    for axis in (left, right):
        bare(axis)
        axis.tick_params(labelsize=8)
        axis.xaxis.label.set_size(9)
        axis.grid(axis="x", color="#e5e5e5", linewidth=0.8)
        axis.set_axisbelow(True)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False, fontsize=8)
    return figure


def rates(run: dict[str, Any]) -> list[tuple[float, list[float]]]:
    """Return the flip rate of each change with its interval."""
    return [(one["flips"]["rate"], one["flips"]["interval"]) for one in run["changes"].values()]


def drops(run: dict[str, Any]) -> list[tuple[float, list[float]]]:
    """Return the F1 drop of each change with its interval."""
    return [(one["strict"]["drop"], one["strict"]["interval"]) for one in run["changes"].values()]
