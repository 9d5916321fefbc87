"""Training runs on a tiny model: cut at any moment and gone on with, refused where they must be, used afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file
from typer.testing import CliRunner

from cascadener_models import CascadeNER
from dynamicner_dataset.command_line import read_changes
from dynamicner_dataset.errors import InputError
from tests.tiny_models import model_folder, one_thread, save_model  # noqa: F401
from train import answer_loss
from train.__main__ import app
from train.data import training_rows
from train.recipe import Recipe, make_recipe, read_recipe
from train.run import run
from train.steady import COMPLETE, last_checkpoint

RECIPES = sorted((Path(__file__).parents[1] / "train" / "recipes").glob("*.yaml"))
WEIGHTS = "adapter_model.safetensors"


def tiny(stage="extractor", **changes) -> Recipe:
    """A recipe of some seconds."""
    settings = {
        "base_model": str(model_folder("gemma3_text")),
        "data": "base-en" if stage == "extractor" else "dynamic-en",
        "examples": 24,
        "batch_size": 4,
        "epochs": 2,
        "dropout": 0.1,
        "checkpoint_every": 0.5,
        "validation": 3,
    }
    return make_recipe({"stage": stage, **settings, **changes})


def weights(folder):
    return {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}


def same(one, other):
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


@pytest.fixture(scope="module")
def uncut(tmp_path_factory):
    """The adapter and record of a run that was not cut."""
    folder = tmp_path_factory.mktemp("uncut") / "adapter"
    return folder, run(tiny(), folder)


def test_run_writes_an_adapter_its_record_and_its_plot(uncut):
    folder, record = uncut
    assert sorted(path.name for path in folder.iterdir()) == [
        "adapter_config.json", WEIGHTS, "curve.png", "record.json"]  # fmt: skip
    assert not folder.with_name("adapter.training").exists()
    assert json.loads((folder / "record.json").read_text()) == record
    assert record["examples"] == 24
    assert record["steps"] == 12
    assert [one["step"] for one in record["validation"]] == [3, 6, 9, 12]
    assert record["machine"]["versions"].keys() >= {"torch", "trl", "peft"}
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(model_folder("gemma3_text"))


def test_trained_adapter_loads_into_the_cascade(uncut):
    ner = CascadeNER.from_pretrained(str(model_folder("gemma3_text")), extractor=str(uncut[0]))
    assert ner("Marie Curie moved to Paris.", k=1).text == "Marie Curie moved to Paris."


def test_same_recipe_gives_the_same_bytes_and_a_finished_run_is_not_repeated(uncut, tmp_path):
    folder, record = uncut
    again = tmp_path / "again"
    run(tiny(), again)
    assert (again / WEIGHTS).read_bytes() == (folder / WEIGHTS).read_bytes()
    before = (again / "record.json").stat().st_mtime_ns
    assert run(tiny(), again)["data_sha256"] == record["data_sha256"]
    assert (again / "record.json").stat().st_mtime_ns == before


@pytest.mark.slow
def test_run_killed_in_the_middle_goes_on_to_the_same_adapter(uncut, tmp_path):
    out = tmp_path / "killed"
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(asdict(tiny())))
    command = [sys.executable, "-m", "train", "extractor", "--recipe", str(recipe), "--out", str(out)]
    work = out.with_name("killed.training")
    for wanted in (1, 2):  # killed twice: with -9 after the first checkpoint, and after a later one
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
        deadline = time.monotonic() + 120
        while len(list(work.glob(f"checkpoint-*/{COMPLETE}"))) < wanted and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not out.exists()
    torn = work / "checkpoint-999"  # one that was killed while it was written
    torn.mkdir()
    (torn / "trainer_state.json").write_text("{")
    assert last_checkpoint(work).name != "checkpoint-999"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0, done.stderr[-2000:]
    assert same(weights(out), weights(uncut[0]))
    record = json.loads((out / "record.json").read_text())
    assert record["curve"] == uncut[1]["curve"]
    assert record["validation"] == uncut[1]["validation"]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


@pytest.mark.slow
def test_two_processes_train_one_adapter(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(asdict(tiny(batch_size=2))))
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29511"]
    command += ["-m", "train", "extractor", "--recipe", str(recipe), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0, done.stderr[-3000:]
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["steps"] == 12  # twice the examples a step
    assert weights(tmp_path / "out")


def test_run_under_way_with_another_plan_is_not_mixed_in(tmp_path):
    work = tmp_path / "out.training"
    work.mkdir()
    (work / "plan.json").write_text("{}")
    with pytest.raises(InputError, match="another recipe"):
        run(tiny(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def larger_model(folder):
    """A model of the same kind with more room."""
    shutil.copytree(model_folder("gemma3_text"), folder)
    size = json.loads((folder / "config.json").read_text())["vocab_size"]
    save_model("gemma3_text", folder, size, intermediate_size=64)
    return folder


def test_training_goes_on_from_an_adapter_and_refuses_one_of_another_base(uncut, tmp_path):
    more = tiny(adapter=str(uncut[0]), epochs=0.2, learning_rate=1e-6)
    run(more, tmp_path / "more")
    near = weights(tmp_path / "more")
    assert all((near[name] - tensor).abs().max() < 1e-2 for name, tensor in weights(uncut[0]).items())
    other = tiny(adapter=str(uncut[0]), base_model=str(larger_model(tmp_path / "larger")))
    with pytest.raises(InputError, match="does not fit the base model"):
        run(other, tmp_path / "other")


def test_loss_that_is_no_number_stops_the_run_and_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    forward, calls = answer_loss.answer_forward, []

    def broken(*args, **options):
        output = forward(*args, **options)
        calls.append(output)
        output.loss = output.loss * (float("nan") if len(calls) > 4 else 1)
        return output

    monkeypatch.setattr(answer_loss, "answer_forward", broken)
    with pytest.raises(InputError, match=r"the loss at step 5 is nan; .*checkpoint-3 is kept; a lower learning_rate"):
        run(tiny(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_classifier_learns_dynamic_lists_and_is_validated_on_them(tmp_path):
    record = run(tiny("classifier", epochs=1), tmp_path / "out")
    assert {"list_accuracy", "f1"} <= record["validation"][0].keys()
    assert "fine_accuracy" not in record["validation"][0]


def test_few_shot_draws_a_stratified_sample():
    some = training_rows(tiny(few_shot=160))
    everything = training_rows(tiny())
    assert 0 < len(some) < len(everything)
    assert {row["id"] for row in some} < {row["id"] for row in everything}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_are_sound(path):
    assert yaml.safe_load(path.read_text())
    if not path.stem.startswith(("xlm", "minilm")):
        assert read_recipe(path).stage in path.stem or path.stem == "gemma-270m-quick"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("epoch=2", "unknown key 'epoch'; did you mean: epochs"),
        ("epochs=many", "epochs must be of type float"),
        ("batch_size=1.5", "batch_size must be of type int"),
        ("batch_size=0", "batch_size must lie between 1"),
        ("bf16=1", "bf16 must be of type bool"),
        ("dropout=2", "dropout must lie between"),
        ("schedule=cosin", "schedule must be one of cosine"),
        ("data=base-xx", "no file and none of the dataset's names"),
        ("context_free=true", "classifier only"),
        ("nonsense", "key=value is wanted"),
    ],
)
def test_bad_recipe_is_refused_in_one_line(change, words, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("stage: extractor\n")
    result = CliRunner().invoke(
        app, ["extractor", "--recipe", str(recipe), "--out", str(tmp_path / "out"), "--set", change]
    )
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_scientific_notation_without_a_point_is_a_number():
    assert make_recipe({"stage": "extractor", "learning_rate": "1e-4"}).learning_rate == 1e-4
    assert read_changes(["learning_rate=1e-4"]) == {"learning_rate": "1e-4"}


def test_rows_over_the_limit_are_counted_and_listed(tmp_path):
    with pytest.raises(InputError, match=r"24 examples have over 8 tokens: en-\d+ \(\d+\), .*raise max_tokens"):
        run(tiny(max_tokens=8), tmp_path / "out")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"prompt": "a\\n"}', "has no completion"),
        ("[]", "is no JSON object"),
        ('{"prompt"', "is no JSON"),
        ('{"id": "x", "text": "Rome"}', "neither a row with prompt and completion nor a row of the dataset"),
    ],
)
def test_unsound_line_of_a_file_is_named(line, words, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "Rome\\n", "completion": "##Rome##"}\n' + line + "\n")
    with pytest.raises(InputError) as caught:
        training_rows(tiny(data=str(path)))
    assert words in str(caught.value)
    assert f"{path}:2" in str(caught.value)


def test_corpus_file_gives_questions_about_its_mentions_and_its_faults_are_named(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_text("a-1\t\t\t[Rome|city] burns.\na-2\t\t\tNobody knows.\n")
    assert [row["completion"] for row in training_rows(tiny(data=str(path)))] == ["##Rome## burns.", "Nobody knows."]
    asked = training_rows(tiny("classifier", data=str(path)))
    assert [row["completion"] for row in asked] == ["location", "geo-political entity", "city"]
    path.write_text("a-1\t\t\t[Rome|citty] burns.\n")
    with pytest.raises(InputError, match=r"own\.tsv:1.*city"):
        training_rows(tiny(data=str(path)))
