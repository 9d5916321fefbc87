"""``python -m build agreement``: how far the blind second annotation agrees with the corpus as it is.

The figures stand beside the paper's Table 13; :mod:`build.kappa` defines them. Two files of one's own are
compared in the same way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from build.cli import console
from build.kappa import NUM_RESAMPLES, Agreement, Kappa, Matched, match, measure
from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.formats.inline import read_marked
from dynamicner_dataset.languages import LANGUAGES, check_language
from dynamicner_dataset.sentences import Sentence
from dynamicner_dataset.taxonomy import LEVELS, Taxonomy, load_taxonomy
from dynamicner_dataset.textlines import read_lines

#: Figures and what was left out, by language.
Results = dict[str, tuple[Agreement, Matched]]

#: Paper, Table 13: two people, 200 sentences a language; the unit of the kappa is not defined there.
PAPER_KAPPA = {"en": 0.86, "fr": 0.82, "zh": 0.83, "ja": 0.81}
#: Kappas of fine types over mentions and over tokens on the day of the second annotation. They cannot be
#: computed again: the corpus was harmonised since, and some sampled sentences were rewritten.
RECORDED = {
    "en": {"mentions": 0.946, "tokens": 0.941},
    "fr": {"mentions": 0.915, "tokens": 0.900},
    "zh": {"mentions": 0.965, "tokens": 0.926},
    "ja": {"mentions": 0.936, "tokens": 0.946},
}
NOTE = (
    "Ours: two passes of language models over 100 domain-stratified sentences a language, the second one "
    "blind and made before the corpus was harmonised, so an upper bound on what two people would reach, not "
    "a human agreement."
)


def read_annotation(path: Path, lang: str, taxonomy: Taxonomy) -> Iterator[Sentence]:
    """Yield sentences of a file with an id first and a marked sentence last on each line, tabs between.

    Both the seed corpus (four fields) and second annotations (two) have that form.

    Raises:
        InputError: With file, line and column of the first thing that is wrong.
    """
    seen: set[str] = set()
    for number, line in read_lines(path, final_newline=True):
        key, _, rest = line.partition("\t")
        marked = rest.rpartition("\t")[2]
        if not key.strip() or not marked:
            raise InputError("an id, a tab and a marked sentence are wanted", path, number)
        if key in seen:
            raise InputError(f"id {shorten(key)} is used twice", path, number, 1)
        seen.add(key)
        try:
            text, mentions = read_marked(marked, taxonomy)
        except InputError as error:
            column = len(line) - len(marked) + (error.column or 1)
            raise InputError(error.problem, path, number, column) from error
        yield Sentence(key, lang, text, mentions, source=path.name)


def compare(first: Path, second: Path, lang: str) -> tuple[Agreement, Matched]:
    """Read two annotations of one language; return their figures and what was left out.

    Raises:
        InputError: If a file is unsound, or the two have no sentence in common.
    """
    taxonomy = load_taxonomy()
    matched = match(read_annotation(first, lang, taxonomy), read_annotation(second, lang, taxonomy))
    if not matched.pairs:
        raise InputError(f"no sentence has both the id and the text of one in {first}", second)
    return measure(matched.pairs, taxonomy), matched


def packaged() -> dict[str, tuple[Path, Path]]:
    """Return (corpus, second annotation) of every language that has both."""
    folder = Path(str(files("dynamicner_dataset") / "corpus"))
    seconds = {lang: folder / "agreement" / f"{lang}.second.tsv" for lang in LANGUAGES}
    return {lang: (folder / f"{lang}.tsv", path) for lang, path in seconds.items() if path.exists()}


def given_language(lang: str, path: Path) -> str:
    """Return ``lang``, or else the language the file is named after (``fr`` for ``fr.second.tsv``)."""
    if lang:
        return check_language(lang)
    try:
        return check_language(path.name.split(".")[0])
    except InputError as error:
        raise InputError(f"{error.problem}, as the first part of the name or by --lang", path) from error


def table(results: Results, *, references: bool) -> Table:
    """Return the figures, one column a language; ``references`` adds the recorded and the paper's."""
    title = "Agreement of two annotations (kappa with 95 % interval)"
    shown = Table("", *[LANGUAGES[lang] for lang in results], box=SIMPLE_HEAD, title=title)
    for name, figure in figure_rows():
        shown.add_row(name, *[figure(agreement, matched) for agreement, matched in results.values()])
    if references:
        shown.add_section()
        for unit in ("mentions", "tokens"):
            recorded = [number(RECORDED.get(lang, {}).get(unit, math.nan)) for lang in results]
            shown.add_row(f"{unit}, fine*", *recorded)
        shown.add_row("paper, people", *[number(PAPER_KAPPA.get(lang, math.nan)) for lang in results])
        shown.caption = "* kappa recorded before the corpus was harmonised. Paper: Table 13, unit undefined."
    return shown


