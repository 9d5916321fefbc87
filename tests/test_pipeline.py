"""From corpus files to the dataset folder: whole, loadable, the same bytes each time, or one line and exit code 2."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
import yaml

import build.pipeline as pipeline
from build.__main__ import app
from build.parquet import read_rows
from dynamicner_dataset.command_line import clear_errors
from dynamicner_dataset.corpus import SPLITS, corpus_folder
from dynamicner_dataset.dynamic import undo
from dynamicner_dataset.formats import inline, jsonl
from dynamicner_dataset.rows import base_row, sentence_from_row
from dynamicner_dataset.schema import features
from tests.strategies import TREE

ROOT = Path(__file__).parents[1]
LANGS = ("en", "ja")
SIZE = 30
CONFIGS = ["base-en", "base-ja", "dynamic-en", "dynamic-ja"]


def run(*args: object) -> tuple[int, str, str]:
    """Run a command as ``python -m build`` does, in this process; return exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as caught:  # noqa: SIM117
        with clear_errors():
            app([str(arg) for arg in args], prog_name="build")
    return caught.value.code or 0, out.getvalue(), err.getvalue()


def succeed(*args: object) -> str:
    code, out, err = run(*args)
    assert (code, err) == (0, "")
    return out


def refuse(*args: object) -> str:
    """Return the one line with which a command refuses bad input."""
    code, _, err = run(*args)
    assert code == 2, err
    assert err.startswith("error: ") and err.count("\n") == 1 and err.endswith("\n")
    return err.strip()


def head(lang: str, count: int = SIZE) -> list[str]:
    with (corpus_folder() / f"{lang}.tsv").open(encoding="utf-8") as file:
        return [next(file) for _ in range(count)]


