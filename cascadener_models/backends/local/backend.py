"""The local back end: one base model, two adapters, copy-locked extraction and closed-list classification."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch

from cascadener_models.backends.base import (
    CLASSIFIER,
    EXTRACTOR,
    STAGES,
    Answer,
    BackendError,
    Extracted,
    Extraction,
    Found,
    Question,
    Rounds,
)
from cascadener_models.backends.local.choosing import Chooser, Greedy, Sampled, Threshold, draw_key
from cascadener_models.backends.local.copy_lock import CopyLock
from cascadener_models.backends.local.copying import Copy, branch, copy_greedily, finish_branches
from cascadener_models.backends.local.loading import KNOWN, Loaded, choose_device, choose_dtype, load
from cascadener_models.backends.local.prompting import Template, Templates
from cascadener_models.backends.local.runner import Runner
from cascadener_models.backends.local.scoring import Scorer, Scoring
from cascadener_models.prompts import Demonstration, extraction_prompt
from cascadener_models.results import StageCost

#: Text for comparing a model of unknown architecture with transformers' own run.
PROBE = "Marie Curie moved to Paris. 東京"
#: What torch says when a CPU has no memory left.
NO_MEMORY = ("not enough memory", "can't allocate memory")

Item = TypeVar("Item")


class LocalBackend:
    """Extractor and classifier on one base model in memory; adapters are switched a stage at a time.

    Attributes:
        runner: The model.
        batch_size: Number of texts or questions side by side; halved for good when memory runs out.
        description: What ``cascadener info`` shows.
    """

    gives_probabilities = True

    def __init__(
        self,
        folder: Path,
        adapters: Mapping[str, Path] | None = None,
        *,
        demonstrations: Mapping[str, Sequence[Demonstration]] | None = None,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int = 32,
    ) -> None:
        """Load the model.

        Args:
            folder: The base model.
            adapters: Folders of the adapters, by stage.
            demonstrations: Worked examples for stages without an adapter, by stage.
            device: ``cpu``, ``cuda``, ``cuda:1``; ``None`` for the best there is.
            dtype: ``float32``, ``bfloat16``, ``float16``; ``None`` for the fastest that is native.
            batch_size: Number of texts or questions side by side.

        Raises:
            BackendError: If something does not fit together, or does not fit the memory.
        """
        check_batch_size(batch_size)
        where = choose_device(device)
        loaded = load(folder, adapters or {}, where, choose_dtype(dtype, where))
        shown = {stage: () if stage in (adapters or {}) else (demonstrations or {}).get(stage, ()) for stage in STAGES}
        self._set_up(loaded, where, folder, shown, batch_size)

    @classmethod
    def around(cls, loaded: Loaded, folder: Path, *, batch_size: int = 32) -> LocalBackend:
        """Return a back end on a model that is in memory already, with whatever adapter is active in it.

        Args:
            loaded: The model; both stages run on it as it is, without demonstrations.
            folder: Where its tokenizer's settings are.
            batch_size: Number of texts or questions side by side.

        Raises:
            BackendError: If it cannot be run.
        """
        backend = cls.__new__(cls)
        backend._set_up(loaded, loaded.model.device, folder, dict.fromkeys(STAGES, ()), batch_size)
        return backend

    def _set_up(
        self,
        loaded: Loaded,
        device: torch.device,
        folder: Path,
        shown: Mapping[str, Sequence[Demonstration]],
        batch_size: int,
    ) -> None:
        """Put runner and templates on a loaded model."""
        self.runner = Runner(loaded.model, device, loaded.peft)
        self.vocabulary = loaded.vocabulary
        self.batch_size = batch_size
        templates = Templates(loaded.tokenizer, loaded.vocabulary, dict(loaded.tokenizer_config), folder)
        self.template: dict[str, Template] = {stage: templates.make(shown[stage]) for stage in STAGES}
        self.scorer = Scorer(self.runner, self.template[CLASSIFIER])
        if loaded.model.config.model_type not in KNOWN:
            self.runner.check(self.vocabulary.encode(PROBE))
        self.description = {
            "device": str(device),
            "dtype": str(loaded.model.dtype).removeprefix("torch."),
            "model_type": loaded.model.config.model_type,
        }

    def extract(self, texts: Sequence[str], rounds: Rounds) -> list[Extracted]:
        """Extract each text ``rounds.k`` times: the first greedy (or thresholded), the others sampled.

        Raises:
            BackendError: If a text does not fit the model's context, or not even one fits the memory.
        """
        self.runner.use(EXTRACTOR)
        return self._in_batches(texts, len, lambda batch: self._extract(batch, rounds))

    def _extract(self, texts: Sequence[str], rounds: Rounds) -> list[Extracted]:
        """Extract one batch."""
        locks = [CopyLock(text, self.vocabulary) for text in texts]
        template = self.template[EXTRACTOR]
        head = self.runner.head(template.head)
        began = time.perf_counter()
        choose: Chooser = Greedy() if rounds.threshold is None else Threshold(rounds.threshold)
        copies = [Copy(lock, template.prompt_tokens(extraction_prompt(lock.text)), choose) for lock in locks]
        cache = copy_greedily(self.runner, head, copies)
        answers = [[copy] for copy in copies]
        for number in range(1, rounds.k):
            for group in answers:
                key = draw_key(rounds.seed, group[0].lock.text, number)
                group.append(branch(group[0], Sampled(key, rounds.temperature)))
        finish_branches(self.runner, cache, [copy for group in answers for copy in group[1:]])
        seconds = time.perf_counter() - began
        total = sum(copy.fed for group in answers for copy in group) or 1
        return [extracted(group, len(template.head), seconds / total) for group in answers]

    def classify(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer each question with the probability of every type offered.

        Raises:
            InputError: If a span or list is unsound.
            BackendError: If a prompt does not fit the model's context, or not even one fits the memory.
        """
        self.runner.use(CLASSIFIER)
        scorings = [self.scorer.prepare(question) for question in questions]
        return self._in_batches(scorings, lambda one: len(one.prompt) + len(one.trie.tokens), self._classify)

    def _classify(self, scorings: Sequence[Scoring]) -> list[Answer]:
        """Answer one batch; a list of one name needs no model."""
        open_ones = [scoring for scoring in scorings if scoring.trie.forks]
        if open_ones:
            self.runner.head(self.template[CLASSIFIER].head)  # once, and not in the time of the first batch
        began = time.perf_counter()
        if open_ones:
            self.scorer.run(open_ones)
        seconds = time.perf_counter() - began
        total = sum(scoring.fed for scoring in scorings) or 1
        share = 1 / max(len(open_ones), 1)
        return [answered(scoring, len(self.template[CLASSIFIER].head), seconds / total, share) for scoring in scorings]

    def _in_batches(
        self, items: Sequence[Item], size: Callable[[Item], int], run: Callable[[Sequence[Item]], list[Any]]
    ) -> list[Any]:
        """Run items of like size together, and return the results in the order of the items."""
        order = sorted(range(len(items)), key=lambda number: size(items[number]))
        results: list[Any] = [None] * len(items)
        at = 0
        while at < len(order):
            batch = order[at : at + self.batch_size]
            try:
                found = run([items[number] for number in batch])
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                self._shrink(error, len(batch))
                continue
            for number, result in zip(batch, found, strict=True):
                results[number] = result
            at += len(batch)
        return results

    def _shrink(self, error: BaseException, rows: int) -> None:
        """Halve the batch size if memory ran out.

        Raises:
            BackendError: If not even one row fits.
            RuntimeError: The error itself, if it has nothing to do with memory.
        """
        if not is_out_of_memory(error):
            raise error
        self.scorer.stems.clear()
        if self.runner.device.type == "cuda":
            torch.cuda.empty_cache()
        if rows == 1:
            raise BackendError(
                f"memory of {self.runner.device} ran out with a single text; lower max_chars, take a smaller model, or "
                "dtype bfloat16"
            ) from error
        self.batch_size = max(1, min(self.batch_size, rows) // 2)

    def forget(self) -> None:
        """Forget what is kept of earlier texts."""
        self.scorer.stems.clear()

    def close(self) -> None:
        """Forget all that was computed: it holds memory, and is wrong once the model's weights have changed."""
        self.forget()
        self.runner.forget()


def check_batch_size(batch_size: int) -> None:
    """Refuse a batch size that is none, before minutes are spent on loading."""
    if batch_size < 1:
        raise BackendError(f"the batch size must be at least 1, not {batch_size}")


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that memory ran out; on CPUs torch says so in words only."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(words in str(error) for words in NO_MEMORY)


def extracted(group: Sequence[Copy], head: int, second: float) -> Extracted:
    """Return all rounds of one text; ``second`` is the time of one token fed."""
    cost = StageCost(
        tokens_in=head + len(group[0].prompt),
        tokens_out=sum(len(copy.steps) + 1 for copy in group),
        passes=sum(copy.passes for copy in group),
        seconds=second * sum(copy.fed for copy in group),
    )
    return Extracted(tuple(Extraction(tuple(Found(*found) for found in copy.mentions())) for copy in group), cost)


def answered(scoring: Scoring, head: int, second: float, share: float) -> Answer:
    """Return the answer to one question; ``second`` is the time of one token fed, ``share`` its part of the pass."""
    asked = scoring.probabilities is not None
    values = scoring.probabilities if asked else [1.0]
    ranked = sorted(zip(scoring.names, map(float, values), strict=True), key=lambda pair: -pair[1])
    cost = StageCost(
        tokens_in=head + len(scoring.stem) + len(scoring.rest) if asked else 0,
        tokens_out=len(scoring.trie.tokens),
        passes=share if asked else 0,
        seconds=second * scoring.fed,
    )
    return Answer(ranked[0][0], dict(ranked), cost)
