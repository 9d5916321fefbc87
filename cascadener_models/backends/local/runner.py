"""One causal language model, run the way the cascade needs it: many rows of different lengths, few logits.

The body runs over all new tokens of all rows in one pass; the output layer only over the tokens that are legal. For a
small model with a large vocabulary the full output layer costs more than its whole body.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch

from cascadener_models.backends.base import BackendError
from cascadener_models.backends.local.row_cache import RowCache, Saved, round_up

FULL, SLIDING = "full_attention", "sliding_attention"


class Feed(NamedTuple):
    """New tokens of one row.

    Attributes:
        tokens: Their ids.
        parents: For a tree of continuations, the place in ``tokens`` of the token each one follows, -1 for the row's
            last slot; ``None`` if each follows the one before.
    """

    tokens: list[int]
    parents: list[int] | None = None


class Pick(NamedTuple):
    """Logits that are wanted: of the tokens ``ids`` after place ``place`` of row ``row``'s feed."""

    row: int
    place: int
    ids: list[int]


@dataclass
class Runner:
    """A model with its adapters.

    Attributes:
        model: A transformers causal language model, PEFT adapters already injected.
        peft: The PEFT wrapper that switches them; ``None`` without adapters.
        device: Where it runs.
    """

    model: Any
    device: torch.device
    peft: Any = None
    passes: int = 0
    _heads: dict[tuple[str, tuple[int, ...]], Saved] = field(default_factory=dict)
    _adapter: str | None = None

    def __post_init__(self) -> None:
        config = self.model.config
        kinds = set(getattr(config, "layer_types", None) or [FULL])
        if not kinds <= {FULL, SLIDING}:
            raise BackendError(
                f"models of type {config.model_type!r} have layers ({', '.join(sorted(kinds - {FULL, SLIDING}))}) that "
                "cannot be set back; serve the model and use the server back end"
            )
        self.kinds = kinds
        self.window: int | None = getattr(config, "sliding_window", None)
        # Mistral's way: one window for all layers, and no list of their kinds.
        self.windowed = self.window is not None and not getattr(config, "layer_types", None)
        self.layers: int = config.num_hidden_layers
        self.max_slots: int | None = getattr(config, "max_position_embeddings", None)
        self.body = self.model.base_model
        output = self.model.get_output_embeddings()
        self.weight, self.bias = output.weight, getattr(output, "bias", None)
        self.softcap: float | None = getattr(config, "final_logit_softcapping", None)

    def use(self, adapter: str | None) -> None:
        """Switch to an adapter of that name, or to the bare base model if there is none."""
        self._adapter = adapter
        if self.peft is None:
            return
        if adapter in self.peft.peft_config:
            self.peft.base_model.enable_adapter_layers()
            self.peft.set_adapter(adapter)
        else:
            self.peft.base_model.disable_adapter_layers()

    def new_cache(self, rows: int, room: int) -> RowCache:
        """Return an empty cache for that many rows and at least that many slots."""
        return RowCache(self.layers, rows, round_up(room))

    def head(self, tokens: Sequence[int]) -> Saved | None:
        """Return the saved slots of a beginning that all prompts share (computed once), or ``None`` if it is empty."""
        if not tokens:
            return None
        key = (self._adapter or "", tuple(tokens))
        if key not in self._heads:
            cache = self.new_cache(1, len(tokens))
            self.forward(cache, [Feed(list(tokens))])
            self._heads[key] = cache.save(0, 0, len(tokens))
        return self._heads[key]

    def forget(self) -> None:
        """Forget the saved beginnings."""
        self._heads.clear()

    @torch.inference_mode()
    def forward(self, cache: RowCache, feeds: Sequence[Feed]) -> torch.Tensor:
        """Run the body over new tokens of the cache's first rows, and write their slots.

        The rows' lengths stay as they were: the caller adds what it accepts.

        Returns:
            Hidden states of shape (rows, longest feed, size); padding's mean nothing.

        Raises:
            BackendError: If a row outgrows the model's context.
        """
        counts = [len(feed.tokens) for feed in feeds]
        width = max(counts)
        longest = max(length + count for length, count in zip(cache.lengths, counts, strict=False))
        if self.max_slots is not None and longest > self.max_slots:
            raise BackendError(
                f"{longest:,} tokens do not fit the model's context of {self.max_slots:,}; lower max_chars"
            )
        cache.ensure(longest)
        slots = cache.place(counts)
        tokens = torch.zeros((len(feeds), width), dtype=torch.long)
        for row, feed in enumerate(feeds):
            tokens[row, : counts[row]] = torch.tensor(feed.tokens)
        ancestors, depth = family(feeds, width)
        starts = torch.tensor(cache.lengths[: len(feeds)])
        visible = cache.layers[0].visible
        mask = visibility(starts, ancestors, visible)
        positions = starts[:, None] + depth
        self.passes += 1
        output = self.body(
            input_ids=tokens.to(self.device),
            attention_mask=self._masks(mask, starts, slots, positions),
            position_ids=positions.to(self.device),
            past_key_values=cache,
            use_cache=True,
        )
        return output.last_hidden_state

    def _masks(
        self, mask: torch.Tensor, starts: torch.Tensor, slots: torch.Tensor, positions: torch.Tensor
    ) -> torch.Tensor | dict[str, torch.Tensor]:
        """Return the mask of shape (rows, 1, new, visible) in the form that the model takes."""
        full = mask[:, None].to(self.device)
        if SLIDING not in self.kinds and not self.windowed:
            return full
        sliding = full
        if self.window is not None and mask.shape[2] > self.window:
            of_slot = torch.arange(mask.shape[2]).expand(mask.shape[0], -1).clone()
            of_slot.scatter_(1, slots, positions)
            near = positions[:, :, None] - of_slot[:, None, :] < self.window
            sliding = (mask & near)[:, None].to(self.device)
        return sliding if self.windowed else {FULL: full, SLIDING: sliding}

    @torch.inference_mode()
    def logits(self, hidden: torch.Tensor, picks: Iterable[Pick]) -> list[np.ndarray]:
        """Return for each pick the logits of its tokens, as float64: the output layer's rows for those tokens only."""
        picks = list(picks)
        if not picks:
            return []
        sizes = [len(pick.ids) for pick in picks]
        ids = torch.tensor([number for pick in picks for number in pick.ids], device=self.device)
        rows = torch.tensor([pick.row for pick in picks], device=self.device)
        places = torch.tensor([pick.place for pick in picks], device=self.device)
        states = hidden[rows, places].repeat_interleave(torch.tensor(sizes, device=self.device), dim=0)
        values = (self.weight[ids].float() * states.float()).sum(-1)
        if self.bias is not None:
            values = values + self.bias[ids].float()
        if self.softcap:
            values = torch.tanh(values / self.softcap) * self.softcap
        return np.split(values.double().cpu().numpy(), np.cumsum(sizes)[:-1])

    def check(self, tokens: Sequence[int]) -> None:
        """Compare a run in parts with transformers' own, so that an unforeseen architecture is refused, not misread.

        Raises:
            BackendError: If the logits differ.
        """
        try:
            difference = self._difference(tokens)
        except (AttributeError, IndexError, KeyError, NotImplementedError, TypeError, ValueError, RuntimeError):
            difference = np.inf
        if not difference <= (1e-2 if self.weight.dtype == torch.float32 else 0.5):
            raise BackendError(
                f"models of type {self.model.config.model_type!r} cannot be run by the local back end (their logits "
                "come out otherwise than transformers' own); serve the model and use the server back end"
            )

    def _difference(self, tokens: Sequence[int]) -> float:
        """Return the largest difference of our logits from transformers'."""
        middle = len(tokens) // 2
        cache = self.new_cache(2, len(tokens))
        self.forward(cache, [Feed(list(tokens[:middle])), Feed(list(tokens[: middle - 1]))])
        cache.lengths = [middle, middle - 1]
        hidden = self.forward(cache, [Feed(list(tokens[middle:])), Feed(list(tokens[middle - 1 :]))])
        wanted = sorted(set(tokens))
        ours = self.logits(hidden, [Pick(row, len(tokens) - middle - 1 + row, wanted) for row in (0, 1)])
        with torch.inference_mode():
            output = self.model(input_ids=torch.tensor([list(tokens)], device=self.device), logits_to_keep=1)
        theirs = output.logits[0, -1, wanted].double().cpu().numpy()
        return float(max(np.abs(one - theirs).max() for one in ours))


