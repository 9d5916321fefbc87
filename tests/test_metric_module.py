"""The metric as a module of evaluate: loaded as it will be published, what it takes and refuses, a whole run."""

from __future__ import annotations

import doctest
import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import evaluate
import pytest
from evaluate.loading import get_imports

import eval.cascadener.cascadener as source
from cascadener_models import CascadeNER
from dynamicner_dataset.taxonomy import load_taxonomy
from eval.cascadener.paths import find_paths, packaged_paths
from tests.test_quality import Oracle

FOLDER = Path(__file__).parent.parent / "eval" / "cascadener"
ROME = {"start": 0, "end": 4, "type": "city", "text": "Rome"}
ALARIC = {"start": 13, "end": 19, "type": "military", "text": "Alaric"}
TEXT = "Rome fell to Alaric."
GOLD = [[ROME, ALARIC], []]
#: The metric in a process without this project and without a network.
ELSEWHERE = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("dynamicner_dataset", "cascadener_models", "eval"):
            raise ImportError(f"{name} is not installed")
sys.meta_path.insert(0, Blocked())
import evaluate
metric = evaluate.load(sys.argv[1])
gold = [[{"start": 0, "end": 4, "type": "city", "text": "Rome"}]]
print(metric.compute(predictions=gold, references=gold)["f1"])
try:
    metric.compute(references=gold, texts=["Rome"], types=["city"])
except ImportError as error:
    print("pip install 'dynamicner[models]'" in str(error))
