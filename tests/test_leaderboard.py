"""The leaderboard's page: what is shown, what is refused, and that nothing hostile runs in it."""

from __future__ import annotations

import html
import json
import random
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
import yaml
from typer.testing import CliRunner

from dynamicner_dataset.errors import InputError
from eval.leaderboard.boards import make_boards, make_maps, scale
from eval.leaderboard.page import TEMPLATES, render
from eval.leaderboard.paper import FILE, paper_rows
from eval.leaderboard.results import read_results

CHROMIUM = shutil.which("chromium")
HOSTILE = '<script>alert("x")</script>'
LANGS = ("en", "zh", "es", "fr", "de", "ja", "ko", "ru")


def figures(f1, gold=100):
    return {
        "precision": min(1, f1 + 0.05),
        "recall": max(0, f1 - 0.05),
        "f1": f1,
        "hits": 1,
        "predicted": 9,
        "gold": gold,
    }


def make(name, f1, config="dynamic-en", **more):
    """A result file's content; ``more`` replaces its parts."""
    part = {
        "data_sha256": "a" * 64,
        "strict": figures(f1),
        "intervals": {"strict": {"precision": [0, 1], "recall": [0, 1], "f1": [f1 - 0.02, f1 + 0.02]}},
        "counts": {"sentences": 900, "predicted": 2800, "gold": 2805, "types": 2},
    }
    types = {"city": figures(f1, 40), "species": figures(max(0, f1 - 0.3), 60)}
    lang = config.partition("-")[2]
    return {
        "format": "dynamicner-result/1",
        "submission": {"name": name, "model_id": "", "url": "", "date": "2026-11-20"},
        "config": config,
        "split": "test",
        **part,
        **{key: figures(f1) for key in ("text", "extraction", "macro")},
        "levels": {level: figures(min(1, f1 + extra)) for level, extra in (("coarse", 0.2), ("medium", 0.1))},
        "per_type": types,
        "classification": {"found": {"accuracy": 0.9, "right": 9, "mentions": 10}},
        "cost": {"tokens_in": 90_000, "tokens_out": 9_000},
        "languages": dict.fromkeys(LANGS if lang == "all" else (lang,), part),
        **more,
    }


def stored(folder, *results):
    for at, result in enumerate(results):
        (folder / str(at)).mkdir(parents=True)
        (folder / str(at) / "result.json").write_text(json.dumps(result))
    return folder


def page_of(folder, *results):
    return render(read_results(stored(folder, *results)))


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the scripts' texts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass


def test_best_first_with_intervals_and_the_papers_rows_apart(tmp_path):
    page = page_of(tmp_path, make("second", 0.5), make("first", 0.613))
    assert page.index('data-value="first"') < page.index('data-value="second"')
    assert "59.3–63.3" in page
    board = page[page.index('id="dynamic-en-test"') :]
    assert (
        board.index("second") < board.index("not comparable") < board.index("CascadeNER, GPT-4o") < board.index("73.1")
    )
    assert "XLM-RoBERTa" not in board  # a row of the base version