def put_corpus(folder: Path, **lines: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for lang, content in (lines or {lang: head(lang) for lang in LANGS}).items():
        (folder / f"{lang}.tsv").write_text("".join(content), encoding="utf-8")
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    """The dataset folder of the small corpus, built in this process."""
    out = tmp_path_factory.mktemp("made") / "dist" / "dynamicner"
    printed = succeed("dataset", "--corpus", corpus, "--out", out, "--num-proc", 1)
    (out.parent.parent / "printed.txt").write_text(printed)
    return out


# What is built


def test_folder_holds_every_config_and_what_the_hub_wants_and_nothing_is_left_beside_it(made):
    files = {f"{c}/{split}-00000-of-00001.parquet" for c in CONFIGS for split in SPLITS}
    assert set(digests(made)) == files | {"README.md", "statistics.json", "taxonomy.yaml", "release.json"}
    assert [path.name for path in made.parent.iterdir()] == ["dynamicner"]
    assert not list(made.rglob("*.py"))


def test_rows_are_those_of_the_corpus_in_its_order(made, corpus):
    for lang in LANGS:
        sentences = {s.id: s for s in inline.read(corpus / f"{lang}.tsv", lang)}
        ids = []
        for split in SPLITS:
            rows = list(read_rows(made / f"base-{lang}", split))
            assert rows == [base_row(sentences[row["id"]], TREE) for row in rows]
            assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
            assert [row["id"] for row in read_rows(made / f"dynamic-{lang}", split)] == [row["id"] for row in rows]
            ids += [row["id"] for row in rows]
        assert sorted(ids) == sorted(sentences)


def test_dynamic_rows_are_undone_to_the_base(made):
    for lang in LANGS:
        for split in SPLITS:
            base = {row["id"]: row for row in read_rows(made / f"base-{lang}", split)}
            for row in read_rows(made / f"dynamic-{lang}", split):
                assert all(entity["label"] in row["types"] for entity in row["entities"])
                labels = [entity["label"] for entity in undo(row, TREE)["entities"]]
                assert labels == [entity["fine"] for entity in base[row["id"]]["entities"]]
                assert sentence_from_row(row).mentions == sentence_from_row(base[row["id"]]).mentions


def front_matter(folder: Path) -> dict:
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def test_front_matter_of_the_readme_has_the_numbers_of_the_files(made):
    front = front_matter(made)
    assert front["language"] == list(LANGS) and front["license"] == "cc-by-4.0"
    assert front["size_categories"] == ["n<1K"]
    infos = {info["config_name"]: info for info in front["dataset_info"]}
    names = [config["config_name"] for config in front["configs"]]
    assert sorted(names) == sorted([*CONFIGS, "base-all", "dynamic-all"]) and set(infos) == set(names)
    (default,) = (config["config_name"] for config in front["configs"] if config.get("default"))
    assert default.startswith("dynamic-")
    for config in front["configs"]:
        info = infos[config["config_name"]]
        listed = {entry["split"]: entry["path"] for entry in config["data_files"]}
        assert list(listed) == [split["name"] for split in info["splits"]] == list(SPLITS)
        size = 0
        for split in info["splits"]:
            globs = listed[split["name"]]
            files = [p for glob in ([globs] if isinstance(globs, str) else globs) for p in made.glob(glob)]
            assert len(files) == (2 if config["config_name"].endswith("-all") else 1)
            assert split["num_examples"] == sum(pq.read_metadata(path).num_rows for path in files)
            size += sum(path.stat().st_size for path in files)
        assert info["download_size"] == size
        assert info["dataset_size"] == sum(split["num_bytes"] for split in info["splits"])


def test_statistics_and_table_count_what_is_in_the_files(made):
    statistics = json.loads((made / "statistics.json").read_text(encoding="utf-8"))
    readme = (made / "README.md").read_text(encoding="utf-8")
    totals = [0, 0, 0]
    for lang in LANGS:
        base = [row for split in SPLITS for row in read_rows(made / f"base-{lang}", split)]
        dynamic = [row for split in SPLITS for row in read_rows(made / f"dynamic-{lang}", split)]
        counts = [len(base), sum(len(row["tokens"]) for row in base), sum(len(row["entities"]) for row in base)]
        totals = [one + other for one, other in zip(totals, counts, strict=True)]
        entry = statistics[lang]
        assert [sum(entry["sentences"].values()), entry["tokens"], entry["mentions"]] == counts
        assert entry["type_lists"] == len({tuple(row["types"]) for row in dynamic})
        assert sum(entry["labels"].values()) == sum(entry["shown"].values()) == counts[2]
        assert f"| {lang} | {counts[0]:,} | {counts[1]:,} | {counts[2]:,} | {len(entry['fine'])} |" in readme
    assert f"| all | {totals[0]:,} | {totals[1]:,} | {totals[2]:,} |" in readme
    assert "not the human-annotated Wikipedia" not in readme  # these are said to be own sentences


@pytest.mark.parametrize("config", [*CONFIGS, "dynamic-all"])
def test_folder_is_loaded_by_datasets(made, tmp_path, config):
    found = datasets.load_dataset(str(made), config, cache_dir=str(tmp_path))
    langs = LANGS if config.endswith("-all") else [config[-2:]]
    assert list(found) == list(SPLITS)
    for split in SPLITS:
        wanted = [row for lang in langs for row in read_rows(made / f"{config.split('-')[0]}-{lang}", split)]
        assert found[split].to_list() == wanted
    assert found["train"].features == features(config.split("-")[0], TREE)


@pytest.mark.slow
def test_printed_example_runs_with_nothing_of_ours_imported(made, tmp_path):
    printed = (made.parent.parent / "printed.txt").read_text()
    example = next(line for line in printed.splitlines() if "cd " in line)
    assert "load_dataset" in example
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HF_HOME": str(tmp_path)}
    found = subprocess.run(
        ["bash", "-c", example + "\n"], env=environment | {"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    assert "'types': [" in found.stdout and "'edits': [" in found.stdout


# The same bytes


def test_two_processes_in_another_program_replay_the_release_of_a_folder_to_the_same_bytes(made, corpus, tmp_path):
    command = [sys.executable, "-m", "build", "dataset", "--corpus", corpus, "--out", tmp_path / "dynamicner"]
    command += ["--release", made / "release.json"]
    environment = os.environ | {"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    result = subprocess.run([*command, "--num-proc", "2"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert "sentences" in result.stdout and "load_dataset" in result.stdout
    assert digests(tmp_path / "dynamicner") == digests(made)


def test_base_and_then_dynamic_into_the_same_folder_is_the_dataset(made, corpus, tmp_path):
    out = tmp_path / "dynamicner"
    succeed("base", "--corpus", corpus, "--out", out)
    assert [path.name for path in sorted(out.iterdir()) if path.is_dir()] == ["base-en", "base-ja"]
    assert [config["config_name"] for config in front_matter(out)["configs"]] == ["base-en", "base-ja", "base-all"]
    assert "dynamic-" not in json.dumps(front_matter(out)["configs"]) and not (out / "release.json").exists()
    succeed("dynamic", "--base", out, "--out", out)
    assert digests(out) == digests(made)


def test_dynamic_of_another_folder_leaves_the_base_alone_and_another_seed_gives_other_lists(made, tmp_path):
    before = digests(made)
    succeed("dynamic", "--base", made, "--out", tmp_path / "a", "--seed", 5)
    assert digests(made) == before
    found = digests(tmp_path / "a")
    changed = {name.split("/")[0] for name in found if name.endswith(".parquet") and found[name] != before[name]}
    assert changed == {"dynamic-en", "dynamic-ja"}


def test_sentence_left_out_changes_no_other_sentences_version(made, tmp_path):
    fewer = put_corpus(tmp_path / "corpus", en=[*head("en")[:4], *head("en")[7:]])
    succeed("dataset", "--corpus", fewer, "--out", tmp_path / "out", "--release", made / "release.json")
    before = {row["id"]: row for split in SPLITS for row in read_rows(made / "dynamic-en", split)}
    after = {row["id"]: row for split in SPLITS for row in read_rows(tmp_path / "out" / "dynamic-en", split)}
    assert len(after) == SIZE - 3
    assert all(before[key] == row for key, row in after.items())


@pytest.mark.parametrize("count", [1, 3])
def test_corpus_of_a_few_sentences_loads_with_the_splits_that_have_rows(tmp_path, count):
    corpus = put_corpus(tmp_path / "corpus", en=head("en", count))
    succeed("dataset", "--corpus", corpus, "--out", tmp_path / "out")
    found = datasets.load_dataset(str(tmp_path / "out"), "dynamic-en", cache_dir=str(tmp_path / "cache"))
    assert set(found) <= set(SPLITS) and all(len(found[split]) for split in found)
    assert sum(len(found[split]) for split in found) == count


def test_jsonl_corpus_gives_the_rows_of_the_same_tsv_corpus(made, corpus, tmp_path):
    (tmp_path / "corpus").mkdir()
    for lang in LANGS:
        lines = jsonl.write(inline.read(corpus / f"{lang}.tsv", lang))
        (tmp_path / "corpus" / f"{lang}.jsonl").write_text("".join(lines), encoding="utf-8")
    succeed("dataset", "--corpus", tmp_path / "corpus", "--out", tmp_path / "out")
    parquet = {name: digest for name, digest in digests(made).items() if name.endswith(".parquet")}
    assert parquet.items() <= digests(tmp_path / "out").items()


# Bad input: one line, exit code 2, nothing written


def bad_line(marked: str) -> list[str]:
    return [*head("en", 2), f"en-9999\tscience\tcolloquial\t{marked}\n", *head("en", 5)[3:]]


def bad_row(**changes: object) -> bytes:
    entity = {"start": 5, "end": 9, "text": "Rome", "fine": "city"}
    row = {"id": "en-0001", "lang": "en", "text": "né à Rome 🐱", "entities": [entity]} | changes
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()


def bad_entity(start: int, end: int, text: str = "Rome", fine: str = "city") -> bytes:
    return bad_row(entities=[{"start": start, "end": end, "text": text, "fine": fine}])


EN = "".join(head("en", 3)).encode()
#: name -> (files of the corpus folder, message)
BAD_CORPORA: dict[str, tuple[dict[str, bytes], str]] = {
    "unknown type": ({"en.tsv": "".join(bad_line("[Rome|citty]")).encode()}, "en.tsv:3:34: unknown type 'citty'; did"),
    "nested": ({"en.tsv": "".join(bad_line("[a [b|city]|city]")).encode()}, "en.tsv:3:31: a mention opens inside"),
    "tab": ({"en.tsv": "".join(bad_line("a\tb")).encode()}, "en.tsv:3: 5 fields"),
    "id twice": ({"en.tsv": EN + EN}, "en.tsv:4:1: id 'en-0001' is used twice"),
    "second language": ({"en.tsv": EN, "ja.tsv": b"x\n"}, "ja.tsv:1: 1 fields"),
    "not UTF-8": ({"en.tsv": EN + b"\xff\n"}, "en.tsv:4:1: byte 0xff"),
    "byte order mark": ({"en.tsv": b"\xef\xbb\xbf" + EN}, "en.tsv:1: starts with a byte order mark"),
    "CR LF": ({"en.tsv": EN.replace(b"\n", b"\r\n")}, "en.tsv:1: line ends with CR LF"),
    "empty file": ({"en.tsv": b""}, "en.tsv: is empty"),
    "long line": ({"en.tsv": EN + b"x" * 10_000_000}, "en.tsv:4: line is longer"),
    "cut": ({"en.tsv": EN[:-30]}, "en.tsv:3"),
    "unknown language": ({"en.tsv": EN, "xx.tsv": EN}, "xx.tsv: unknown language 'xx'"),
    "language in capitals": ({"EN.tsv": EN}, "EN.tsv: unknown language 'EN'"),
    "two files of one language": ({"en.tsv": EN, "en.jsonl": bad_row()}, "language en has two files"),
    "no corpus file": ({"en.txt": EN}, "has no corpus file; LANG.tsv or LANG.jsonl is wanted"),
    "offsets in bytes": ({"en.jsonl": bad_entity(7, 11)}, "en.jsonl:1: .*these fit in UTF-8 bytes"),
    "offsets in UTF-16": (
        {"en.jsonl": bad_row(text="🐱 Rome", entities=[{"start": 3, "end": 7, "text": "Rome", "fine": "city"}])},
        "en.jsonl:1: .*these fit in UTF-16 code units",
    ),
    "mention out of range": ({"en.jsonl": bad_entity(50, 54)}, r"en.jsonl:1: .*50:54 \(out of range\)"),
    "unknown type in jsonl": ({"en.jsonl": bad_entity(5, 9, fine="citty")}, "en.jsonl:1: .*unknown type 'citty'"),
    "coarse type in jsonl": ({"en.jsonl": bad_entity(5, 9, fine="location")}, "en.jsonl:1: .*unknown type 'location'"),
    "wrong language in jsonl": ({"en.jsonl": bad_row(lang="fr")}, "en.jsonl:1: .*'fr'.*"),
    "unknown language in jsonl": ({"en.jsonl": bad_row(lang="xx")}, "en.jsonl:1: .*'xx'.*"),
}


@pytest.mark.parametrize(("files", "message"), BAD_CORPORA.values(), ids=BAD_CORPORA)
def test_bad_corpus_is_refused_in_one_line_and_nothing_is_written(tmp_path, files, message):
    import re

    (tmp_path / "corpus").mkdir()
    for name, content in files.items():
        (tmp_path / "corpus" / name).write_bytes(content)
    before = tree(tmp_path)
    for command in ("dataset", "base"):
        found = refuse(command, "--corpus", tmp_path / "corpus", "--out", tmp_path / "out" / "dynamicner")
        assert re.search(message, found), found
        assert [name for name in tree(tmp_path) if name not in before and (tmp_path / name).is_file()] == []
        assert not (tmp_path / "out" / "dynamicner").exists()


def test_refused_corpus_leaves_no_empty_folder_behind(tmp_path):
    corpus = put_corpus(tmp_path / "corpus", en=bad_line("[Rome|citty]"))
    before = tree(tmp_path)
    refuse("base", "--corpus", corpus, "--out", tmp_path / "dynamicner")
    assert tree(tmp_path) == before


def test_real_program_prints_one_line_on_stderr_and_exits_with_2(tmp_path):
    corpus = put_corpus(tmp_path / "corpus", en=bad_line("[Rome|citty]"))
    command = [sys.executable, "-m", "build", "dataset", "--corpus", corpus, "--out", tmp_path / "dynamicner"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {corpus}/en.tsv:3:34: unknown type 'citty'; did you mean: city")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("missing", ["none", "file.txt"])
def test_missing_corpus_folder_is_refused(tmp_path, missing):
    (tmp_path / "file.txt").write_text("x")
    assert "has no corpus file" in refuse("dataset", "--corpus", tmp_path / missing, "--out", tmp_path / "out")


def test_folder_with_other_things_is_not_overwritten(corpus, tmp_path):
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter1.txt").write_text("years of work")
    for command in (["dataset", "--corpus", corpus], ["base", "--corpus", corpus]):
        assert "holds something else than a built dataset" in refuse(*command, "--out", foreign)
    assert tree(tmp_path) == ["thesis", "thesis/chapter1.txt"]


def test_corpus_folder_itself_is_not_overwritten(tmp_path):
    corpus = put_corpus(tmp_path / "corpus", en=head("en", 3))
    assert "holds something else" in refuse("dataset", "--corpus", corpus, "--out", corpus)
    assert tree(tmp_path) == ["corpus", "corpus/en.tsv"]


def test_folder_of_something_else_with_a_statistics_file_is_not_overwritten(corpus, tmp_path):
    foreign = tmp_path / "survey"
    foreign.mkdir()
    for name in ("statistics.json", "answers.csv"):
        (foreign / name).write_text("{}")
    assert "holds something else" in refuse("dataset", "--corpus", corpus, "--out", foreign)
    assert tree(tmp_path) == ["survey", "survey/answers.csv", "survey/statistics.json"]


def test_file_in_the_place_of_the_folder_is_refused_and_an_empty_folder_is_used(corpus, tmp_path):
    (tmp_path / "file").write_text("x")
    assert "is a file; the dataset needs a folder" in refuse("dataset", "--corpus", corpus, "--out", tmp_path / "file")
    (tmp_path / "empty").mkdir()
    succeed("base", "--corpus", corpus, "--out", tmp_path / "empty")
    assert (tmp_path / "empty" / "README.md").exists()


def test_base_that_is_none_and_release_that_is_none_are_refused(made, corpus, tmp_path):
    out = ["--out", tmp_path / "out"]
    assert "has no folder base-LANG" in refuse("dynamic", "--base", corpus, *out)
    assert "cannot be read" in refuse("dataset", "--corpus", corpus, *out, "--release", tmp_path / "none.json")
    data = json.loads((made / "release.json").read_text())
    del data["languages"]["ja"]
    (tmp_path / "release.json").write_text(json.dumps(data))
    found = refuse("dataset", "--corpus", corpus, *out, "--release", tmp_path / "release.json")
    assert "release.json: has no strengths for ja" in found
    assert "cannot be given one with --release" in refuse(
        "dynamic", "--base", made, *out, "--search", "--release", tmp_path / "release.json"
    )
    assert tree(tmp_path) == ["release.json"]


def test_parquet_file_that_is_none_is_refused(made, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(made, base)
    (base / "base-en" / "test-00000-of-00001.parquet").write_bytes(b"PAR1 cut in the middle")
    found = refuse("dynamic", "--base", base, "--out", tmp_path / "out")
    assert "test-00000-of-00001.parquet" in found
    assert not (tmp_path / "out").exists()


def test_check_names_faults_and_exits_with_2(tmp_path):
    corpus = put_corpus(tmp_path / "corpus", en=[*head("en", 3), "en-0001x\tscience\tcolloquial\tAda  met.\n"])
    code, out, err = run("check", corpus / "en.tsv", "--floor", 0)
    assert code == 2 and err.count("\n") == 1 and "2 rules broken" in err
    out = " ".join(out.split())
    assert "id 'en-0001x' is malformed" in out and "outer or doubled spaces" in out
    assert "mentions, 0 faults" in " ".join(succeed("check", corpus_folder() / "ko.tsv").split())


# Disk full and interrupts


def test_full_disk_is_one_line_and_leaves_nothing(corpus, tmp_path, monkeypatch):
    real = pq.ParquetWriter.write_table
    calls = []

    def write_table(self: pq.ParquetWriter, *args: object, **options: object) -> None:
        calls.append(self)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device", "somewhere.parquet")
        real(self, *args, **options)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", write_table)
    out = tmp_path / "dist" / "dynamicner"
    found = refuse("dataset", "--corpus", corpus, "--out", out, "--num-proc", 1)
    assert found == "error: somewhere.parquet: No space left on device; free some space and run again"
    assert len(calls) == 3 and [name for name in tree(tmp_path) if (tmp_path / name).is_file()] == []


def test_full_disk_while_the_card_is_written_leaves_the_old_folder(corpus, tmp_path, monkeypatch):
    import build.hub as hub

    out = tmp_path / "dynamicner"
    succeed("base", "--corpus", corpus, "--out", out)
    before = digests(out)

    def dump(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub.yaml, "safe_dump", dump)
    found = refuse("dataset", "--corpus", corpus, "--out", out, "--num-proc", 1)
    assert found == "error: No space left on device; free some space and run again"
    assert digests(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".dynamicner.parts", "dynamicner"]


def can_mount() -> bool:
    try:
        command = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(command, capture_output=True, timeout=5).returncode == 0
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="mounting a small disk is not allowed here")
def test_really_full_disk_is_one_line_and_leaves_no_half_written_file(corpus, tmp_path):
    script = 'mount -t tmpfs -o size=150k none "$0" && "$@"; code=$?; find "$0" -type f; exit $code'
    build = [sys.executable, "-m", "build", "dataset", "--corpus", corpus, "--out", tmp_path / "dist" / "dynamicner"]
    (tmp_path / "dist").mkdir()
    command = ["unshare", "-m", "bash", "-c", script, tmp_path / "dist", *build, "--num-proc", "1"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    assert "free some space and run again" in result.stderr
    left = result.stdout.split()
    assert all("/.dynamicner.parts/en-" in name for name in left)  # a finished language, if any
    assert not left or any(name.endswith("stats.json") for name in left)


#: Starts the program with a second language that never comes to its end.
STALLING = """
import os, signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background
import build.pipeline as pipeline
real = pipeline.write_language
def stall(lang, read, folder, *rest):
    if lang != "ja":
        return real(lang, read, folder, *rest)
    (folder / "half.parquet").write_text("half")
    stage, flag = Path(sys.argv[1]), Path(sys.argv[2])
    end = time.monotonic() + 30
    while not list(stage.glob("en-*")) and time.monotonic() < end:
        time.sleep(0.02)
    flag.write_text("here")
    if sys.argv[3] == "die":
        os.kill(os.getpid(), 9)
    time.sleep(30)
pipeline.write_language = stall
from build.__main__ import app
from dynamicner_dataset.command_line import clear_errors
with clear_errors():
    app(sys.argv[4:])
"""


def stalled(corpus: Path, folder: Path, processes: int, how: str, cut: Callable[[subprocess.Popen], None]) -> tuple:
    """Build until the second language is half written, cut it, and return exit code and stderr."""
    out = folder / "dist" / "dynamicner"
    flag = folder / "flag"
    command = [sys.executable, "-c", STALLING, out.parent / ".dynamicner.parts", flag, how, "dataset"]
    command += ["--corpus", corpus, "--out", out, "--num-proc", str(processes)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    end = time.monotonic() + 60
    while not flag.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.1)
    cut(process)
    try:
        _, err = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, err


def check_goes_on(corpus: Path, folder: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that nothing half-written is left, and that the next run makes only what is missing."""
    out = folder / "dist" / "dynamicner"
    assert not out.exists()
    parts = [path for path in (folder / "dist" / ".dynamicner.parts").iterdir() if not path.name.startswith(".")]
    assert [path.name[:3] for path in parts] == ["en-"] and (parts[0] / "stats.json").exists()
    real, written = pipeline.write_language, []

    def record(lang: str, *rest: object) -> object:
        written.append(lang)
        return real(lang, *rest)

    monkeypatch.setattr(pipeline, "write_language", record)
    succeed("dataset", "--corpus", corpus, "--out", out, "--num-proc", 1)
    assert written == ["ja"]
    assert digests(out) == digests(made)
    assert [path.name for path in out.parent.iterdir()] == ["dynamicner"]


@pytest.fixture(scope="module")
def interrupted(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    folder = tmp_path_factory.mktemp("interrupted")
    return folder, *stalled(corpus, folder, 1, "wait", lambda process: process.send_signal(signal.SIGINT))


def test_interrupt_is_one_line_and_exit_code_2(interrupted):
    _, code, err = interrupted
    assert err == "error: interrupted; nothing was written but finished parts, which the next run reuses\n"
    assert code == 2


def test_interrupted_build_leaves_nothing_half_written_and_goes_on(interrupted, corpus, made, monkeypatch):
    folder = interrupted[0]
    assert not list(folder.rglob("*.tmp")) and not list(folder.rglob("half.parquet"))
    check_goes_on(corpus, folder, made, monkeypatch)


@pytest.fixture(scope="module")
def interrupted_group(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """Ctrl-C in a terminal reaches the program and all its workers."""
    folder = tmp_path_factory.mktemp("group")
    return folder, *stalled(corpus, folder, 2, "wait", lambda process: os.killpg(process.pid, signal.SIGINT))


@pytest.mark.slow
def test_interrupt_of_all_processes_is_one_line_and_exit_code_2(interrupted_group):
    _, code, err = interrupted_group
    assert err == "error: interrupted; nothing was written but finished parts, which the next run reuses\n"
    assert code == 2


@pytest.mark.slow
def test_interrupt_of_all_processes_leaves_nothing_half_written_and_the_build_goes_on(
    interrupted_group, corpus, made, monkeypatch
):
    folder = interrupted_group[0]
    assert not list(folder.rglob("*.tmp")) and not list(folder.rglob("half.parquet"))
    check_goes_on(corpus, folder, made, monkeypatch)


@pytest.fixture(scope="module")
def killed(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """A worker that the system kills, as it does when memory runs out."""
    folder = tmp_path_factory.mktemp("killed")
    return folder, *stalled(corpus, folder, 2, "die", lambda process: None)


@pytest.mark.slow
def test_killed_worker_is_one_line_and_exit_code_2(killed):
    _, code, err = killed
    assert err.startswith("error: ") and err.count("\n") == 1
    assert code == 2


@pytest.mark.slow
def test_build_with_a_killed_worker_goes_on(killed, corpus, made, monkeypatch):
    check_goes_on(corpus, killed[0], made, monkeypatch)


def test_changed_corpus_is_not_taken_from_the_parts_of_an_older_one(corpus, tmp_path, monkeypatch):
    out = tmp_path / "dynamicner"
    monkeypatch.setattr(pipeline, "put_in_place", lambda *args: None)
    own = put_corpus(tmp_path / "corpus", en=head("en", 8))
    import build.dataset as dataset

    monkeypatch.setattr(dataset, "put_in_place", lambda *args: (_ for _ in ()).throw(OSError(errno.EIO, "torn")))
    assert refuse("base", "--corpus", own, "--out", out) == "error: torn"
    monkeypatch.undo()
    put_corpus(own, en=head("en", 9))
    succeed("base", "--corpus", own, "--out", out)
    assert sum(len(list(read_rows(out / "base-en", split))) for split in SPLITS) == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "dynamicner"]