"""


@pytest.fixture(scope="module")
def metric(tmp_path_factory):
    cache = tmp_path_factory.mktemp("modules")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate.config, "HF_MODULES_CACHE", cache)
        patch.syspath_prepend(str(cache))
        yield evaluate.load(str(FOLDER), cache_dir=str(cache / "metrics"))


def test_the_card_and_the_docstrings_are_true(metric):
    card = doctest.testfile(str(FOLDER / "README.md"), module_relative=False, globs={"metric": metric})
    assert (card.failed, card.attempted >= 15) == (0, True)
    assert doctest.testmod(source).failed == 0
    for name in ("bootstrap", "calibration", "comparison", "costs", "encoding", "tallies"):
        result = doctest.testmod(__import__(f"eval.cascadener.{name}", fromlist=[name]))
        assert (result.failed, bool(result.attempted)) == (0, True), name


def test_evaluate_copies_every_sibling():
    imported = {name for kind, name, _, _ in get_imports(str(FOLDER / "cascadener.py")) if kind == "internal"}
    siblings = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "app", "cascadener"}
    assert imported == siblings


@pytest.mark.slow
def test_it_loads_elsewhere_without_project_and_network(tmp_path):
    folder = tmp_path / "space" / "cascadener"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    assert not any(path.is_symlink() for path in folder.iterdir())
    home = {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1", "HF_EVALUATE_OFFLINE": "1", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", ELSEWHERE, str(folder)]
    done = subprocess.run(command, cwd=tmp_path, env=home, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1.0", "True"], done.stderr


def test_the_space_is_static_and_needs_public_packages_only():
    head = (FOLDER / "README.md").read_text(encoding="utf-8").split("---")[1]
    assert "sdk: static" in head
    assert "- evaluate\n- metric" in head
    assert (FOLDER / re.search(r"app_file: (\S+)", head)[1]).exists()
    for path in FOLDER.glob("*.py"):
        assert not re.search(
            r"^(from|import) (eval|build|dynamicner_dataset|cascadener_models)\b", path.read_text(), re.M
        )


@pytest.mark.parametrize("key", ["type", "label", "fine"])
def test_lists_rows_tuples_and_generators_are_the_same(metric, key):
    def renamed(one):
        return {(key if name == "type" else name): value for name, value in one.items()}

    lists = [[renamed(one) for one in side] for side in GOLD]
    rows = [{"text": text, "entities": side} for text, side in zip([TEXT, "No."], lists, strict=True)]
    wanted = metric.compute(predictions=GOLD, references=GOLD, resamples=9)
    for references in (lists, rows, tuple(map(tuple, lists)), iter(lists)):
        assert metric.compute(predictions=lists, references=references, resamples=9) == wanted
    assert metric.compute(predictions=rows, references=rows, resamples=9) == wanted


def test_adding_gives_what_computing_at_once_gives(metric):
    found = [[{**ROME, "score": 0.5, "path": ["location", "geo-political entity", "city"]}], []]
    wanted = metric.compute(predictions=found, references=GOLD, resamples=9)
    metric.add_batch(predictions=found[:1], references=GOLD[:1])
    metric.add(prediction=found[1], reference=GOLD[1])
    assert metric.compute(resamples=9) == wanted
    metric.add_batch(predictions=found[:1], references=GOLD[:1])
    assert metric.compute(predictions=found[1:], references=GOLD[1:], resamples=9) == wanted
    assert wanted["calibration"]["ece"] == 0.5
    json.dumps(wanted)


def test_without_the_characters_of_mentions_there_is_no_text_matching(metric):
    bare = [[{name: one[name] for name in ("start", "end", "type")} for one in side] for side in GOLD]
    result = metric.compute(predictions=bare, references=bare)
    assert result["f1"] == 1
    assert "text" not in result
    assert "text" not in result["intervals"]
    with pytest.raises(ValueError, match="matching='text' needs the characters"):
        metric.compute(predictions=bare, references=bare, matching="text")
    with_texts = metric.compute(predictions=bare, references=bare, texts=[TEXT, "No."], matching="text")
    assert with_texts["text"]["f1"] == with_texts["f1"] == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"end": 99}, "sentence 1, mention 1: 0:99 is out of range for a sentence of 20 characters"),
        ({"start": -1}, "start is out of range: -1"),
        ({"end": 2**40}, "end is out of range"),
        ({"start": 4}, "4:4 is empty"),
        ({"start": "0"}, "start must be a whole number, not '0'"),
        ({"start": True}, "start must be a whole number"),
        ({"start": None}, "start must be a whole number"),
        ({"end": 16}, "overlap"),
        ({"type": None}, "one of type, label, fine must name the type"),
        ({"type": 7}, "must name the type; found 7"),
        ({"text": "rome"}, "text is 'rome', but the sentence has 'Rome' at 0:4"),
        ({"score": math.nan}, "score must be a number between 0 and 1, not nan"),
        ({"score": "0.5"}, "score must be a number"),
        ({"score": 1.01}, "score must be a number"),
        ({"path": "city"}, "path must be a list of names"),
    ],
)
def test_unsound_predictions_are_refused_with_their_place(metric, change, told):
    changed = {**ROME, "text": None, **change}
    with pytest.raises(ValueError, match=re.escape(told)):
        metric.compute(predictions=[[changed, ALARIC], []], references=GOLD, texts=[TEXT, "No."])
    assert len(metric) == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"predictions": GOLD[:1]}, "predictions for 1 sentences and references for 2"),
        ({"predictions": [None, []]}, "predictions, sentence 1: a list of entities is wanted"),
        ({"predictions": {"entities": []}}, "must be a list of sentences"),
        ({"predictions": [{"mentions": []}, []]}, "a row must have 'entities'; it has 'mentions'"),
        ({"predictions": [["Rome"], []]}, "an entity must be a mapping with start, end and type; not str"),
        ({"predictions": GOLD, "texts": [TEXT]}, "references are of 2 sentences and texts of 1"),
        ({"predictions": GOLD, "matchings": "text"}, "unknown option 'matchings'; known are: matching"),
        ({"predictions": GOLD, "paths": {"city": "place"}}, "'city' must have a list of names"),
        ({"predictions": GOLD, "gold_mention_types": [["city"], []]}, "sentence 1 differs"),
        ({}, "predictions are missing; or texts"),
    ],
)
def test_unsound_calls_are_refused(metric, given, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        metric.compute(references=GOLD, **given)


def test_text_with_offsets_of_another_unit_is_noticed(metric):
    emoji = {"start": 3, "end": 8, "type": "city", "text": "Rome"}
    with pytest.raises(ValueError, match="has 4 characters, 3:8 has 5; offsets count Unicode code points"):
        metric.compute(predictions=[[emoji], []], references=GOLD)


def test_classification_of_gold_mentions_by_level(metric):
    named = [["country", None], []]
    result = metric.compute(predictions=GOLD, references=GOLD, gold_mention_types=named)
    assert result["classification"]["gold"] == {
        "accuracy": 0,
        "right": 0,
        "mentions": 2,
        "levels": {"coarse": 0.5, "medium": 0.5, "fine": 0},
    }
    assert result["classification"]["found"] == {"accuracy": 1, "right": 2, "mentions": 2}


def test_the_packaged_tree_is_used_only_if_all_references_are_of_it(metric):
    assert set(metric.compute(predictions=GOLD, references=GOLD, resamples=0)["per_branch"]) == {"location", "person"}
    foreign = [[ROME, {**ALARIC, "type": "warlord"}], []]
    assert metric.compute(predictions=GOLD, references=foreign, resamples=0)["levels"] == {}
    paths = packaged_paths()
    assert {name for name, path in paths.items() if len(path) == 3} == {one.name for one in load_taxonomy().fine}
    assert find_paths([], [], None) == {}


def test_a_type_of_the_same_name_elsewhere_in_the_tree_is_wrong(metric):
    gold = [[{**ROME, "type": "miscellaneous", "path": ["miscellaneous"] * 3}]]
    found = [[{**ROME, "type": "miscellaneous", "path": ["location", "miscellaneous"]}]]
    result = metric.compute(predictions=found, references=gold, resamples=0)
    assert result["f1"] == result["levels"]["coarse"]["f1"] == 0
    assert result["extraction"]["f1"] == 1


def test_a_run_of_the_whole_cascade(metric):
    row = {"text": TEXT, "types": ["city", "person"], "entities": [ROME, {**ALARIC, "type": "person"}]}
    ner = CascadeNER(Oracle({"Rome": "city", "Alaric": "country"}))  # which is neither on the list: the first is said
    result = metric.compute(references=[row], cascade=ner, prices=(2.5, 10))
    assert result["extraction"]["f1"] == 1
    assert result["f1"] == 0.5
    assert result["classification"]["found"]["accuracy"] == result["classification"]["gold"]["accuracy"] == 0.5
    assert result["calibration"]["mentions"] == 2
    assert result["cost"]["sentences"] == 1
    assert result["cost"]["usd"] == 0
    assert result["dropped"] == {}


@pytest.mark.parametrize(("progressive", "types"), [(True, None), (None, "dynamicner"), (False, "dynamicner")])
def test_a_run_down_the_tree_or_over_its_fine_types(metric, progressive, types):
    row = {"text": TEXT, "entities": [ROME, ALARIC]}
    ner = CascadeNER(Oracle({"Rome": "city", "Alaric": "military"}))
    result = metric.compute(references=[row], types=types, progressive=progressive, cascade=ner, repeats=2, resamples=0)
    assert result["f1"] == 1
    assert result["classification"]["gold"]["levels"] == {"coarse": 1, "medium": 1, "fine": 1}
    assert set(result["per_branch"]) == {"location", "person"}


def test_a_run_without_fitting_types_is_refused(metric):
    ner = CascadeNER(Oracle({"Rome": "city"}))
    with pytest.raises(ValueError, match="types are wanted"):
        metric.compute(references=GOLD, texts=[TEXT, "No."], cascade=ner)
    with pytest.raises(ValueError, match="goes down a tree, but types are a flat list"):
        metric.compute(references=GOLD, texts=[TEXT, "No."], types=["city"], progressive=True, cascade=ner)
    with pytest.raises(ValueError, match="unknown option 'decodng'"):
        metric.compute(references=GOLD, texts=[TEXT, "No."], types=["city"], decodng="greedy", cascade=ner)


def test_two_files_on_the_command_line(tmp_path, monkeypatch, capsys):
    from eval.cascadener import app

    lines = "".join(json.dumps({"entities": side}) + "\n" for side in GOLD)
    (tmp_path / "gold.jsonl").write_text(lines, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["app.py", *[str(tmp_path / "gold.jsonl")] * 2, "--resamples", "0"])
    app.main()
    assert json.loads(capsys.readouterr().out)["f1"] == 1
    (tmp_path / "gold.jsonl").write_text(lines + "{", encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        app.main()
    assert stopped.value.code == 2
    assert "gold.jsonl:3: is no JSON" in capsys.readouterr().err
