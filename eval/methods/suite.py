"""Suites: one YAML file names the models and the runs of a matrix of method, model, config and language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from cascadener_models.backends.chat.backend import check_settings, server_url
from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.languages import LANGUAGES, check_language
from dynamicner_dataset.schema import VERSIONS
from dynamicner_dataset.taxonomy_file import read_yaml
from eval.methods.keys import Keys, check_keys
from eval.methods.options import (
    CascadeOptions,
    GlinerOptions,
    GptNerOptions,
    PromptNerOptions,
    SupervisedOptions,
)

#: What may stand in names of models and runs, as they become names of folders.
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
#: The server of a model that OpenAI itself serves.
OPENAI = "openai"
#: The options of each method.
OPTIONS: dict[str, type[Keys]] = {
    "cascadener": CascadeOptions,
    "gpt-ner": GptNerOptions,
    "prompt-ner": PromptNerOptions,
    "supervised": SupervisedOptions,
    "gliner": GlinerOptions,
}


class ModelSpec(Keys):
    """Which model answers, and where it runs: in this process, or on a server.

    Attributes:
        base_model: A folder or Hub id; for ``supervised`` and ``gliner`` the trained model; by default Gemma 3 270M.
        extractor: An adapter (``none``: examples in the prompt); on a server, the model that extracts.
        classifier: Likewise.
        revision: Of the base model on the Hub.
        device: ``cpu``, ``cuda``; the best there is by default.
        dtype: ``float32``, ``bfloat16``, ``float16``; the fastest that is native by default.
        batch_size: Texts side by side.
        server: URL of an OpenAI-compatible server, or ``openai``; the key is in ``$OPENAI_API_KEY``, never here.
        model: The server's model for everything.
        demonstrations: Show a server's model the packaged examples of the cascade.
        logprobs: Ask a server for probabilities.
        concurrency: Requests under way at once.
        timeout: Seconds for one request.
        retries: Further attempts at a request.
        extra: Further fields of every request.
    """

    base_model: str | None = None
    extractor: str | None = None
    classifier: str | None = None
    revision: str | None = None
    device: str | None = None
    dtype: str | None = None
    batch_size: int = Field(32, ge=1)
    server: str | None = None
    model: str | None = None
    demonstrations: bool = False
    logprobs: bool = False
    concurrency: int = 8
    timeout: float = 60.0
    retries: int = 5
    extra: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> ModelSpec:
        of_server = ("model", "demonstrations", "logprobs", "concurrency", "timeout", "retries", "extra")
        of_process = ("base_model", "revision", "device", "dtype", "batch_size")
        for name in of_server if self.server is None else of_process:
            if name in self.model_fields_set:
                raise ValueError(f"{name} {'goes' if self.server is None else 'does not go'} with server")
        if self.server is not None:
            check_settings(self.concurrency, self.timeout, self.retries, None)
            _ = self.url
            if self.model is None and self.extractor is None:
                raise ValueError("a server needs model: the name under which it knows its model")
        return self

    @property
    def url(self) -> str | None:
        """The server's base URL; ``None`` for OpenAI's (or ``$OPENAI_BASE_URL``)."""
        return None if self.server in (None, OPENAI) else server_url(self.server)


class FileSpec(Keys):
    """Sentences of your own: rows of JSON Lines in the form of dynamic rows.

    Attributes:
        path: What is predicted.
        train: Where demonstrations come from; none by default.
    """

    path: str
    train: str | None = None


class RunSpec(Keys):
    """One row of the matrix.

    Attributes:
        name: Unique in the suite; also the name of a folder.
        method: One of :data:`OPTIONS`.
        models: Names of the suite's models.
        configs: Versions of the dataset (``base``, ``dynamic``) and names of the suite's files.
        langs: Languages of the versions.
        split: Of the dataset.
        sentences: Of each config and language, evenly spread over the split; 0 for all.
        seed: Of sampled extractions and of random demonstrations.
        options: Of the method.
    """

    name: str = Field(pattern=NAME)
    method: str
    models: list[str] = Field(min_length=1)
    configs: list[str] = Field(min_length=1)
    langs: list[str] = Field(default_factory=lambda: list(LANGUAGES), min_length=1)
    split: Literal["train", "validation", "test"] = "test"
    sentences: int = Field(0, ge=0)
    seed: int = Field(0, ge=0, lt=2**31)
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("langs")
    @classmethod
    def _known(cls, langs: list[str]) -> list[str]:
        return [check_language(lang) for lang in langs]

    @model_validator(mode="after")
    def _fits(self) -> RunSpec:
        if self.method not in OPTIONS:
            known = nearest(self.method, OPTIONS) or f"; known: {', '.join(OPTIONS)}"
            raise ValueError(f"unknown method {self.method!r}{known}")
        _ = self.checked
        if self.method == "supervised" and "dynamic" in self.configs:
            raise ValueError(
                "a supervised tagger has one fixed output layer, so it takes no dynamic lists: configs: [base]"
            )
        return self

    @property
    def checked(self) -> Any:
        """The options, checked."""
        return check_keys(OPTIONS[self.method], self.options, "options")


class Suite(Keys):
    """A suite; ``split``, ``sentences``, ``langs`` and ``seed`` are defaults for its runs.

    Attributes:
        title: One line.
        tables: The paper's tables that its predictions fill.
        models: By name.
        files: By name.
        runs: The matrix.
    """

    title: str = ""
    tables: list[int] = Field(default_factory=list)
    models: dict[str, ModelSpec] = Field(min_length=1)
    files: dict[str, FileSpec] = Field(default_factory=dict)
    runs: list[RunSpec] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Suite:
        names = [run.name for run in self.runs]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"two runs are called {twice[0]!r}")
        for run in self.runs:
            refuse_unknown(run.models, self.models, f"run {run.name!r}: model")
            refuse_unknown(run.configs, [*VERSIONS, *self.files], f"run {run.name!r}: config")
        return self


#: Keys of a suite that its runs take over where they have none of their own.
INHERITED = ("split", "sentences", "langs", "seed")


def refuse_unknown(names: list[str], known: Any, what: str) -> None:
    """Refuse names that are not known."""
    for name in names:
        if name not in known:
            raise ValueError(f"{what} {name!r} is unknown{nearest(name, known) or '; known: ' + ', '.join(known)}")


def read_suite(path: Path) -> Suite:
    """Read a suite.

    Raises:
        InputError: With the file, for a key that is unknown (the nearest is named), twice or missing, or a value that
            does not fit.
    """
    data = read_yaml(path)
    if not isinstance(data, Mapping):
        raise InputError("a suite is a mapping with 'models' and 'runs'", path)
    shared = {key: data[key] for key in INHERITED if key in data}
    data = {key: value for key, value in data.items() if key not in INHERITED}
    if isinstance(data.get("runs"), list):
        data["runs"] = [shared | run if isinstance(run, Mapping) else run for run in data["runs"]]
    return check_keys(Suite, data, "the suite", path)