def figure_rows() -> Iterator[tuple[str, Callable[[Agreement, Matched], str]]]:
    """Yield the name of each row, and what it shows of one language."""
    yield "sentences", lambda agreement, _: str(agreement.num_sentences)
    yield "left out", lambda _, matched: str(len(matched.left_out))
    yield "span P", lambda agreement, _: number(agreement.precision)
    yield "span R", lambda agreement, _: number(agreement.recall)
    yield "span F1", lambda agreement, _: number(agreement.span_f1)
    yield "typed F1", lambda agreement, _: number(agreement.typed_f1)
    yield "same type", lambda agreement, _: number(agreement.mentions["fine"].observed)
    for level in reversed(LEVELS):
        yield f"mentions, {level}", lambda agreement, _, at=level: with_interval(agreement.mentions[at])
    for level in reversed(LEVELS):
        yield f"tokens, {level}", lambda agreement, _, at=level: with_interval(agreement.tokens[at])


def number(value: float) -> str:
    """Show a figure with three decimals, or a dash where it is undefined."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def with_interval(kappa: Kappa) -> str:
    """Show a kappa and its interval; the leading zeros of the interval are left out."""
    ends = "-".join(number(end).removeprefix("0") for end in (kappa.low, kappa.high))
    return f"{number(kappa.kappa)} {ends}"


def to_json(results: Results, *, references: bool) -> dict[str, Any]:
    """Return everything as plain values, ``None`` where a figure is undefined."""
    report: dict[str, Any] = {
        "settings": {"resamples": NUM_RESAMPLES, "seed": 0, "interval": 0.95},
        "languages": {},
    }
    for lang, (agreement, matched) in results.items():
        left_out = {
            "text_differs": matched.text_differs,
            "unknown": matched.unknown,
            "num_once": matched.num_once,
        }
        report["languages"][lang] = asdict(agreement) | left_out
    if references:
        report |= {"note": NOTE, "paper_table_13": PAPER_KAPPA, "recorded_before_harmonisation": RECORDED}
    return without_nan(report)


def without_nan(value: Any) -> Any:
    """Replace ``nan``, which JSON has not, by ``None``."""
    if isinstance(value, dict):
        return {key: without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def command(
    first: Annotated[Path | None, typer.Argument(help="First annotation, the reference.")] = None,
    second: Annotated[Path | None, typer.Argument(help="Second annotation of the same sentences.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the files, if FIRST is not named after it.")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
) -> None:
    """Agreement of the blind second annotation with the corpus, or of any two annotation files."""
    if (first is None) != (second is None):
        raise InputError("two annotation files are wanted, or none for the packaged ones")
    chosen = {given_language(lang, first): (first, second)} if first and second else packaged()
    results = {code: compare(*paths, code) for code, paths in chosen.items()}
    console.print(table(results, references=first is None))
    for code, (agreement, matched) in results.items():
        report_details(code, agreement, matched)
    if first is None:
        console.print(NOTE)
    if json_file:
        with atomic_file(json_file) as file:
            json.dump(to_json(results, references=first is None), file, ensure_ascii=False, indent=2)
            file.write("\n")


def report_details(lang: str, agreement: Agreement, matched: Matched) -> None:
    """Print the most confused types and the sentences left out."""
    worst = "; ".join(f"{a} / {b} ({count})" for a, b, count in agreement.confusions[:5])
    console.print(f"{lang}: most confused: {worst or 'none'}", markup=False)
    for ids, reason in ((matched.text_differs, "text differs"), (matched.unknown, "unknown id")):
        if ids:
            console.print(f"{lang}: left out, {reason}: {', '.join(ids)}", markup=False)
    console.print(f"{lang}: in the first annotation only: {matched.num_once} sentences", markup=False)
