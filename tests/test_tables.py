"""Tables: cells that take the right run, figures worked out by hand, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from dynamicner_dataset.command_line import with_clear_errors
from dynamicner_dataset.errors import InputError
from eval.cascadener.matching import Marked
from eval.external.gold_file import gold_lines
from eval.gold import Gold, data_hash
from eval.tables import latex, markdown, measures, paper
from eval.tables.comma import to_csv
from eval.tables.command import build, tables, write
from eval.tables.conditions import Condition, fits, possible, rank
from eval.tables.dataset import mean_entry, versions_sheet
from eval.tables.declared import chosen, read_declared
from eval.tables.missing import SUITES, Jobs
from eval.tables.plots import draw
from eval.tables.sheet import Cell, Printed, Sheet, Value, column_of

DECLARED = read_declared()
#: Two sentences, three mentions; athlete and other figure share their coarse type alone.
GOLD = [
    Gold("en-1", "en", "Ada met Bo", None, (Marked(0, 3, "athlete", "Ada"), Marked(8, 10, "athlete", "Bo")), ()),
    Gold("en-2", "en", "Rome fell", None, (Marked(0, 4, "city", "Rome"),), ()),
]
RIGHT = [[(0, 3, "athlete"), (8, 10, "athlete")], [(0, 4, "city")]]
#: Two of three right, nothing else: F1 is 2 * 2 / (3 + 3).
TWO_OF_THREE = [[(0, 3, "athlete"), (8, 10, "other figure")], [(0, 4, "city")]]
CASCADE = {"k": 3, "threshold": None, "decoding": "greedy", "asking": "progressive", "spans": "found"}


def with_types(gold, types=("athlete", "other figure", "city")):
    return [Gold(one.id, one.lang, one.text, types, one.mentions, ()) for one in gold]


class Results:
    """A folder of made-up results."""

    def __init__(self, folder):
        self.folder = folder / "results"
        self.folder.mkdir()

    def add(self, name, said=TWO_OF_THREE, *, gold=GOLD, config="base-en", cost=None, day="2026-11-20", **more):
        """Write one run; the folder's first part is the run's name."""
        file = self.folder.parent / f"{config}-{len(list(self.folder.parent.iterdir()))}.jsonl"
        file.write_text("".join(gold_lines(gold)), encoding="utf-8")
        settings = {
            **{"run": name.partition("/")[0], "method": "cascadener", "model": "tiny", "config": config},
            **{"file": str(file), "split": "test", "data_sha256": data_hash(gold), "options": CASCADE, "seed": 0},
            **{"machine": {"date": day, "processor": "abacus"}, **more},
        }
        folder = self.folder / name
        folder.mkdir(parents=True)
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        (folder / "predictions.jsonl").write_text(
            "".join(line(one, mentions, cost) for one, mentions in zip(gold, said, strict=True)), encoding="utf-8"
        )
        return folder

    def sheet(self, name, **options):
        (sheet,) = build(DECLARED, [name], self.folder, **options)
        return sheet


def line(one, mentions, cost):
    entities = [{"start": start, "end": end, "type": name} for start, end, name in mentions]
    return json.dumps({"lang": one.lang, "id": one.id, "entities": entities, **({"cost": cost} if cost else {})}) + "\n"


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(measures, "RESAMPLES", 20)  # as 500 take their time
    return Results(tmp_path)


def cell(sheet, *names):
    """Return the cell whose row and column have these names."""
    found = [one for row, column, one in sheet.all() if (*row, *column.names) == names]
    assert len(found) == 1, names
    return found[0]


def near(value, *numbers):
    return value is not None and [round(number, 1) for number in value[: len(numbers)]] == list(numbers)


# what a cell shows


def test_a_cell_is_f1_in_percent_with_its_interval_and_the_papers_figure_beside(results):
    results.add("base/tiny/base-en", model_settings={"base_model": "Qwen/Qwen2.5-7B-Instruct"})
    sheet = results.sheet("table-4")
    found = cell(sheet, "CascadeNER", "Qwen2.5-7B", "en")
    assert near(found.ours, 66.7)
    assert 0 <= found.ours.low <= found.ours.number <= found.ours.high <= 100
    assert found.paper.number == 73.8
    page = markdown.to_markdown(sheet)
    assert re.search(r"^\| CascadeNER \| Qwen2.5-7B \| 66.7 \(73.8\) \| – \(65.5\) \|", page, re.M)
    assert "abacus" in page
    assert "not the paper's Wikipedia text" in page


def test_a_model_that_the_paper_has_not_gets_a_row_of_its_own(results):
    results.add("base/tiny/base-en")
    found = cell(results.sheet("table-4"), "CascadeNER", "tiny", "en")
    assert (found.paper, found.run) == (None, "base/tiny/base-en")


def test_granularities_come_from_one_fine_prediction(results):
    results.add("base/tiny/base-en")
    sheet = results.sheet("table-5")
    at = {level: cell(sheet, "CascadeNER", "tiny", "en", level).ours.number for level in ("coarse", "medium", "fine")}
    assert {level: round(number, 1) for level, number in at.items()} == {"coarse": 100.0, "medium": 66.7, "fine": 66.7}


def test_a_run_without_names_is_scored_for_its_spans(results):
    unnamed = [[(0, 3, "mention")], [(0, 4, "mention"), (5, 9, "mention")]]
    results.add("spans/tiny/base-en", unnamed, options=CASCADE | {"asking": "extraction"})
    row = ("extraction alone", "tiny", "base-en")
    sheet = results.sheet("table-9")
    assert near(cell(sheet, *row, "precision").ours, 66.7)  # 2 of 3 predicted
    assert near(cell(sheet, *row, "F1").ours, 66.7)
    assert all(not one.ours for row, _, one in results.sheet("table-4").all())  # it has no types to score


def test_accuracy_on_gold_mentions_counts_those_without_a_type_as_wrong(results):
    said = [[(0, 3, "athlete")], [(0, 4, "city")]]  # one mention was called unknown
    gold = with_types(GOLD)
    options = CASCADE | {"spans": "gold"}
    results.add("in/tiny/crossner-ai", said, gold=gold, config="crossner-ai", options=options)
    found = cell(results.sheet("table-10"), "tiny", "CrossNER AI", "in-context")
    assert near(found.ours, 66.7)
    assert found.paper.number == 79.6


def test_bootstrap_shows_mean_and_interval_in_the_cell(results):
    results.add("base/tiny/base-en", RIGHT)
    sheet = results.sheet("table-11")
    assert cell(sheet, "base", "supervised", "CascadeNER", "tiny", "en").ours == Value(100.0, 100.0, 100.0)
    assert "100.0 \\[100.0, 100.0\\]" in markdown.to_markdown(sheet)


def test_costs_are_summed_over_configs_and_priced(results):
    cost = {"tokens_in": 1000, "tokens_out": 100, "passes": 1, "seconds": 0.5}
    results.add("base/tiny/base-en", cost=cost)
    results.add("base/tiny/base-de", config="base-de", cost={**cost, "tokens_in": 3000})
    sheet = results.sheet("table-12")
    row = ("base", "CascadeNER", "tiny")
    assert cell(sheet, *row, "sentences").ours.number == 4
    assert cell(sheet, *row, "tokens in a sentence").ours.number == 2000
    # 2,000 tokens in at 2.5 USD a million and 100 out at 10: 0.006 USD a sentence
    assert cell(sheet, *row, "USD, 9,000 sentences").ours.number == pytest.approx(54)
    assert cell(sheet, "base", "CascadeNER", "GPT-4o", "USD, 9,000 sentences").paper.number == 45.86


def test_a_run_that_tells_no_tokens_has_no_price(results):
    results.add("base/tiny/base-en", cost={"seconds": 0.5})
    sheet = results.sheet("table-12")
    assert cell(sheet, "base", "CascadeNER", "tiny", "seconds a sentence").ours.number == 0.5
    assert cell(sheet, "base", "CascadeNER", "tiny", "USD, 9,000 sentences").ours is None


def test_figure_8_goes_by_number_and_not_by_letter(results):
    for k in (10, 2, 1):
        results.add(f"k{k}/tiny/base-en", [[], []], options=CASCADE | {"k": k, "asking": "extraction"})
    sheet = results.sheet("figure-8")
    assert [column.title for column in sheet.columns] == ["k = 1", "k = 2", "k = 10"]
    assert draw(sheet) is not None


# which run a cell takes


def test_two_runs_that_claim_one_cell_are_refused_and_the_newer_is_taken_on_request(results):
    results.add("base/tiny/base-en", day="2026-11-20")
    results.add("again/tiny/base-en", RIGHT, day="2026-11-21")
    with pytest.raises(InputError, match=r"again/tiny/base-en.*same cell as base/tiny/base-en.*run.*--newest"):
        results.sheet("table-4")
    found = cell(results.sheet("table-4", newest=True), "CascadeNER", "tiny", "en")
    assert (found.run, round(found.ours.number)) == ("again/tiny/base-en", 100)


def test_of_two_runs_of_one_day_neither_is_the_newer(results):
    results.add("base/tiny/base-en")
    results.add("again/tiny/base-en")
    with pytest.raises(InputError, match="same day"):
        results.sheet("table-4", newest=True)


@pytest.mark.parametrize("option", [{"k": 1}, {"decoding": "whole-path"}, {"asking": "flat"}, {"threshold": 0.2}])
def test_variants_of_the_cascade_do_not_claim_the_papers_row(results, option):
    results.add("base/tiny/base-en")
    results.add("variant/tiny/base-en", RIGHT, options=CASCADE | option)
    assert cell(results.sheet("table-4"), "CascadeNER", "tiny", "en").run == "base/tiny/base-en"


def test_few_shot_is_told_apart_and_prompt_ner_stands_under_both(results):
    gold = with_types(GOLD)
    shared = {"gold": gold, "config": "dynamic-en"}
    results.add("dynamic/tiny/dynamic-en", **shared)
    results.add("few-shot/tiny/dynamic-en", RIGHT, **shared)
    results.add("prompts/tiny/dynamic-en", method="prompt-ner", options={"flags": True}, **shared)
    sheet = results.sheet("table-2")
    runs = {(row[0], row[1]): one.run for row, _, one in sheet.all() if one.ours}
    assert runs == {
        ("supervised", "CascadeNER"): "dynamic/tiny/dynamic-en",
        ("few-shot", "CascadeNER"): "few-shot/tiny/dynamic-en",
        ("supervised", "PromptNER"): "prompts/tiny/dynamic-en",
        ("few-shot", "PromptNER"): "prompts/tiny/dynamic-en",
    }


def test_other_splits_stay_out(results):
    results.add("base/tiny/base-en", split="validation")
    assert not results.sheet("table-4").runs


# what is refused


def test_runs_on_different_sentences_of_one_config_are_refused(results):
    results.add("base/tiny/base-en")
    results.add("peer/other/base-en", [[], []], gold=GOLD[::-1][:1] + GOLD[:1], method="gliner", model="other")
    results.sheet("table-4")  # the order does not matter
    results.add("third/third/base-en", [[]], gold=GOLD[:1], method="gpt-ner", model="third")
    with pytest.raises(InputError, match=r"different data.*base-en test"):
        results.sheet("table-4")


def test_predictions_for_other_data_than_there_is_now_are_refused(results):
    results.add("base/tiny/base-en", data_sha256="0" * 64)
    with pytest.raises(InputError, match="made on other data"):
        results.sheet("table-4")


def test_an_unfinished_run_is_refused(results):
    path = results.add("base/tiny/base-en") / "predictions.jsonl"
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    with pytest.raises(InputError, match=r"1 of 2 sentences are missing: en-2"):
        results.sheet("table-4")


def test_an_unfinished_run_of_spans_is_refused(results):
    options = CASCADE | {"asking": "extraction"}
    path = results.add("base/tiny/base-en", [[], []], options=options) / "predictions.jsonl"
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    with pytest.raises(InputError, match=r"1 of 2 sentences are missing"):
        results.sheet("table-9")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (None, r"predictions.jsonl: has no settings.json beside it"),
        ("{", "settings.json"),
        ("[]", "settings"),
        ('{"method": 3}', "'method'"),
        ('{"method": "x", "model": "a\\nb", "config": "c", "split": "test", "data_sha256": "0"}', "'model'.*printable"),
    ],
)
def test_unsound_settings_are_refused(results, settings, message):
    folder = results.add("base/tiny/base-en")
    path = folder / "settings.json"
    path.unlink() if settings is None else path.write_text(settings)
    with pytest.raises(InputError, match=message):
        results.sheet("table-4")


def test_a_command_with_bad_input_writes_nothing_and_exits_with_2(results, tmp_path):
    results.add("base/tiny/base-en")
    results.add("again/tiny/base-en")
    app = typer.Typer()
    app.command()(with_clear_errors(tables))
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["--results", str(results.folder), "--out", str(out), "--only", "5,4"])
    assert (done.exit_code, out.exists(), done.stderr.count("\n")) == (2, False, 1)
    done = CliRunner().invoke(app, ["--results", str(results.folder), "--out", str(out), "--only", "7"])
    assert (done.exit_code, sorted(path.name for path in out.iterdir())) == (
        0,
        ["table-7.csv", "table-7.md", "table-7.tex"],
    )


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        build(DECLARED, ["table-4"], tmp_path / "nowhere")


def test_unknown_tables_are_refused_with_the_nearest():
    assert chosen("T2, f8,table-4", DECLARED.tables) == ["table-2", "table-4", "figure-8"]
    assert chosen("", DECLARED.tables) == list(DECLARED.tables)
    with pytest.raises(InputError, match=r"table-14.*did you mean"):
        chosen("14", DECLARED.tables)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables: {}", "prices"),
        ("prices: {of: x, tokens_in: -1.0, tokens_out: 1.0}\naxes: {}\ntables: {}", "tokens_in"),
        ("prices: {of: x, tokens_in: 1.0, tokens_out: 1.0}\naxes: {}\ntables: {t: {titel: x}}", r"titel.*title"),
        (
            "prices: {of: x, tokens_in: 1.0, tokens_out: 1.0}\naxes: {}\ntables: {t: {title: x, rows: [lang]}}",
            "lang",
        ),
        ("prices: {of: x, tokens_in: 1.0, tokens_out: 1.0}\naxes: {lang: {}}\ntables: {}", "choices, or each"),
    ],
)
def test_unsound_declarations_are_refused(tmp_path, text, message):
    path = tmp_path / "tables.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_declared(path)


def test_a_new_table_is_an_entry_of_yaml(results, tmp_path):
    path = tmp_path / "tables.yaml"
    path.write_text(
        "prices: {of: x, tokens_in: 1.0, tokens_out: 1.0}\n"
        "axes: {who: {each: model}, seed: {each: seed}}\n"
        "tables: {table-99: {title: Seeds, rows: [who], columns: [seed], measure: macro.recall}}\n"
    )
    results.add("one/tiny/base-en", RIGHT, seed=1)
    results.add("two/tiny/base-en", seed=2)
    (sheet,) = build(read_declared(path), ["table-99"], results.folder)
    assert [column.title for column in sheet.columns] == ["seed = 1", "seed = 2"]
    assert near(cell(sheet, "tiny", "1").ours, 100.0)
    assert near(cell(sheet, "tiny", "2").ours, 50.0)  # of athlete 1/2, of city 1, of other figure 0 (nothing gold)


# the paper's figures and what is missing

SCORED = [name for name, spec in DECLARED.tables.items() if spec.builder in ("scores", "costs")]


@pytest.fixture(scope="module")
def empty_sheets(tmp_path_factory):
    """Return all tables of predictions where there are none."""
    sheets = build(DECLARED, SCORED, tmp_path_factory.mktemp("none"))
    return dict(zip(SCORED, sheets, strict=True))


def test_without_predictions_every_figure_of_the_paper_is_in_its_table_and_none_is_ours(empty_sheets):
    assert set(paper.entries()) == {f"table-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)}
    for name, sheet in empty_sheets.items():
        wanted = {entry.printed for entry in paper.entries().get(name, ())}
        assert {one.paper for _, _, one in sheet.all() if one.paper} == wanted, name
        assert not any(one.ours for _, _, one in sheet.all())


def test_doubtful_figures_of_the_paper_have_their_note(empty_sheets):
    found = cell(empty_sheets["table-4"], "PromptNER", "Qwen2.5-7B", "zh")
    assert found.paper.number == 47.4
    assert "37.4" in found.paper.note
    page = markdown.to_markdown(empty_sheets["table-4"])
    assert "– (47.4<sup>a</sup>)" in page
    assert "- <sup>a</sup> Printed 47.4" in page


def test_every_cell_that_could_be_filled_is_listed_as_missing(empty_sheets):
    for name, sheet in empty_sheets.items():
        rows = {", ".join(part for part in row if part != "–") for row, _, one in sheet.all() if one.possible}
        listed = {re.sub(r" \(.*\)$", "", text) for one in sheet.missing for text in one.cells}
        assert sheet.missing, name
        assert rows <= listed or not sheet.rows, name


def test_commands_that_fill_cells_name_jobs_that_there_are(empty_sheets):
    from eval.methods.jobs import chosen_jobs
    from eval.methods.suite import read_suite

    commands = {one.command for sheet in empty_sheets.values() for one in sheet.missing if one.command}
    assert len(commands) > 10
    suites = {path.name: read_suite(path) for path in SUITES.glob("*.yaml")}
    for command in commands:
        words = shlex.split(command)
        assert words[:5] == ["python", "-m", "eval", "run", "--suite"]
        assert Path(words[5]).parent.as_posix() == "eval/suites"
        assert words[6::2] == ["--only"] * len(words[7::2])
        assert chosen_jobs(suites[Path(words[5]).name], words[7::2])


def test_a_set_that_has_no_such_language_is_neither_dashed_nor_missing(empty_sheets):
    sheet = empty_sheets["table-8"]
    none = cell(sheet, "few-shot", "CascadeNER", "–", "MultiCoNER", "fr")
    assert (none.possible, none.paper) == (False, None)
    assert not any("MultiCoNER" in text and "fr" in text for one in sheet.missing for text in one.cells)


def test_only_one_figure_of_the_paper_fits_a_cell(monkeypatch):
    twice = [paper.Entry("table-1", {"lang": "en"}, Printed(1)), paper.Entry("table-1", {}, Printed(2))]
    monkeypatch.setattr(paper, "entries", lambda: {"table-1": twice})
    assert paper.find("table-1", {"lang": "de"}) == Printed(2)
    with pytest.raises(InputError, match="two figures"):
        paper.find("table-1", {"lang": "en", "model": "x"})


def test_a_suite_that_has_nothing_says_what_is_wanted(tmp_path):
    assert Jobs(tmp_path).every([]) == []


@pytest.mark.slow
def test_tables_of_the_data_set_hold_the_papers_figures_and_say_whose_data_they_are_of(tmp_path):
    names = [name for name, spec in DECLARED.tables.items() if name not in SCORED]
    assert names == ["table-3", "table-6", "table-13", "figure-6", "figure-12"]
    for sheet in build(DECLARED, names, tmp_path):
        wanted = {entry.printed for entry in paper.entries().get(sheet.id, ())}
        assert {one.paper for _, _, one in sheet.all() if one.paper} == wanted
        assert all(one.ours for _, _, one in sheet.all())
        assert "not the paper's Wikipedia text" in markdown.to_markdown(sheet)
        written = write(sheet, tmp_path)
        assert (tmp_path / f"{sheet.id}.png" in written) == sheet.id.startswith("figure")


def test_means_over_languages_are_of_means_over_random_runs():
    def entry(base, *random):
        metrics = ("cohesion", "entropy", "gini", "variation")
        return {
            "base": dict.fromkeys(metrics, base),
            "dynamic": dict.fromkeys(metrics, 0.0),
            "random": [dict.fromkeys(metrics, one) for one in random],
        }

    mean = mean_entry([entry(1.0, 2.0, 4.0), entry(2.0, 5.0, 5.0)])
    assert (mean["base"]["gini"], mean["random"][0]["gini"]) == (1.5, 4.0)
    report = {"seed": 1, "embedding": {"model": "m", "centred": False}, "languages": {"all": mean}}
    sheet = versions_sheet("figure-6", DECLARED.table("figure-6"), report)
    assert cell(sheet, "all", "random", "gini").ours == Value(4.0)


# forms


def small_sheet(name="GPT", **more):
    columns = [column_of(["lang"], ["en"]), column_of(["lang"], ["de"])]
    cells = [
        [Cell(Value(50.04, 40.0, 60.0), None, Printed(61.25, "Odd."), "run"), Cell(paper=Printed(7))],
        [Cell(Value(1.0)), Cell(possible=False)],
    ]
    return Sheet("table-0", "Small", ("method",), ("lang",), [(name,), ("other",)], columns, cells, **more)


def test_the_forms_of_a_sheet_hold_the_same_figures():
    sheet = small_sheet()
    page, tex = markdown.to_markdown(sheet), latex.to_latex(sheet)
    assert "| GPT | 50.0 (61.2<sup>a</sup>) | – (7.0) |" in page
    assert "| other | 1.0 |  |" in page
    assert "| GPT | \\[40.0, 60.0\\] | – |" in page
    assert "GPT & 50.0 (61.2\\textsuperscript{a}) & -- (7.0) \\\\" in tex
    assert "GPT & {[}40.0, 60.0{]} & -- \\\\" in tex
    rows = list(csv.DictReader(io.StringIO(to_csv(sheet))))
    assert len(rows) == 4
    assert [rows[0][key] for key in ("table", "method", "lang", "ours", "low", "high", "paper", "paper_note")] == [
        *("table-0", "GPT", "en", "50.04", "40", "60", "61.25", "Odd.")
    ]


NAMES = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30)


@given(NAMES)
def test_no_name_breaks_out_of_its_cell(name):
    sheet = small_sheet(name)
    lines = markdown.to_markdown(sheet).splitlines()
    table = [line for line in lines if line.startswith("|")][:4]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in table} == {4}
    tex = latex.to_latex(sheet)
    row = next(line for line in tex.splitlines() if "50.0" in line)
    assert len(re.findall(r"(?<!\\)&", row)) == 2
    assert len(re.findall(r"(?<!\\)\{", tex)) == len(re.findall(r"(?<!\\)\}", tex))
    assert not re.search(r"(?<!\\)[$#_^~]", row)
    assert list(csv.reader(io.StringIO(to_csv(sheet))))[1][1] == name


def test_wide_tables_are_scaled_and_groups_of_rows_are_ruled_off(results):
    results.add("base/tiny/base-en")
    tex = latex.to_latex(results.sheet("table-11"))
    assert tex.count("\\begin{tabular}") == tex.count("\\end{tabular}") == tex.count("\\resizebox") == 1
    assert tex.count("\\midrule") == 2  # below the head, and between base and dynamic
    rows = [line for line in tex.splitlines() if line.endswith("\\\\")]
    assert {line.count("&") for line in rows} == {11}


def test_latex_has_the_intervals_the_second_measure_and_the_settings_too(results):
    results.add("base/tiny/base-en", machine={"date": "2026-11-20", "processor": "50% of a_b"})
    tex = latex.to_latex(results.sheet("table-4"))
    assert tex.count("\\begin{tabular}") == tex.count("\\end{tabular}") == 3
    assert "By the paper's matching" in tex
    assert "50\\% of a\\_b" in tex


def test_the_same_results_give_the_same_bytes(results, tmp_path):
    results.add("base/tiny/base-en")
    for name in ("one", "two"):
        write(results.sheet("table-4"), tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["table-4.csv", "table-4.md", "table-4.png", "table-4.tex"]
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_a_picture_of_an_earlier_time_goes_when_there_is_no_new_one(tmp_path):
    (tmp_path / "table-0.png").write_bytes(b"old")
    write(small_sheet(), tmp_path)
    assert not (tmp_path / "table-0.png").exists()


# conditions


@given(st.text(max_size=8), st.text(alphabet="abc*", min_size=1, max_size=4))
def test_a_pattern_that_must_not_fit_is_the_opposite(value, pattern):
    assert fits(value, [pattern]) != fits(value, [f"!{pattern}"])


def test_true_is_not_one_and_nothing_fits_only_none():
    assert fits(True, [True])
    assert not fits(1, [True])
    assert not fits(True, [1])
    assert fits(3.0, [3])
    assert fits(None, [None, 3])
    assert not fits(None, ["*"])


def test_a_run_that_fits_an_earlier_alternative_goes_first():
    either = Condition(({"a": ["x"]}, {"b": ["y"]}))
    assert [rank([either], one) for one in ({"a": "x", "b": "y"}, {"b": "y"}, {})] == [(0,), (1,), None]


def test_what_cannot_be_is_told_from_what_may():
    german, some = Condition(({"config": ["*-de"]},)), Condition(({"config": ["set-en", "set-de"]},))
    assert possible([german, some])
    assert not possible([german, Condition(({"config": ["set-en"]},))])
    assert possible([german, Condition(({"config": ["set-*"]},))])
