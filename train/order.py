"""The order in which examples are seen: fixed by the seed alone, so that a resumed run goes on with the next batch."""

from __future__ import annotations

import random
from collections.abc import Sequence

#: Batches whose examples are sorted by length together.
MEGABATCH = 50


def in_order(lengths: Sequence[int], epochs: float, batch_size: int, seed: int) -> list[int]:
    """Return the order in which examples are seen, all epochs in a row: shuffled, then like lengths side by side.

    Args:
        lengths: Tokens of each example.
        epochs: Passes; a last one may be cut short.
        batch_size: Examples of a batch.
        seed: Of the shuffling.
    """
    count = len(lengths)
    order: list[int] = []
    wanted = max(batch_size, round(count * epochs)) if count else 0
    epoch = 0
    while len(order) < wanted:
        generator = random.Random(f"{seed}:{epoch}")
        shuffled = generator.sample(range(count), count)
        batches = []
        for at in range(0, count, batch_size * MEGABATCH):
            group = sorted(shuffled[at : at + batch_size * MEGABATCH], key=lambda place: lengths[place])
            batches += [group[start : start + batch_size] for start in range(0, len(group), batch_size)]
        generator.shuffle(batches)
        order += [place for batch in batches for place in batch]
        epoch += 1
    return order[:wanted]