def family(feeds: Sequence[Feed], width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return who may see whom among new tokens, (rows, width, width), and each one's depth, (rows, width).

    Depth counts from 0. In a chain each token sees those before it; in a tree, its ancestors and itself.
    """
    chain = torch.ones((width, width), dtype=torch.bool).tril()
    seen = chain.expand(len(feeds), -1, -1)
    depth = torch.arange(width).expand(len(feeds), -1)
    if all(feed.parents is None for feed in feeds):
        return seen, depth
    seen, depth = seen.clone(), depth.clone()
    for row, feed in enumerate(feeds):
        for place, parent in enumerate(feed.parents or ()):
            seen[row, place] = seen[row, parent] if parent >= 0 else False
            seen[row, place, place] = True
            depth[row, place] = depth[row, parent] + 1 if parent >= 0 else 0
    return seen, depth


def visibility(starts: torch.Tensor, ancestors: torch.Tensor, visible: int) -> torch.Tensor:
    """Return which slots each new token sees, (rows, new, visible): the row's own before it, and its ancestors."""
    rows, width, _ = ancestors.shape
    slots = torch.arange(visible)
    mask = (slots[None, None, :] < starts[:, None, None]).expand(rows, width, visible).clone()
    place = slots[None, :] - starts[:, None]
    fresh = (place >= 0) & (place < width)
    at = place.clamp(0, width - 1)[:, None, :].expand(rows, width, visible)
    return mask | (ancestors.gather(2, at) & fresh[:, None, :])
