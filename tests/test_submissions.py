"""Submissions: every fault is named, nothing hostile gets through, a sound one is scored and written down."""

from __future__ import annotations

import json
import os

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dynamicner_dataset.errors import InputError
from eval.cascadener.matching import Marked
from eval.gold import Gold, data_hash
from eval.submissions import command
from eval.submissions.entry import Entry
from eval.submissions.faults import Limits
from eval.submissions.hub import eval_results
from eval.submissions.reader import check, read_predictions
from eval.submissions.result import make_result, type_paths

CITY = (Marked(0, 4, "city", "Rome"),)
ROME = Gold("x-1", "en", "Rome lies on the Tiber.", ("city", "body of water"), CITY, ("city",))
TEA = Gold("x-2", "en", "Tea, né chai.", ("beverages", "others"), (Marked(0, 3, "beverages", "Tea"),), ("beverages",))
DOG = Gold("x-3", "en", "A dog barks at 5.", ("species",), (), ())
GOLD = [ROME, TEA, DOG]
TREE = [Gold("x-1", "en", "Rome lies on the Tiber.", None, CITY, ("city",))]


def line(key, *entities, **more):
    found = [dict(zip(("start", "end", "type"), entity, strict=False)) for entity in entities]
    return json.dumps({"id": key, "entities": found, **more})


SOUND = [line("x-1", (0, 4, "city")), line("x-2"), line("x-3")]


def written(folder, *lines, end="\n"):
    path = folder / "predictions.jsonl"
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return path


def faults_of(path, gold=GOLD, **more):
    said, faults = check(path, gold, **more)
    assert (said is None) == bool(faults)
    return [str(fault).removeprefix(f"{path}:").strip() for fault in faults.listed]


def only_fault(folder, first, gold=GOLD):
    (fault,) = faults_of(written(folder, first, *SOUND[1:]), gold)
    return fault


def test_a_sound_file_comes_back_in_the_order_of_the_gold(tmp_path):
    entity = {"start": 17, "end": 22, "type": "body of water", "score": 1, "path": ["location"], "text": "Tiber"}
    first = {"id": "x-1", "lang": "en", "entities": [entity, {"start": 0, "end": 4, "type": "city"}], "raw": ["..."]}
    path = written(tmp_path, line("x-3"), json.dumps(first), line("x-2", cost={"tokens_in": 7}, dropped={"odd": 1}))
    rome, tea, dog = read_predictions(path, GOLD)
    assert rome.mentions == (Marked(0, 4, "city", "Rome"), Marked(17, 22, "body of water", "Tiber"))
    assert rome.scores == (None, 1.0)
    assert rome.paths == ((), ("location",))
    assert (tea.cost, tea.dropped) == ({"tokens_in": 7}, {"odd": 1})
    assert (dog.id, dog.mentions) == ("x-3", ())


SPANS = {
    "past the end": ((0, 99, "city"), "0:99) is out of range for a text of 23 characters"),
    "below zero": ((-4, 4, "city"), "out of range"),
    "empty": ((4, 4, "city"), "is empty"),
    "reversed": ((4, 0, "city"), "ends before it starts"),
    "a float": ((0, 4.0, "city"), "'end' of entity 1 must be a whole number"),
    "a boolean": ((False, 4, "city"), "'start' of entity 1 must be a whole number"),
    "a string": (("0", 4, "city"), "'start' of entity 1 must be a whole number"),
    "absent": ((0,), "lacks the key 'end'"),
    "astronomic": ((0, 10**4000, "city"), "a huge number) is out of range"),
}


@pytest.mark.parametrize(("entity", "message"), SPANS.values(), ids=SPANS)
def test_bad_spans_are_refused(tmp_path, entity, message):
    assert message in faults_of(written(tmp_path, line("x-1", entity), *SOUND[1:]))[0]


TYPES = {
    "another case": ("City", "did you mean 'city'? Types are written exactly so"),
    "another spacing": ("body  of_water ", "did you mean 'body of water'?"),
    "off the list but in the tree": ("species", "it is a fine type of the tree"),
    "misspelt": ("cty", "did you mean: city?"),
    "unlike any": ("zzzz", "not on this sentence's type list"),
    "of another sentence": ("beverages", "not on this sentence's type list"),
    "no string": (None, "'type' of entity 1 must be a string, not 'null'"),
    "a megabyte": ("c" * 900_000, "..."),
}


