"""The bill in words, as a table for spreadsheets, and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from eval.stress.bill import csv_rows
from eval.stress.pages import AMBER, BLUE, GREY, RED, bare, cell, new_figure, table

#: Types that the page and the plot show; the CSV file has all.
MOST_SHOWN, MOST_DRAWN = 40, 15
COLUMNS = (
    *("gold", "predicted", "hits", "missed", "of them border", "wrong type", "given wrongly", "spurious"),
    *("P", "R", "F1", "tokens in", "out", "seconds", "USD"),
)
BARS = (
    ("hits", "hits", BLUE),
    ("wrong_type", "wrong type", AMBER),
    ("missed", "missed", RED),
    ("spurious", "spurious", GREY),
)


def to_markdown(report: dict[str, Any]) -> str:
    """Return the bills as a page."""
    lines = [
        "# Errors and cost",
        "",
        f"Made by `{report['command']}`; do not edit.",
        "",
        "Gold is hits, missed and wrong type; predicted is hits, given wrongly (as this type, on a gold span of "
        "another) and spurious. *Of them border*: missed mentions that a prediction overlaps. A sentence's cost is "
        "shared out equally over the mentions predicted in it. " + prices_of(report["prices"]),
        "",
    ]
    for name, bill in report["bills"].items():
        lines += [f"## {name}", "", about(bill), ""]
        lines += [*table(("stage", *COLUMNS), rows({"all": bill["total"], **bill["stages"]})), ""]
        lines += [*table(("language", *COLUMNS), rows(bill["languages"])), ""]
        lines += [*table(("branch", *COLUMNS), rows(bill["branches"])), ""]
        lines += types_table(bill["types"])
    return "\n".join(lines)


def prices_of(prices: Mapping[str, float] | None) -> str:
    """Say what was charged."""
    if prices is None:
        return "No prices were given, so there are no dollars."
    return (
        f"Prices: {prices['tokens_in']:g} USD for a million tokens in, {prices['tokens_out']:g} for a million out, "
        f"{prices['hour']:g} for an hour."
    )


def about(bill: Mapping[str, Any]) -> str:
    """Return what the figures are of."""
    said = [f"{bill['sentences']:,} sentences, {bill['costed']:,} with a cost, {bill['staged']:,} with a cost by stage"]
    if bill["dropped"]:
        said.append("dropped: " + ", ".join(f"{cell(name)} {number:g}" for name, number in bill["dropped"].items()))
    return "; ".join(said) + "."


def rows(lines: Mapping[str, dict[str, Any]]) -> Iterable[list[Any]]:
    """Return the rows of a table."""
    counts = ("gold", "predicted", "hits", "missed", "border", "wrong_type", "given_wrongly", "spurious")
    for name, line in lines.items():
        figures = [line[key] for key in (*counts, "precision", "recall", "f1")]
        yield [name, *figures, *(amount(line[key]) for key in ("tokens_in", "tokens_out", "seconds")), usd(line["usd"])]


def amount(value: float | None) -> str | None:
    """Return tokens or seconds for a cell."""
    return None if value is None else f"{value:,.1f}".removesuffix(".0")


def usd(value: float | None) -> str | None:
    """Return dollars for a cell."""
    return None if value is None else f"{value:.4f}"


def types_table(types: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return the table of the types with the most errors, with what was given instead."""
    shown = dict(list(types.items())[:MOST_SHOWN])
    cells = [
        [name, ", ".join(f"{kind} ({count})" for kind, count in list(line["as_what"].items())[:3]), *figures]
        for (name, *figures), line in zip(rows(shown), shown.values(), strict=True)
    ]
    rest = [f"{len(types) - len(shown)} types with fewer errors are in the CSV file.", ""]
    more = rest if len(types) > len(shown) else []
    return [*table(("type", "given instead", *COLUMNS), cells, names=2), "", *more]


def to_csv(bills: Mapping[str, dict[str, Any]]) -> str:
    """Return all lines as CSV, with a head.

    A name that a spreadsheet would take for a formula gets a quote before it: names come from submissions.
    """
    text = io.StringIO()
    flat = [{key: harmless(value) for key, value in row.items()} for row in csv_rows(bills)]
    writer = csv.DictWriter(text, list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def harmless(value: Any) -> Any:
    """Return a value that no spreadsheet computes.

    >>> harmless("=1+1"), harmless(-1)
    ("'=1+1", -1)
    """
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def draw(report: dict[str, Any]) -> Any:
    """Draw hits and errors of the types with the most errors, a panel a run."""
    bills = report["bills"]
    figure = new_figure(max(6.4, 5.0 * len(bills)), 4.8)
    for axis, (name, bill) in zip(figure.subplots(1, len(bills), squeeze=False)[0], bills.items(), strict=True):
        types = dict(list(bill["types"].items())[:MOST_DRAWN])
        left = [0] * len(types)
        for key, label, colour in BARS:
            values = [line[key] for line in types.values()]
            axis.barh(list(types), values, left=left, color=colour, label=label, height=0.75)
            left = [start + value for start, value in zip(left, values, strict=True)]
        axis.invert_yaxis()
        axis.set_xlim(0, 1.04 * max(left, default=1))
        axis.set_xlabel("mentions", fontsize=9)
        axis.set_title(name if len(name) < 48 else f"…{name[-46:]}", fontsize=9, loc="left")
        axis.tick_params(labelsize=8)
        bare(axis)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False, fontsize=8)
    return figure
