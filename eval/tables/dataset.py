"""Tables and figures of the data set itself: 3, 6 and 13, Figures 6 and 12. They need no predictions."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from dynamicner_dataset.corpus import SPLITS, read_corpus, read_splits
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.languages import LANGUAGES
from dynamicner_dataset.textlines import read_text
from dynamicner_dataset.tokens import split_at_mentions, token_spans
from eval.tables import paper
from eval.tables.building import remarks
from eval.tables.declared import TableSpec
from eval.tables.sheet import Cell, Sheet, Value, column_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The report of the search that made the released dynamic version.
REPORT = Path(__file__).parents[2] / "docs" / "release" / "report.json"
VERSIONS = ("base", "random", "dynamic")
ALL = "all"
#: Inches of a picture of one group of bars.
NARROW = (6.5, 4.5)
Styles = Mapping[str, str]
Numbers = Mapping[str, Value | float]


@cache
def read_report(path: Path = REPORT) -> dict[str, Any]:
    """Return the report of the released version.

    Raises:
        InputError: If it cannot be read, or is of another corpus than the packaged one.
    """
    try:
        report = json.loads(read_text(path))
        counted = {lang: (one["sentences"], one["base"]["mentions"]) for lang, one in report["languages"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("is no report of a search; python -m build dynamic --search makes one", path) from error
    for lang, found in counted.items():
        sizes = corpus_sizes()[lang]
        if found != (sizes["sentences"], sizes["mentions"]):
            raise InputError(f"is of another corpus: {lang} has {found[0]} sentences, {found[1]} mentions", path)
    return report


@cache
def corpus_sizes() -> dict[str, dict[str, int]]:
    """Return sentences, tokens, mentions and the sentences of each split, by language and of all."""
    splits = read_splits()
    found: dict[str, dict[str, int]] = {}
    for lang in LANGUAGES:
        sizes = dict.fromkeys(("sentences", "tokens", "mentions", *SPLITS), 0)
        for one in read_corpus(lang):
            sizes["sentences"] += 1
            sizes["tokens"] += len(split_at_mentions(token_spans(one.text, lang), one.mentions))
            sizes["mentions"] += len(one.mentions)
            sizes[splits[one.id]] += 1
        found[lang] = sizes
    return {**found, ALL: {key: sum(one[key] for one in found.values()) for key in found["en"]}}


def build_sizes(name: str, spec: TableSpec) -> Sheet:
    """Return Table 6: sizes of the packaged corpus."""
    return by_language(name, spec, corpus_sizes(), dict.fromkeys(corpus_sizes()[ALL], "count"))


def build_lists(name: str, spec: TableSpec) -> Sheet:
    """Return Table 3: distinct type lists of the dynamic version."""
    rows = {
        lang: {
            "type lists": one["type_lists"],
            "sentences": one["sentences"],
            "lists a sentence": one["type_lists"] / one["sentences"],
        }
        for lang, one in read_report()["languages"].items()
    }
    styles = {"type lists": "count", "sentences": "count", "lists a sentence": "ratio"}
    return by_language(name, spec, rows, styles)


def build_agreement(name: str, spec: TableSpec) -> Sheet:
    """Return Table 13: the agreement of the packaged second annotation with the corpus."""
    from build.agreement import NOTE, RECORDED, compare, packaged

    rows: dict[str, Numbers] = {}
    for lang, paths in packaged().items():
        agreement, _ = compare(*paths, lang)
        units = {"mentions": agreement.mentions["fine"], "tokens": agreement.tokens["fine"]}
        recorded = {f"{unit}, as recorded": value for unit, value in RECORDED.get(lang, {}).items()}
        kappas = {unit: Value(one.kappa, one.low, one.high) for unit, one in units.items()}
        rows[lang] = {"sentences": agreement.num_sentences, **kappas, **recorded}
    styles = {"sentences": "count"} | dict.fromkeys(
        ("mentions", "tokens", "mentions, as recorded", "tokens, as recorded"), "kappa"
    )
    sheet = by_language(name, spec, rows, styles, NOTE)
    return sheet


def build_languages(name: str, spec: TableSpec) -> Sheet:
    """Return Figure 12: the metrics of the three versions in each language."""
    return versions_sheet(name, spec, read_report())


def build_versions(name: str, spec: TableSpec) -> Sheet:
    """Return Figure 6: the same, as means over the languages."""
    report = read_report()
    return versions_sheet(name, spec, {**report, "languages": {ALL: mean_entry(list(report["languages"].values()))}})


def mean_entry(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the means of several languages in the form of one."""
    from build.search import version_means

    means = {metric: [version_means(dict(one), metric) for one in entries] for metric in metrics()}
    found = {
        version: {metric: mean(one[version] for one in every) for metric, every in means.items()}
        for version in VERSIONS
    }
    return {**found, "random": [found["random"]]}


def metrics() -> tuple[str, ...]:
    """Return the names of the four metrics."""
    from build.metrics import GATES

    return tuple(GATES)


def versions_sheet(name: str, spec: TableSpec, report: Mapping[str, Any]) -> Sheet:
    """Return a figure of the three versions."""
    from build.search import version_means

    rows, cells = [], []
    for lang, entry in report["languages"].items():
        means = {metric: version_means(entry, metric) for metric in metrics()}
        for version in VERSIONS:
            rows.append((lang, version))
            cells.append([Cell(value(means[metric][version])) for metric in metrics()])
    made = (
        f"Seed {report['seed']}, embeddings {report['embedding']['model']}"
        f"{', centred' if report['embedding']['centred'] else ''}; random is the mean of five runs.",
    )
    columns = [column_of(("metric",), (metric,), "kappa") for metric in metrics()]
    said = (*remarks(spec), *made)
    return Sheet(
        name, spec.title, ("lang", "version"), ("metric",), rows, columns, cells, remarks=said, drawing=drawn(report)
    )


def drawn(report: Mapping[str, Any]) -> Callable[[], Figure]:
    """Return what draws the metrics of a report."""

    def draw() -> Figure:
        from build.plots import draw_metrics

        figure = draw_metrics(dict(report))
        if len(report["languages"]) == 1:
            figure.set_size_inches(*NARROW)
        return figure

    return draw


def by_language(name: str, spec: TableSpec, rows: Mapping[str, Numbers], styles: Styles, *more: str) -> Sheet:
    """Return a table with a row for each language and a column for each number.

    Args:
        name: ``table-6``.
        spec: What it is.
        rows: Of each language its numbers, by column.
        styles: Of each column the style of its numbers.
        more: Further sentences above the table.
    """
    cells = [
        [Cell(value(one.get(title)), None, paper.find(name, {"lang": lang, "column": title})) for title in styles]
        for lang, one in rows.items()
    ]
    return Sheet(
        name,
        spec.title,
        ("lang",),
        ("column",),
        [(lang,) for lang in rows],
        [column_of(("column",), (title,), style) for title, style in styles.items()],
        cells,
        remarks=(*remarks(spec), *more),
    )


def value(number: Value | float | None) -> Value | None:
    """Return a number as a value; ``None`` for none and for NaN."""
    if number is None or isinstance(number, Value):
        return number
    return None if math.isnan(number) else Value(float(number))


#: What makes a table of the data set, by the builder that is declared.
BUILDERS: Mapping[str, Callable[[str, TableSpec], Sheet]] = {
    "lists": build_lists,
    "sizes": build_sizes,
    "agreement": build_agreement,
    "versions": build_versions,
    "languages": build_languages,
}
