"""The jobs of a suite: one for each run, model, config and language, checked before any of them begins."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cascadener_models.resolution import find_adapter
from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.machine import describe_machine
from dynamicner_dataset.schema import VERSIONS
from eval.gold import Gold, data_hash
from eval.methods.asking import digest
from eval.methods.base import Method, Task, task_of
from eval.methods.cascade import Cascade
from eval.methods.data import chosen_gold, of_file, packaged
from eval.methods.doors import Doors
from eval.methods.gliner_peer import Gliner
from eval.methods.gpt_ner import GptNer
from eval.methods.pool import Pools, sentence_embedder, stratified
from eval.methods.prompt_ner import PromptNer
from eval.methods.suite import FileSpec, ModelSpec, RunSpec, Suite
from eval.methods.supervised import Supervised, refuse_lists

#: Packages whose versions are noted.
PACKAGES = ("dynamicner", "torch", "transformers", "peft", "openai", "sentence-transformers", "gliner")
#: Files of models up to this size are told apart by their bytes, larger ones by their size.
MOST_HASHED = 64 * 2**20


@dataclass(frozen=True)
class Job:
    """One method with one model on one config in one language."""

    run: RunSpec
    model_name: str
    model: ModelSpec
    config: str
    file: FileSpec | None = None

    @property
    def name(self) -> str:
        """What ``--only`` chooses by, and where its predictions are: ``RUN/MODEL/CONFIG``."""
        return f"{self.run.name}/{self.model_name}/{self.config}"

    @property
    def data(self) -> dict[str, Any]:
        """Which sentences are predicted, in the keys of ``settings.json``."""
        path = self.file.path if self.file else None
        return {"config": self.config, "file": path, "split": self.run.split, "sentences": self.run.sentences}

    @cached_property
    def gold(self) -> list[Gold]:
        """The sentences to be predicted."""
        return chosen_gold(self.data)

    @cached_property
    def tasks(self) -> list[Task]:
        """What the method sees of them."""
        spans = getattr(self.run.checked, "spans", "found") == "gold"
        return [task_of(one, spans=spans) for one in self.gold]

    @cached_property
    def train(self) -> list[Gold]:
        """The sentences that demonstrations are taken from; none for methods without such."""
        if self.run.method != "gpt-ner" or not self.run.checked.uses_pool:
            return []
        if self.file is None:
            every: Sequence[Gold] = packaged(self.config, "train")
        elif self.file.train is None:
            raise InputError(f"job {self.name}: file {self.config!r} names no train file to take demonstrations from")
        else:
            every = of_file(Path(self.file.train))
        return stratified(every, self.run.checked.train_sentences, self.run.seed)

    def settings(self) -> dict[str, Any]:
        """Return what goes into ``settings.json``."""
        options = self.run.checked
        versions = installed()
        machine = describe_machine(())
        machine.pop("versions")
        return {
            "run": self.run.name,
            "method": self.run.method,
            "model": self.model_name,
            "model_settings": model_settings(self.model),
            **self.data,
            "data_sha256": data_hash(self.gold),
            "train_sha256": data_hash(self.train) if self.train else None,
            "options": options.settings() if hasattr(options, "settings") else options.model_dump(),
            "seed": self.run.seed,
            "versions": versions,
            "machine": machine,
            "command": "python -m eval " + shlex.join(sys.argv[1:]),
        }

    def method(self, doors: Doors) -> Method:
        """Return the method, ready to predict.

        Raises:
            InputError: If the model, the server or a package cannot be used.
        """
        options, seed = self.run.checked, self.run.seed
        if self.run.method == "cascadener":
            return Cascade(doors.cascade(self.model, context_free=options.context_free), options, seed)
        if self.run.method == "gpt-ner":
            embed = sentence_embedder(options.embedder) if options.uses_embeddings else None
            pools = Pools(self.sentences_of, embed)
            return GptNer(doors.completer(self.model), pools, options, seed)
        if self.run.method == "prompt-ner":
            return PromptNer(doors.completer(self.model), options)
        if self.run.method == "supervised":
            refuse_lists(self.tasks)
            return Supervised(doors.tagger(self.model))
        return Gliner(doors.gliner(self.model), options)

    def sentences_of(self, lang: str) -> list[Gold]:
        """Return the training sentences of a language."""
        return [one for one in self.train if one.lang == lang]


def jobs_of(suite: Suite) -> Iterator[Job]:
    """Yield the jobs of a suite, those that share a model next to one another."""
    for run in suite.runs:
        for model in run.models:
            for config in run.configs:
                if config in VERSIONS:
                    for lang in run.langs:
                        yield Job(run, model, suite.models[model], f"{config}-{lang}")
                else:
                    yield Job(run, model, suite.models[model], config, suite.files[config])


def chosen_jobs(suite: Suite, only: Sequence[str]) -> list[Job]:
    """Return the jobs whose name, or the part of it before a slash, matches one of the patterns; all without patterns.

    Raises:
        InputError: If a pattern matches none.
    """
    jobs = list(jobs_of(suite))
    for pattern in only:
        if not any(matches(job, pattern) for job in jobs):
            known = nearest(pattern, [part for job in jobs for part in (job.run.name, job.name)])
            raise InputError(f"--only {pattern!r} matches no job{known or f'; the first is called {jobs[0].name}'}")
    return [job for job in jobs if not only or any(matches(job, pattern) for pattern in only)]


def matches(job: Job, pattern: str) -> bool:
    """Say whether a pattern (``*`` stands for anything) means a job: its name, its run, its model or its config."""
    parts = (job.name, job.run.name, job.model_name, job.config)
    return any(fnmatchcase(part, pattern) for part in parts)


def model_settings(spec: ModelSpec) -> dict[str, Any]:
    """Return what is set of a model, and a digest of the files of its folders: one trained anew is another."""
    shown = spec.model_dump(exclude_defaults=True)
    folders = [name for name in (spec.base_model, spec.extractor, spec.classifier) if name and Path(name).is_dir()]
    if spec.server is None and spec.base_model is None:
        bundled = [find_adapter(None, stage) for stage in ("extractor", "classifier") if getattr(spec, stage) is None]
        folders += [str(found.folder) for found in bundled if found]
    if spec.server is None and folders:
        shown["files"] = digest([fingerprint(Path(folder)) for folder in folders])
    return shown


def fingerprint(folder: Path) -> list[list[str | int]]:
    """Return name, size and, up to :data:`MOST_HASHED` bytes, a digest of each file of a model's folder."""
    found: list[list[str | int]] = []
    for path in sorted(one for one in folder.iterdir() if one.is_file()):
        size = path.stat().st_size
        found.append([path.name, size, digest(path.read_bytes().hex()) if size <= MOST_HASHED else ""])
    return found


def installed() -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