@pytest.mark.parametrize(("name", "message"), TYPES.values(), ids=TYPES)
def test_types_off_the_list_are_refused(tmp_path, name, message):
    fault = only_fault(tmp_path, line("x-1", (0, 4, name)))
    assert fault.startswith("1: ")
    assert message in fault
    assert len(fault) < 400


BASE_TYPES = {
    "coarse": ("location", "a coarse type, and a fine one"),
    "an alias": ("Musical Instrument", "did you mean 'musical instruments'?"),
    "another case": ("CITY", "did you mean 'city'?"),
}


@pytest.mark.parametrize(("name", "message"), BASE_TYPES.values(), ids=BASE_TYPES)
def test_base_wants_fine_types(tmp_path, name, message):
    (fault,) = faults_of(written(tmp_path, line("x-1", (0, 4, name))), TREE)
    assert "no fine type of the tree" in fault
    assert message in fault
    assert read_predictions(written(tmp_path, line("x-1", (0, 4, "city"))), TREE)


LINES = {
    "half a line": ('{"id": "x-1", "ent', "is not valid JSON: Unterminated string"),
    "no object": ('["x-1"]', "an object is wanted, not a list"),
    "an empty line": ("", "line is empty"),
    "NaN": (line("x-1", cost={"seconds": float("nan")}), "NaN is no JSON value"),
    "infinity": ('{"id": "x-1", "entities": [], "cost": {"seconds": 1e999}}', "'cost' must be"),
    "a key twice": ('{"id": "x-1", "id": "x-2", "entities": []}', "key 'id' stands twice"),
    "deep": ("[" * 100_000, "recursion"),
    "deep inside": ('{"id": ' + "[" * 900 + "]" * 900 + ', "entities": []}', "'id' of the line must be a string"),
    "half a character": ('{"id": "\\ud800", "entities": []}', "without its other half"),
    "half a character as type": ('{"id": "x-1", "entities": [{"start":0,"end":1,"type":"\\udc00"}]}', "other half"),
    "no id": ('{"entities": []}', "lacks the key 'id'"),
    "no entities": ('{"id": "x-1", "spans": []}', "lacks the key 'entities'"),
    "entities no list": ('{"id": "x-1", "entities": {}}', "must be a list"),
    "an entity no object": ('{"id": "x-1", "entities": [[0, 4, "city"]]}', "entity 1 must be an object"),
    "label for type": ('{"id": "x-1", "entities": [{"start": 0, "end": 4, "label": "city"}]}', "key 'label'"),
    "too many": (line("x-1", *[(0, 1, "city")] * 24), "has 24 entities; this sentence can hold 23 at most"),
    "another language": (line("x-1", lang="zh"), "has the lang 'zh'; wanted: en"),
    "unknown cost": (line("x-1", cost={"dollars": 1}), "unknown key 'dollars'"),
    "negative cost": (line("x-1", cost={"seconds": -1}), "'cost' must be an object of finite numbers from 0 up"),
    "long": (line("x-1", raw=["x" * 1_000_000]), "line is longer than 1,000,000 bytes"),
}


@pytest.mark.parametrize(("first", "message"), LINES.values(), ids=LINES)
def test_bad_lines_are_refused(tmp_path, first, message):
    assert message in faults_of(written(tmp_path, first, *SOUND[1:]))[0]


@pytest.mark.parametrize("score", ["1.5", "-0.1", "true", '"0.5"', "1e999", "[]"])
def test_scores_are_from_0_to_1(tmp_path, score):
    entity = f'{{"start": 0, "end": 4, "type": "city", "score": {score}}}'
    fault = only_fault(tmp_path, f'{{"id": "x-1", "entities": [{entity}]}}')
    assert "'score' of entity 1 must be a number from 0 to 1" in fault


def test_overlaps_are_named_by_number_whatever_their_order(tmp_path):
    first = line("x-1", (10, 20, "city"), (0, 15, "city"), (3, 5, "city"))
    assert faults_of(written(tmp_path, first, *SOUND[1:])) == [
        "1: entities 2 (0:15) and 3 (3:5) overlap; mentions are flat",
        "1: entities 2 (0:15) and 1 (10:20) overlap; mentions are flat",
    ]


