"""Free text from a local model: greedy generation by transformers, on the model as the cascade loads it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from cascadener_models.backends.base import EXTRACTOR, BackendError
from cascadener_models.backends.local.backend import check_batch_size, is_out_of_memory
from cascadener_models.backends.local.loading import choose_device, choose_dtype, load
from cascadener_models.prompts import DEMONSTRATION_END
from cascadener_models.results import StageCost
from eval.methods.asking import Ask, Said
from eval.methods.journal import Journal
from eval.methods.local_prompts import Prompter

#: Tokens at the end of an answer in which a blank line is looked for.
TAIL = 4


class LocalCompleter:
    """A causal language model that answers in free text; see :class:`eval.methods.asking.Completer`.

    Attributes:
        batch_size: Questions side by side; halved for good when memory runs out.
        journal: Where answers are kept.
    """

    def __init__(
        self,
        folder: Path,
        adapter: Path | None = None,
        *,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int = 32,
    ) -> None:
        """Load the model.

        Args:
            folder: The base model.
            adapter: A LoRA adapter for it.
            device: ``cpu``, ``cuda``; ``None`` for the best there is.
            dtype: ``float32``, ``bfloat16``, ``float16``; ``None`` for the fastest that is native.
            batch_size: Questions side by side.

        Raises:
            BackendError: If something does not fit together.
        """
        check_batch_size(batch_size)
        self.device = choose_device(device)
        loaded = load(folder, {EXTRACTOR: adapter} if adapter else {}, self.device, choose_dtype(dtype, self.device))
        self.model = loaded.peft or loaded.model
        self.prompter = Prompter(loaded, folder)
        self.batch_size, self.journal = batch_size, Journal()
        self.context: int | None = getattr(loaded.model.config, "max_position_embeddings", None)
        self.description: Mapping[str, str] = {
            "device": str(self.device),
            "dtype": str(loaded.model.dtype).removeprefix("torch."),
            "model_type": loaded.model.config.model_type,
        }

    def use(self, journal: Journal) -> None:
        """Keep answers in another journal from now on."""
        self.journal = journal

    def complete(self, asks: Sequence[Ask]) -> list[Said]:
        """Answer each question, from the journal where it is there; questions of like length run together."""
        keys = [one.key for one in asks]
        fresh = {key: one for key, one in zip(keys, asks, strict=True) if self.journal.get(key) is None}
        prompts = {key: self.prompter.tokens(one) for key, one in fresh.items()}
        order = sorted(fresh, key=lambda key: (fresh[key].most_tokens, len(prompts[key])))
        at = 0
        while at < len(order):
            batch = order[at : at + self.batch_size]
            try:
                answers = self._run([(prompts[key], fresh[key].most_tokens) for key in batch])
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                self._shrink(error, len(batch))
                continue
            for key, said in zip(batch, answers, strict=True):
                self.journal.put(key, asdict(said))
            at += len(batch)
        return [read_said(self.journal.get(key) or {}) for key in keys]

    def _run(self, batch: Sequence[tuple[list[int], int]]) -> list[Said]:
        """Answer the questions of one batch that fit the model."""
        fits = [self.context is None or len(prompt) + most <= self.context for prompt, most in batch]
        began = time.perf_counter()
        answers = iter(self._generate([one for one, fit in zip(batch, fits, strict=True) if fit]))
        seconds = time.perf_counter() - began
        found = [next(answers) if fit else None for fit in fits]
        total = sum(len(prompt) + len(answer) for (prompt, _), answer in zip(batch, found, strict=True) if answer) or 1
        return [
            self._said(prompt, most, answer, seconds / total)
            for (prompt, most), answer in zip(batch, found, strict=True)
        ]

    def _said(self, prompt: list[int], most: int, answer: list[int] | None, second: float) -> Said:
        """Return the answer to one question; ``second`` is the time of one token."""
        if answer is None:
            return Said(failure=f"{len(prompt):,} tokens and {most:,} more do not fit the model's {self.context:,}")
        cost = StageCost(len(prompt), len(answer), len(answer), second * (len(prompt) + len(answer)))
        text = self.prompter.text(answer)
        whole = bool(answer) and answer[-1] in self.prompter.ends
        if not self.prompter.is_chat:
            text, blank, _ = text.lstrip("\n").partition(DEMONSTRATION_END)
            whole = whole or bool(blank)
        return Said(text, "" if text.strip() else "empty answer", not whole, cost)

    @torch.inference_mode()
    def _generate(self, batch: Sequence[tuple[list[int], int]]) -> list[list[int]]:
        """Return the tokens of each answer, its end token included."""
        if not batch:
            return []
        ends = self.prompter.ends
        pad = ends[0]
        width = max(len(prompt) for prompt, _ in batch)
        ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt, _ in batch])
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt, _ in batch])
        stops = [] if self.prompter.is_chat else [BlankLine(self.prompter, width)]
        made = self.model.generate(
            input_ids=ids.to(self.device),
            attention_mask=mask.to(self.device),
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            max_new_tokens=max(most for _, most in batch),
            eos_token_id=ends,
            pad_token_id=pad,
            stopping_criteria=StoppingCriteriaList(stops),
        )
        rows = made[:, width:].tolist()
        return [until_end(row, ends)[:most] for row, (_, most) in zip(rows, batch, strict=True)]

    def _shrink(self, error: BaseException, rows: int) -> None:
        """Halve the batch size if memory ran out; raise the error if it has nothing to do with memory."""
        if not is_out_of_memory(error):
            raise error
        if rows == 1:
            raise BackendError(f"memory of {self.device} ran out with a single question") from error
        self.batch_size = max(1, min(self.batch_size, rows) // 2)

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


class BlankLine(StoppingCriteria):
    """Ends an answer of a model without a chat template at a blank line: what follows would be its next example."""

    def __init__(self, prompter: Prompter, start: int) -> None:
        self.prompter, self.start = prompter, start

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        """Say of each row whether it has ended; line breaks that lead an answer do not end it."""
        tails = input_ids[:, max(self.start, input_ids.shape[1] - TAIL) :].tolist()
        texts = [self.prompter.text(tail).lstrip("\n") for tail in tails]
        return torch.tensor([DEMONSTRATION_END in text for text in texts], device=input_ids.device)


def until_end(tokens: list[int], ends: Sequence[int]) -> list[int]:
    """Return tokens up to the first that ends an answer, which is included."""
    at = next((at for at, token in enumerate(tokens) if token in ends), len(tokens))
    return tokens[: at + 1]


def read_said(kept: Mapping[str, Any]) -> Said:
    """Return an answer out of the journal."""
    return Said(kept["text"], kept["failure"], kept["cut"], StageCost(**kept["cost"]))
