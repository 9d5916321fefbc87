"""A key-value cache whose rows grow and shrink each on their own.

transformers' caches keep one length for the whole batch. Speculative copying needs one a row, as each row accepts its
own part of a draft: here a row's length is set back by assigning it, whatever lies behind is masked and overwritten,
and rows are filled from other caches, so that a prompt computed once serves many answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

#: Keys and values of some slots of one row, a pair a layer, each of shape (heads, slots, head size).
Saved = list[tuple[torch.Tensor, torch.Tensor]]
#: Rows are given room in steps of this many slots, so that buffers need not be made anew for each batch.
ROOM_STEP = 64


class RowLayer(CacheLayerMixin):
    """Keys and values of one layer, of shape (rows, heads, room, head size)."""

    is_sliding = False

    def __init__(self, rows: int, room: int) -> None:
        super().__init__()
        self.rows, self.room = rows, room
        self.visible = 0
        self.row_index: torch.Tensor | None = None
        self.slots: torch.Tensor | None = None

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Make the buffers, of zeros: what is masked must still be finite."""
        shape = (self.rows, key_states.shape[1], self.room)
        self.keys = key_states.new_zeros((*shape, key_states.shape[3]))
        self.values = value_states.new_zeros((*shape, value_states.shape[3]))
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write new keys and values at each row's own slots; return all that a query may see."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self.keys[self.row_index, :, self.slots] = key_states.transpose(1, 2)
        self.values[self.row_index, :, self.slots] = value_states.transpose(1, 2)
        rows = key_states.shape[0]
        return self.keys[:rows, :, : self.visible], self.values[:rows, :, : self.visible]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return the number of keys a query may see, and the offset of the first."""
        return self.visible, 0

    def get_seq_length(self) -> int:
        """Return the number of slots seen; rows differ, and masks and positions are always given."""
        return self.visible

    def get_max_length(self) -> int:
        """Return the room of a row, in slots."""
        return self.room


class RowCache(Cache):
    """A cache of ``rows`` rows with room for ``room`` slots each.

    Attributes:
        lengths: Slots in use, a row; the one thing to assign for setting a row back.
    """

    def __init__(self, layers: int, rows: int, room: int) -> None:
        super().__init__(layers=[RowLayer(rows, room) for _ in range(layers)])
        self.room = room
        self.lengths = [0] * rows

    def place(self, counts: Sequence[int]) -> torch.Tensor:
        """Choose the slots for new tokens, padded to the longest row; they become visible, not yet part of lengths.

        Args:
            counts: Number of new tokens of each row (the first rows of the cache).

        Returns:
            Slots of shape (rows, longest).
        """
        width = max(counts)
        starts = torch.tensor(self.lengths[: len(counts)])
        slots = starts[:, None] + torch.arange(width)
        # Padding of a row that is nearly full is written onto its last slot, which is never seen.
        slots = slots.clamp_(max=self.room - 1)
        visible = min(int(starts.max()) + width, self.room)
        rows = torch.arange(len(counts))[:, None]
        for layer in self.layers:
            layer.row_index, layer.slots, layer.visible = rows, slots, visible
        return slots

    @torch.inference_mode()
    def fill(self, row: int, saved: Saved, start: int = 0) -> None:
        """Copy saved slots into a row from slot ``start`` on, and make the row end with them."""
        for layer, (keys, values) in zip(self.layers, saved, strict=True):
            if not layer.is_initialized:
                layer.lazy_initialization(keys[None], values[None])
            layer.keys[row, :, start : start + keys.shape[1]] = keys
            layer.values[row, :, start : start + keys.shape[1]] = values
        self.lengths[row] = start + saved[0][0].shape[1]

    @torch.inference_mode()
    def swap(self, one: int, other: int) -> None:
        """Exchange two rows."""
        for layer in self.layers:
            for buffer in (layer.keys, layer.values) if layer.is_initialized else ():
                buffer[[one, other]] = buffer[[other, one]]
        self.lengths[one], self.lengths[other] = self.lengths[other], self.lengths[one]

    @torch.inference_mode()
    def ensure(self, room: int) -> None:
        """Give every row room for at least ``room`` slots."""
        if room < self.room:  # one slot is left over for padding
            return
        more = round_up(max(room, self.room + self.room // 2)) - self.room
        self.room += more
        for layer in self.layers:
            layer.room = self.room
            if layer.is_initialized:
                layer.keys = torch.nn.functional.pad(layer.keys, (0, 0, 0, more))
                layer.values = torch.nn.functional.pad(layer.values, (0, 0, 0, more))

    def save(self, row: int, start: int, end: int, *, copy: bool = True) -> Saved:
        """Return slots ``start`` to ``end`` of a row; without ``copy`` as a view that later writes change."""
        parts = [(layer.keys[row, :, start:end], layer.values[row, :, start:end]) for layer in self.layers]
        return [(keys.clone(), values.clone()) for keys, values in parts] if copy else parts


def saved_bytes(saved: Saved) -> int:
    """Return the memory that saved slots take, in bytes."""
    return sum(keys.nbytes + values.nbytes for keys, values in saved)


def round_up(slots: int) -> int:
    """Return a room of at least ``slots``, in whole steps, with one slot left over for padding."""
    return -(-(slots + 1) // ROOM_STEP) * ROOM_STEP
