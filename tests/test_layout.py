"""The traps of our folder names: ``build/`` is source code here, and ``train``, ``eval`` and ``cards`` are programs."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from build.__main__ import app

ROOT = Path(__file__).parent.parent
PACKAGES = {"dynamicner_dataset", "cascadener_models"}
#: Folders whose names stand for files of the checkout in our documents.
FOLDERS = (".ci", "build", "cards", "cascadener_models", "docs", "dynamicner_dataset", "eval", "tests", "train")
DOCUMENTS = sorted({"README.md", "CONTRIBUTING.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))})
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
PATH = re.compile(
    rf"(?<![\w./-])(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]*|(?<![\w./-])[\w-]+\.(?:md|toml|cff|lock)\b"
)


def run(*command, **options):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


def source_files(folder):
    return {p.relative_to(ROOT).as_posix() for p in (ROOT / folder).rglob("*") if p.is_file() and is_source(p)}


def is_source(path):
    return "__pycache__" not in path.parts and path.suffix != ".pyc"


def config():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_git_ignores_no_file_of_build():
    files = source_files("build")
    assert "build/__main__.py" in files
    done = run("git", "check-ignore", "--no-index", "--stdin", input="\n".join(files))
    assert (done.returncode, done.stdout) == (1, ""), done.stdout + done.stderr  # 1: none is ignored


@pytest.mark.parametrize("folder", ["build", "dynamicner_dataset", "cascadener_models", "tests"])
def test_ruff_lints_every_file(folder):
    done = run(sys.executable, "-m", "ruff", "check", "--show-files", ".")
    shown = {Path(line).relative_to(ROOT).as_posix() for line in done.stdout.splitlines()}
    assert {name for name in source_files(folder) if name.endswith(".py")} <= shown


@pytest.mark.slow
def test_pytest_collects_the_doctests_of_build():
    assert "build" not in config()["tool"]["pytest"]["ini_options"]["norecursedirs"]
    done = run(sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "--ignore=tests")
    collected = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    wanted = {name for name in source_files("build") if re.search(r"^ *>>> ", (ROOT / name).read_text("utf-8"), re.M)}
    assert wanted
    assert wanted <= collected, done.stdout


def makefile():
    """Return the Makefile's targets that are words, and those declared phony."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):(?!=)", text, re.M)
    phony = re.findall(r"^\.PHONY:(.*)$", text.replace("\\\n", " "), re.M)
    return targets, " ".join(phony).split()


def test_every_make_target_is_phony_and_listed_by_help():
    targets, phony = makefile()
    assert "dataset" in targets
    assert sorted(targets) == sorted(phony)
    listed = [line.split()[0] for line in run("make", "--no-print-directory", "help").stdout.splitlines()]
    assert sorted(listed) == sorted(targets)


def test_ci_runs_make_test():
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.M)


def test_python_m_build_is_ours():
    done = run(sys.executable, "-m", "build", "--help")
    assert done.returncode == 0, done.stderr
    assert "DynamicNER" in done.stdout


HEAVY = ("torch", "transformers", "sentence_transformers", "sklearn", "tensorflow", "jax")


@pytest.mark.parametrize(
    "module", ["dynamicner_dataset", "build.importer", "build.__main__", "build.hub", "cascadener_models.command.app"]
)
def test_import_pulls_in_no_model_library(module):
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = run(sys.executable, "-c", code)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Return the names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    if "hatchling" in done.stderr and "No matching distribution" in done.stderr:
        pytest.skip("hatchling cannot be installed here, so no wheel can be built")
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


@pytest.mark.slow
def test_wheel_holds_the_two_packages_and_nothing_else(wheel):
    top = {name.partition("/")[0] for name in wheel}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES
    assert len(top) == len(PACKAGES) + 1


@pytest.mark.slow
def test_wheel_holds_all_files_of_the_packages_and_both_licences(wheel):
    wanted = set().union(*(source_files(package) for package in PACKAGES))
    assert "dynamicner_dataset/corpus/en.tsv" in wanted
    assert {name for name in wheel if ".dist-info/" not in name} == wanted
    assert {Path(name).name for name in wheel if "/licenses/" in name} == {"LICENSE", "LICENSE-CORPUS"}


def code_of(document):
    """Return the code of a document, between backticks."""
    path = ROOT / document
    assert path.exists(), f"{document} is missing"
    return "\n".join(CODE.findall(path.read_text(encoding="utf-8")))


def exists(path):
    """Say whether a path of a document exists, a bare file name in any folder; LANG stands for a language."""
    pattern = path.rstrip("/.").replace("LANG", "en")
    if "/" in path:
        return any(ROOT.glob(pattern))
    return (ROOT / pattern).exists() or any(any((ROOT / folder).rglob(pattern)) for folder in FOLDERS)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_in_documents_exist(document):
    paths = set(PATH.findall(code_of(document)))
    assert not [path for path in sorted(paths) if not exists(path)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_in_documents_lead_to_files(document):
    text = CODE.sub("", (ROOT / document).read_text(encoding="utf-8"))
    targets = [target for target in LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]
    assert not [target for target in targets if not ((ROOT / document).parent / target).exists()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_in_documents_exist(document):
    named = re.findall(r"(?:^|[`$;&] ?)make ([a-z][a-z-]*)", code_of(document), re.M)
    assert set(named) <= set(makefile()[0])


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_in_documents_exist(document):
    commands = {command.name for command in app.registered_commands}
    assert set(re.findall(r"python -m build ([a-z][a-z-]*)", code_of(document))) <= commands
    modules = set(re.findall(r"python -m ((?:build|tests|train|eval|cards)[\w.]*)", code_of(document)))
    places = [ROOT / module.replace(".", "/") for module in modules]
    assert all(place.with_suffix(".py").exists() or (place / "__main__.py").exists() for place in places), modules


@pytest.mark.parametrize("text", ["build/nowhere.py", "docs/nowhere/", "tests/compat/*.nothing", "NOWHERE.md"])
def test_a_path_that_is_missing_is_noticed(text):
    (path,) = PATH.findall(f"`{text}`")
    assert not exists(path)