def test_text_must_be_what_stands_there_and_the_unit_is_named(tmp_path):
    inside = {"start": 9, "end": 13, "type": "beverages", "text": "chai"}
    path = written(tmp_path, SOUND[0], json.dumps({"id": "x-2", "entities": [inside]}), SOUND[2])
    (fault,) = faults_of(path)
    assert fault.startswith("2: entity 'chai' is not what stands at 9:13 ('hai.')")
    assert fault.endswith("these fit in UTF-8 bytes")


FILES = {
    "empty": (b"", "is empty"),
    "BOM": (b"\xef\xbb\xbf" + SOUND[0].encode(), "byte order mark (UTF-8)"),
    "UTF-16": ("\n".join(SOUND).encode("utf-16"), "byte order mark (UTF-16)"),
    "latin": (b'{"id": "caf\xe9"}\n', "byte 0xe9 is not valid UTF-8"),
    "CR LF": ("\r\n".join(SOUND).encode(), "CR LF"),
    "cut": ("\n".join(SOUND).encode()[:-5], "was the file cut in the middle?"),
    "header alone": (b'{"data_sha256": null}\n', "3 of 3 sentences are missing: x-1, x-2, x-3"),
    "binary": (bytes(range(256)) * 50, "is not valid"),
}


@pytest.mark.parametrize(("data", "message"), FILES.values(), ids=FILES)
def test_files_of_other_bytes_are_refused(tmp_path, data, message):
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    assert any(message in fault for fault in faults_of(path))


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, message in (("none", "No such file"), ("pipe", "is no plain file"), ("", "is no plain file")):
        assert message in faults_of(tmp_path / name)[0]


def test_long_files_and_lines_are_passed_over_in_bounded_memory(tmp_path):
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.truncate(600 * 2**20)  # a sparse file: zeros without a newline
    assert "at most 536,870,912 are read" in faults_of(path)[0]
    path.write_bytes(b"x" * 5_000 + b"\n" + "\n".join(SOUND).encode())
    assert faults_of(path, limits=Limits(line_bytes=200)) == ["1: line is longer than 200 bytes"]


def test_reading_stops_at_too_many_faults(tmp_path):
    path = written(tmp_path, *["{}"] * 500)
    _, faults = check(path, GOLD, limits=Limits(faults=100))
    assert (faults.total, len(faults.listed), faults.stopped) == (100, 20, True)
    assert faults.summary() == "at least 100 faults, the first 20 of them listed; nothing was scored"


def test_ids_of_another_split_are_recognised(tmp_path):
    faults = faults_of(written(tmp_path, line("en-0001"), line("zh-0001"), line("x-11"), *SOUND))
    assert faults[0] == "1: unknown id 'en-0001': it is of the split validation, language en, which is not scored here"
    assert "language zh" in faults[1]
    assert faults[2].startswith("3: unknown id 'x-11'; did you mean: x-1")


def test_the_same_id_in_two_languages_needs_its_lang(tmp_path):
    gold = [Gold("1", lang, "Rome", ("city",), ()) for lang in ("en", "fr")]
    said = read_predictions(written(tmp_path, line("1", lang="fr"), line("1", (0, 4, "city"), lang="en")), gold)
    assert [(one.lang, len(one.mentions)) for one in said] == [("en", 1), ("fr", 0)]
    assert "lacks a 'lang'; wanted: en or fr" in faults_of(written(tmp_path, line("1")), gold)[0]


@pytest.mark.parametrize("where", ["settings.json", "header"])
def test_what_was_made_on_other_data_is_refused(tmp_path, where):
    def faults_with(declared):
        if where == "header":
            path = written(tmp_path, json.dumps(declared), *SOUND)
        else:
            (tmp_path / where).write_text(json.dumps(declared))
            path = written(tmp_path, *SOUND)
        return faults_of(path, config="dynamic-en", split="test")

    good = {"data_sha256": data_hash(GOLD), "config": "dynamic-en", "split": "test"}
    assert faults_with(good) == []
    assert "data_sha256 is 'beef', not" in faults_with(good | {"data_sha256": "beef"})[0]
    assert "config is 'base-en', not 'dynamic-en'" in faults_with(good | {"config": "base-en"})[0]
    assert "split is a list, not 'test'" in faults_with(good | {"split": ["test"]})[0]


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 50_000, '{"x": "' + "y" * 200_000 + '"}'])
def test_broken_settings_are_a_fault(tmp_path, text):
    (tmp_path / "settings.json").write_text(text)
    (fault,) = faults_of(written(tmp_path, *SOUND))
    assert "settings.json" in fault


