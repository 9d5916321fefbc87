"""Predictions survive a kill: finished lines stay, no request is made twice, what does not fit is refused."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cascadener_models.results import StageCost
from dynamicner_dataset.errors import InputError
from eval.methods.base import Mention, Predicted, Task
from eval.methods.journal import Journal
from eval.store import ANSWERS, IDENTITY, PREDICTIONS, SETTINGS, Store

TASKS = [Task(f"en-{number}", "en", "Rome fell.", ("city",)) for number in range(4)]
SETTINGS_OF = {
    "method": "cascadener",
    "model": "m",
    "data_sha256": "abc",
    "options": {"k": 3},
    "seed": 0,
    "command": "x",
}
FOUND = Predicted(
    (Mention(0, 4, "city", 0.98765, ("location", "city")),), StageCost(3, 2, 1, 0.5), Counter(), ("[a] b",)
)


def store(folder, **changes):
    return Store(folder, SETTINGS_OF | changes, TASKS)


def write(folder, count):
    one = store(folder)
    one.open()
    for _ in range(count):
        one.append(FOUND)
    one.close()
    return one


def test_line_has_the_form_that_everything_else_reads(tmp_path):
    write(tmp_path, 1)
    assert json.loads((tmp_path / PREDICTIONS).read_text()) == {
        "lang": "en",
        "id": "en-0",
        "entities": [{"start": 0, "end": 4, "type": "city", "score": 0.9877, "path": ["location", "city"]}],
        "cost": {"tokens_in": 3, "tokens_out": 2, "passes": 1, "seconds": 0.5},
        "raw": ["[a] b"],
    }
    assert json.loads((tmp_path / SETTINGS).read_text()) == SETTINGS_OF


def test_nothing_is_written_before_the_store_is_opened(tmp_path):
    assert store(tmp_path / "new").done == 0
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("lost", [1, 5, 60])
def test_half_a_last_line_is_cut_off_and_its_sentence_comes_again(tmp_path, lost):
    write(tmp_path, 2)
    path = tmp_path / PREDICTIONS
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost])
    again = store(tmp_path)
    assert (again.done, [task.id for task in again.remaining]) == (1, ["en-1", "en-2", "en-3"])
    again.open()
    again.append(FOUND)
    again.close()
    assert path.read_bytes() == whole


def test_finished_store_has_nothing_left_and_drops_its_answers(tmp_path):
    one = write(tmp_path, 3)
    one = store(tmp_path)
    one.open()
    one.journal.put("key", {"text": "yes"})
    assert (tmp_path / ANSWERS).exists()
    one.append(FOUND)
    one.close()
    assert not (tmp_path / ANSWERS).exists()
    assert not store(tmp_path).remaining


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"options": {"k": 1}}, "options.k: 3, now 1"),
        ({"model": "other"}, "model: 'm', now 'other'"),
        ({"data_sha256": "abd"}, "data_sha256: other data"),
        ({"seed": 1}, "seed: 0, now 1"),
    ],
)
def test_other_settings_are_refused_in_one_line(tmp_path, changes, told):
    write(tmp_path, 1)
    with pytest.raises(InputError) as caught:
        store(tmp_path, **changes)
    assert told in str(caught.value) and SETTINGS in str(caught.value) and "\n" not in str(caught.value)


def test_another_command_or_machine_goes_on(tmp_path):
    write(tmp_path, 1)
    assert "command" not in IDENTITY
    assert store(tmp_path, command="y", machine={"cores": 2}).done == 1


@pytest.mark.parametrize(
    "line",
    [b"{}\n", b"[1]\n", b"no json\n", b"\xff\n", b"[" * 10_000 + b"\n", b'{"lang": "en", "id": "en-7"}\n', b"\n"],
)
def test_line_that_is_no_prediction_of_its_sentence_is_refused_with_its_number(tmp_path, line):
    write(tmp_path, 1)
    with (tmp_path / PREDICTIONS).open("ab") as file:
        file.write(line)
    with pytest.raises(InputError) as caught:
        store(tmp_path)
    assert caught.value.line == 2


def test_more_lines_than_sentences_are_refused(tmp_path):
    write(tmp_path, 4)
    path = tmp_path / PREDICTIONS
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(InputError, match="no further sentence"):
        store(tmp_path)


def test_predictions_without_settings_are_refused(tmp_path):
    write(tmp_path, 1)
    (tmp_path / SETTINGS).unlink()
    with pytest.raises(InputError, match=r"settings\.json"):
        store(tmp_path)


def test_second_run_into_the_same_folder_is_refused(tmp_path):
    one, other = store(tmp_path), store(tmp_path)
    one.open()
    with pytest.raises(InputError, match="another run"):
        other.open()
    one.append(FOUND)
    one.close()
    with pytest.raises(InputError, match="in the meantime"):
        other.open()


@pytest.mark.parametrize("span", [(0, 0), (3, 2), (0, 11), (-1, 2)])
def test_method_that_gives_impossible_mentions_is_stopped(tmp_path, span):
    one = store(tmp_path)
    one.open()
    with pytest.raises(ValueError, match="outside its text"):
        one.append(Predicted((Mention(*span, "city"),)))


def test_journal_survives_a_kill_in_the_middle_of_a_line(tmp_path):
    path = tmp_path / "answers.jsonl"
    code = (
        "import os, sys; from pathlib import Path; from eval.methods.journal import Journal;"
        "j = Journal(Path(sys.argv[1])); j.put('a', {'text': '\\ud800é'}); j.put('b', {'text': 'y'});"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parent.parent, check=False)
    assert done.returncode == -9
    path.write_bytes(path.read_bytes()[:-4])
    journal = Journal(path)
    assert journal.get("a") == {"text": "\ud800é"} and journal.get("b") is None
    journal.put("b", {"text": "z"})
    journal.close()
    assert len(Journal(path)) == 2
    os.truncate(path, 0)
    assert len(Journal(path)) == 0


def test_journal_with_a_strange_line_is_refused_with_its_number(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"key": "a", "answer": {}}\n{"key": "b"}\n')
    with pytest.raises(InputError) as caught:
        Journal(path)
    assert caught.value.line == 2