def test_the_page_loads_nothing_and_runs_its_own_script_alone(tmp_path):
    page = Tags(page_of(tmp_path, make("engine", 0.5, submission=hostile_head())))
    assert not [
        tag for tag, attributes in page.tags if "src" in attributes or tag in ("link", "img", "iframe", "object")
    ]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    (script,) = page.scripts
    assert "alert" not in script
    policy = next(attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    links = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
    assert all(link.startswith(("#", "https://")) for link in links)


def hostile_head():
    return {"name": HOSTILE, "model_id": "ada/engine", "url": "https://example.org/?a=1&b=%22", "date": ""}


def test_hostile_names_are_text(tmp_path):
    types = {HOSTILE: figures(0.5), '" onclick="x': figures(0.4)}
    page = page_of(tmp_path, make("engine", 0.5, submission=hostile_head(), per_type=types))
    assert HOSTILE not in page
    assert html.escape(HOSTILE, quote=False) in page.replace("&#34;", '"')
    assert 'onclick="x' not in page


REFUSED = {
    "a script as address": ({"submission": {**hostile_head(), "url": "javascript:alert(1)"}}, "'submission': url"),
    "a quote in the address": ({"submission": {**hostile_head(), "url": 'https://a.b/"x'}}, "'submission': url"),
    "an address over two lines": ({"submission": {**hostile_head(), "url": "https://a.b\n/x"}}, "'submission': url"),
    "a control character": ({"submission": {**hostile_head(), "name": "a\x1b[2J"}}, "'submission': name"),
    "a model id that is none": ({"submission": {**hostile_head(), "model_id": "../../x"}}, "'submission': model id"),
    "a name that is none": (
        {"submission": {**hostile_head(), "name": 7}},
        "'submission': 'name' of",
    ),
    "a share above 1": ({"strict": figures(1) | {"f1": 1.5}}, "'strict.f1'"),
    "a share that is text": ({"strict": figures(0.5) | {"f1": "0.5"}}, "'strict.f1'"),
    "an unknown config": ({"config": "dynamic-xx"}, "'config'"),
    "a config over two lines": ({"config": "dynamic-en\n"}, "'config'"),
    "no hash": ({"data_sha256": ""}, "'data_sha256'"),
    "no sentences": ({"counts": {"sentences": 0, "gold": 0}}, "'counts.sentences'"),
    "another format": ({"format": "dynamicner-result/0"}, "is no result of this format"),
    "an unknown language": ({"languages": {"xx": {}}}, "'languages.xx"),
    "a hostile key": ({"levels": {"\x1b[2J": {}}}, "'levels.\\x1b[2J"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_unsound_results_are_refused_with_their_file(tmp_path, change, message):
    with pytest.raises(InputError) as caught:
        read_results(stored(tmp_path, make("engine", 0.5, **change)))
    assert str(caught.value).startswith(f"{tmp_path / '0' / 'result.json'}: {message}")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": NaN}', "[" * 50_000, "\ufeff{}"])
def test_what_is_no_result_is_refused(tmp_path, text):
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(InputError):
        read_results(tmp_path)


def test_results_of_different_data_never_share_a_table(tmp_path):
    other = "b" * 64
    with pytest.raises(InputError, match=r"different data .*aaaaaaaaaaaa, this has bbbbbbbbbbbb"):
        page_of(tmp_path / "board", make("one", 0.5), make("two", 0.4, data_sha256=other))
    whole = make("two", 0.4, "dynamic-all")
    whole["languages"]["en"] = whole["languages"]["en"] | {"data_sha256": other}
    with pytest.raises(InputError, match=r"different data .*\(languages, en\)"):
        page_of(tmp_path / "map", make("one", 0.5), whole)
    page_of(tmp_path / "apart", make("one", 0.5), make("two", 0.4, split="validation", data_sha256=other))


def test_one_system_stands_once_in_a_table(tmp_path):
    with pytest.raises(InputError, match=r"'one' .dynamic-en test. is in .* too"):
        page_of(tmp_path, make("one", 0.5), make("one", 0.4))


def test_a_languages_own_result_goes_before_its_part_of_all(tmp_path):
    results = read_results(
        stored(tmp_path, make("one", 0.7), make("one", 0.4, "dynamic-all"), make("two", 0.5, "dynamic-zh"))
    )
    (table,) = make_maps(results, paper_rows())
    (one, cells), (_, others) = table.rows
    assert one.submission.name == "two" or cells["en"].strict.f1 == 0.7
    merged = cells if "en" in cells else others
    assert (merged["en"].strict.f1, merged["zh"].strict.f1) == (0.7, 0.4)
    assert [row.setting for row in table.paper] == ["supervised", "few-shot"]


def test_no_map_of_one_language_and_boards_in_their_order(tmp_path):
    configs = ("base-en", "dynamic-ru", "dynamic-en", "base-zh")
    results = read_results(stored(tmp_path, *(make("one", 0.5, config) for config in configs)))
    assert [board.config for board in make_boards(results, ())] == ["dynamic-en", "dynamic-ru", "base-en", "base-zh"]
    assert make_maps(results[:1], ()) == []


def test_the_scale_holds_every_interval(tmp_path):
    assert scale(read_results(stored(tmp_path, make("low", 0.31), make("high", 0.68)))) == (20, 70)


def test_the_same_results_give_the_same_page(tmp_path):
    results = [make("one", 0.5), make("two", 0.5), make("three", 0.4, "dynamic-all")]
    assert page_of(tmp_path / "a", *results) == page_of(tmp_path / "b", *reversed(results))


def test_every_table_has_a_header_for_each_cell(tmp_path):
    page = page_of(tmp_path, *many_results())
    for table in re.findall(r"<table.*?</table>", page, re.S):
        columns = len(re.findall(r'<th scope="col"', table))
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)[1:]:
            spans = [int(span) for span in re.findall(r'colspan="(\d+)"', row)] or [len(re.findall(r"<t[hd]", row))]
            assert spans == [columns]


def test_the_papers_rows_are_those_of_its_tables():
    """Spot checks against the paper; the gap that its text claims to widen is narrower on the dynamic version."""
    rows = {(row.system, row.model, row.version, row.setting): row.f1 for row in paper_rows()}
    assert len(rows) == len(yaml.safe_load(FILE.read_text())["rows"]) == 28
    assert rows["XLM-RoBERTa", "", "base", "supervised"] == {"en": 41.9}
    ours, theirs = (rows[one, "GPT-4o", "dynamic", "supervised"]["en"] for one in ("CascadeNER", "GPT-NER"))
    assert round(ours - theirs, 1) == 12.5
    assert all(len(f1) in (1, 2, 8) for f1 in rows.values())


def test_the_command_writes_one_file_or_refuses(tmp_path):
    import typer

    from dynamicner_dataset.command_line import with_clear_errors
    from eval.leaderboard.command import leaderboard

    app = typer.Typer()
    app.command()(with_clear_errors(leaderboard))
    arguments = ["--results", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, done.stderr) == (2, f"error: {tmp_path / 'in'}: is no folder\n")
    stored(tmp_path / "in", make("one", 0.5))
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["index.html"]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(theme):
    """WCAG 2, level AA: 4.5 to 1."""
    style = (TEMPLATES / "page.css").read_text()
    colours = dict(re.findall(r"--(\w+): (#\w{6})", re.findall(r":root \{(.*?)\}", style, re.S)[theme]))
    for text, behind in (
        *(("ink", "page"), ("ink", "surface"), ("ink", "quiet"), ("ink", "heat"), ("soft", "page"), ("soft", "quiet")),
        *(("soft", "surface"), ("accent", "page"), ("accent", "surface"), ("accent", "quiet")),
    ):
        low, high = sorted((luminance(colours[text]), luminance(colours[behind])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, behind)


def many_results():
    """Made-up results of five systems on all that there is."""
    random.seed(7)
    names = (
        ("Cascade, Gemma 270M", "ada/engine"),
        ("Flat labels", ""),
        (HOSTILE, ""),
        ("A system with a long name", ""),
    )
    found = []
    for at, (name, model) in enumerate(names):
        head = {"name": name, "model_id": model, "url": "https://example.org/run", "date": f"2026-11-{20 - at}"}
        for config, base in (("dynamic-en", 0.62), ("dynamic-all", 0.55), ("base-en", 0.68)):
            f1 = base - 0.09 * at
            types = {f"type {number:02}": figures(random.random(), 60 - number) for number in range(40)}
            result = make(
                name, f1, config, submission=head, per_type=types, cost={} if at == 1 else make("", 0.5)["cost"]
            )
            result["languages"] = {
                lang: {**one, "strict": figures(f1 - 0.03 * number)}
                for number, (lang, one) in enumerate(result["languages"].items())
            }
            found.append(result)
    return found


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
@pytest.mark.slow
def test_the_browser_sorts_by_what_the_address_asks(tmp_path):
    page = tmp_path / "index.html"
    page.write_text(page_of(tmp_path / "in", make("Beta", 0.5), make("alpha", 0.4), make(HOSTILE, 0.3)))
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    address = f"file://{page}#sort=dynamic-en-test:system:ascending"
    dom = subprocess.run([CHROMIUM, *options, address], capture_output=True, text=True, timeout=120, check=True).stdout
    table = dom[dom.index('data-table="dynamic-en-test"') : dom.index("<tbody class=")]
    names = [html.unescape(name) for name in re.findall(r'<th scope="row" class="system" data-value="([^"]*)"', table)]
    assert names == [HOSTILE, "alpha", "Beta"]
    assert re.search(r'data-key="system" aria-sort="ascending"><button type="button">System</button>', table)
    assert table.count("aria-sort") == 1