def test_twelve_planted_faults_are_all_named(tmp_path):
    """One fault a line, on the lines below; the twelfth is a sentence that is not there."""
    gold = [Gold(f"x-{number}", "en", "Rome lies on the Tiber.", ("city", "river"), ()) for number in range(1, 13)]
    planted = [
        line("x-1", (0, 4, "City")),
        line("x-2", (0, 4, "species")),
        line("x-3", (0, 99, "city")),
        line("x-4", (5, 5, "city")),
        line("x-5", (0, 4, "city"), (2, 9, "city")),
        line("x-6", (True, 4, "city")),
        line("x-6"),
        line("en-0001"),
        '{"id": "x-7", "entities": [{"start": 0, "end": 4, "type": "city", "score": 2}]}',
        '{"id": "x-8", "entities": [{"start": 0, "end": 4, "type": "city", "text": "Roma"}]}',
        '{"id": "x-9", "entit',
        line("x-10"),
        line("x-11"),
    ]
    _, faults = check(written(tmp_path, *planted), gold)
    wanted = [
        *((1, "did you mean 'city'"), (2, "not on this sentence's type list"), (3, "out of range"), (4, "is empty")),
        *((5, "overlap"), (6, "whole number"), (7, "used on line 6 too"), (8, "split validation"), (9, "from 0 to 1")),
        *((10, "'Roma' is not what stands"), (11, "is not valid JSON"), (None, "sentences are missing: x-9, x-12")),
    ]
    assert [one.line for one in faults.listed] == [number for number, _ in wanted]
    for fault, (_, message) in zip(faults.listed, wanted, strict=True):
        assert message in str(fault)
    assert faults.summary() == "12 faults; nothing was scored"
    with pytest.raises(InputError, match="did you mean 'city'"):
        read_predictions(tmp_path / "predictions.jsonl", gold)


HOSTILE = "\x1b[2J\u202e\x07\r\n\x9b"


@pytest.mark.parametrize(
    "entry",
    [
        {"id": HOSTILE, "entities": []},
        {"id": "x-1", "lang": HOSTILE, "entities": []},
        {"id": "x-1", "entities": [{"start": 0, "end": 4, "type": HOSTILE}]},
        {"id": "x-1", "entities": [{"start": 0, "end": 4, "type": "city", "text": HOSTILE}]},
        {"id": "x-1", "entities": [], "cost": {HOSTILE: 1}},
        {"id": "x-1", "entities": HOSTILE},
        {"data_sha256": HOSTILE},
        {HOSTILE: 1},
    ],
)
def test_no_control_character_reaches_the_terminal(tmp_path, entry):
    for ascii_only in (True, False):
        text = json.dumps(entry, ensure_ascii=ascii_only)
        (tmp_path / "settings.json").write_text(json.dumps({"config": HOSTILE}))
        for fault in faults_of(written(tmp_path, text, *SOUND[1:]), config="dynamic-en"):
            assert fault.isprintable()
    odd = tmp_path / "a\x1b[2J.jsonl"
    odd.write_text("{")
    assert all(str(fault).isprintable() for fault in check(odd, GOLD)[1].listed)


KEYS = ("id", "lang", "entities", "start", "end", "type", "score", "path", "text", "cost", "dropped", "seconds")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["x-1", "city"]),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.sampled_from(KEYS), one, max_size=5),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON) | JSON, max_size=4), st.binary(max_size=20))
def test_whatever_is_sent_is_read_or_refused(tmp_path_factory, values, tail):
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    path.write_bytes("\n".join(map(json.dumps, values)).encode() + tail)
    said, faults = check(path, GOLD)
    assert (said is None) == (faults.total > 0)
    assert all(str(fault).isprintable() and len(str(fault)) < 1_000 for fault in faults.listed)


ENTRIES = {"name": "", "model_id": "engine", "url": "javascript:alert(1)", "date": "2026-02-30"}


@pytest.mark.parametrize("field", ENTRIES)
def test_the_head_of_a_submission_is_checked(field):
    with pytest.raises(InputError):
        Entry(**({"name": "engine"} | {field: ENTRIES[field]}))


def test_figures_are_those_worked_out_by_hand(tmp_path):
    """Of two gold mentions one is found, and one more is said: precision, recall and F1 are a half."""
    said = read_predictions(written(tmp_path, line("x-1", (0, 4, "city"), (17, 22, "city")), *SOUND[1:]), GOLD)
    result = make_result(Entry("engine"), "dynamic-en", "test", GOLD, said, resamples=20)
    assert [result["strict"][key] for key in ("precision", "recall", "f1")] == [0.5, 0.5, 0.5]
    assert result["data_sha256"] == data_hash(GOLD) == result["languages"]["en"]["data_sha256"]
    assert result["languages"]["en"]["strict"] == result["strict"]
    assert result["per_branch"]["location"]["predicted"] == 2
    assert result == make_result(Entry("engine"), "dynamic-en", "test", GOLD, said, resamples=20)


def test_a_type_has_its_place_in_the_tree_if_there_is_but_one():
    names = ("address", "biological", "others", "chemical compound")
    assert type_paths([Gold("1", "en", "", names, ())]) == {
        "address": ("location", "address"),  # a medium type, and a fine one below it
        "biological": ("science entity", "biological"),  # the weapon is shown under a synonym
        "chemical compound": ("science entity", "chemical", "compound"),
    }
    assert len(type_paths(TREE)) == 155


def test_cost_is_summed_where_every_sentence_gives_it(tmp_path):
    costs = [{"tokens_in": 3, "seconds": 0.5}, {"tokens_in": 4}, {"tokens_in": 5, "seconds": 1}]
    path = written(tmp_path, *(line(f"x-{at}", cost=cost) for at, cost in enumerate(costs, 1)))
    result = make_result(Entry("engine"), "dynamic-en", "test", GOLD, read_predictions(path, GOLD), resamples=0)
    assert result["cost"] == {"tokens_in": 12}


def run(monkeypatch, *arguments):
    monkeypatch.setattr("eval.gold.read_gold", lambda config, split: GOLD)
    return CliRunner().invoke(command.app, ["check", *map(str, arguments), "--config", "dynamic-en"])


def test_the_command_writes_the_result_and_the_hubs_file(tmp_path, monkeypatch):
    from huggingface_hub import parse_eval_result_entries

    (tmp_path / "settings.json").write_text(json.dumps({"method": "cascade", "config": "dynamic-en"}))
    path, out = written(tmp_path, *SOUND), tmp_path / "out"
    options = ("--model-id", "ada/engine", "--url", "https://example.org/run", "--date", "2026-11-20", "--out", out)
    done = run(monkeypatch, path, *options)
    assert done.exit_code == 0, done.output
    assert "F1 0.667" in done.output
    result = json.loads((out / "result.json").read_text())
    assert result["submission"]["name"] == "ada/engine"
    assert result["system"]["method"] == "cascade"
    text = (out / ".eval_results" / "dynamicner-dynamic-en.yaml").read_text()
    (entry,) = parse_eval_result_entries(yaml.safe_load(text))
    assert (entry.dataset_id, entry.task_id, entry.value) == ("ORG/dynamicner", "dynamic-en", 66.7)
    assert (entry.source_url, entry.date) == ("https://example.org/run", "2026-11-20")
    assert text == eval_results(result, "ORG/dynamicner")


def test_the_command_refuses_with_a_line_a_fault_and_writes_nothing(tmp_path, monkeypatch):
    path, out = written(tmp_path, line("x-1", (0, 4, "City")), *SOUND[1:]), tmp_path / "out"
    done = run(monkeypatch, path, "--out", out)
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        f"error: {path}:1: type 'City' of entity 1 is not on this sentence's type list; did you mean 'city'? "
        "Types are written exactly so"
    ]
    done = run(monkeypatch, written(tmp_path, "{}", *SOUND[2:]), "--out", out)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1] == f"error: {path}: 2 faults; nothing was scored"
    assert len(done.stderr.splitlines()) == 3
    assert not out.exists()
