"""Copy speculation: marked copies of many texts side by side, several tokens a forward pass.

The answer is known up to its markers. So the text's next tokens are drafted, one pass gives the model's choice after
each of them, and the draft holds up to the first place where the model chooses otherwise (a marker, as a rule); its own
choice stands there, and so on. The answer is the one that choosing step by step would give.

Sampled answers (fusion's later rounds) start from the greedy one: its logits are known along its whole way, so a draw
costs nothing up to the first step at which it parts from the greedy answer, and from there its cache is taken over and
the greedy answer's markers are drafted too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from cascadener_models.backends.local.choosing import Chooser, probabilities
from cascadener_models.backends.local.copy_lock import START, CopyLock, Legal, State
from cascadener_models.backends.local.row_cache import RowCache, Saved
from cascadener_models.backends.local.runner import Feed, Pick, Runner

#: What a forward pass costs besides its tokens, in tokens of a large pass, by device; drafts are longer where passes
#: are dear. Measured on two cores: a pass takes about 100 ms and 2.1 ms a token. On GPUs a guess.
PASS_OVERHEAD_TOKENS = {"cpu": 48, "cuda": 600}
#: Share of drafted tokens that hold, for choosing the length of drafts: what is assumed of an answer at first, and how
#: many tokens of its own experience outweigh that.
ACCEPTANCE, TRUST = 0.88, 16
LONGEST_DRAFT = 64


class Step(NamedTuple):
    """One chosen token: its state before, what was legal, and the logits (``None`` if only one was)."""

    state: State
    legal: Legal
    logits: np.ndarray | None
    choice: int

    @property
    def token(self) -> int:
        """The token chosen."""
        return self.legal.tokens[self.choice]

    @property
    def probability(self) -> float:
        """The probability of the choice among the legal tokens, at temperature 1."""
        return 1.0 if self.logits is None else float(probabilities(self.logits)[self.choice])


@dataclass(eq=False)
class Copy:
    """One answer in the making.

    Attributes:
        lock: The text's lock.
        prompt: Tokens of the prompt after the shared head.
        choose: How tokens are chosen.
        guide: The finished answer whose markers are drafted; ``None`` drafts none.
        steps: The tokens so far.
        state: Where the answer stands.
        pending: Tokens chosen or given whose slots are not in the cache yet.
        passes: Forward passes it took part in, of each its share.
        fed: Tokens it was fed in them, drafts included.
        judged: Drafted tokens that were judged, up to the first refused one of each draft.
        refused: Those that did not hold.
    """

    lock: CopyLock
    prompt: list[int]
    choose: Chooser
    guide: Copy | None = None
    steps: list[Step] = field(default_factory=list)
    state: State = START
    pending: list[int] = field(default_factory=list)
    passes: float = 0.0
    fed: int = 0
    judged: int = 0
    refused: int = 0
    row: int = 0
    start: int = 0

    @property
    def done(self) -> bool:
        """Whether the answer is whole."""
        return self.state == self.lock.end

    @property
    def tokens(self) -> list[int]:
        """The answer's tokens."""
        return [step.token for step in self.steps]

    def take(self, legal: Legal, logits: np.ndarray | None, choice: int) -> None:
        """Append a token."""
        self.steps.append(Step(self.state, legal, logits, choice))
        self.state = legal.states[choice]

    def take_forced(self) -> None:
        """Append tokens for as long as only one is legal; none of them needs the model."""
        while not self.done and len((legal := self.lock.legal(self.state)).tokens) == 1:
            self.take(legal, None, 0)
            self.pending.append(legal.tokens[0])

    def draft(self, size: int) -> list[int]:
        """Return up to ``size`` tokens that the answer may go on with: as the guide did, else a plain copy."""
        if self.guide is not None and (place := self.guide.places.get(self.state)) is not None:
            return [step.token for step in self.guide.steps[place : place + size]]
        return self.lock.draft(self.state, size)

    @cached_property
    def places(self) -> dict[State, int]:
        """The step at which a done answer was in each state."""
        return {step.state: place for place, step in enumerate(self.steps)}

    def mentions(self) -> list[tuple[int, int, float]]:
        """Return (start, end, probability of the tokens from the opening marker to the closing one) of each mention."""
        found = []
        for (start, end), opened, closed in self.lock.spans(self.tokens):
            score = 1.0
            for step in self.steps[opened : closed + 1]:
                score *= step.probability
            found.append((start, end, score))
        return found


def draft_size(active: Sequence[Copy], device: str) -> int:
    """Return the length of drafts that makes accepted tokens cheapest, for these rows side by side."""
    overhead = PASS_OVERHEAD_TOKENS.get(device, PASS_OVERHEAD_TOKENS["cuda"]) / len(active)
    judged, refused = sum(copy.judged for copy in active), sum(copy.refused for copy in active)
    prior = TRUST * len(active)
    rate = 1 - (refused + (1 - ACCEPTANCE) * prior) / (judged + prior)

    def cost(size: int) -> float:
        return (overhead + size + 1) / sum(rate**place for place in range(size + 1))

    return min(range(1, LONGEST_DRAFT + 1), key=cost)


def copy_greedily(runner: Runner, head: Saved | None, copies: Sequence[Copy]) -> RowCache:
    """Finish copies that start with their prompts, side by side.

    Args:
        runner: The model, the right adapter in use.
        head: Saved slots of what all prompts begin with.
        copies: The answers to be made; each keeps its row of the cache.

    Returns:
        The cache with all rows, from which :func:`branch` goes on.
    """
    head_slots = head[0][0].shape[1] if head else 0
    room = head_slots + max(len(copy.prompt) + 2 * len(copy.lock.source) // 3 + 8 for copy in copies)
    cache = runner.new_cache(len(copies), room)
    for row, copy in enumerate(copies):
        copy.row, copy.pending = row, list(copy.prompt)
        if head:
            cache.fill(row, head)
        copy.start = head_slots + len(copy.prompt)
        copy.take_forced()
    finish(runner, cache, copies)
    return cache


def branch(greedy: Copy, choose: Chooser) -> Copy:
    """Return a copy chosen otherwise than a finished greedy one, as far as its known logits lead.

    It is done if the choices never part; else it has the last choice pending, and the slots before it are the greedy
    copy's.
    """
    other = Copy(greedy.lock, greedy.prompt, choose, guide=greedy, start=greedy.start)
    for place, step in enumerate(greedy.steps):
        choice = step.choice if step.logits is None else choose(step.logits, step.legal, place)
        other.take(step.legal, step.logits, choice)
        if choice != step.choice:
            other.pending = [step.legal.tokens[choice]]
            other.take_forced()
            break
    return other


def finish_branches(runner: Runner, cache: RowCache, copies: Sequence[Copy]) -> None:
    """Finish branched copies, which take over their greedy copies' slots in ``cache``."""
    waiting = [copy for copy in copies if not copy.done]
    if not waiting:
        return
    branched = runner.new_cache(len(waiting), cache.room - 1)
    for row, copy in enumerate(waiting):
        known = copy.start + len(copy.steps) - len(copy.pending)
        branched.fill(row, cache.save(copy.guide.row, 0, known, copy=False))
        copy.row = row
    finish(runner, branched, waiting)


def finish(runner: Runner, cache: RowCache, copies: Sequence[Copy]) -> None:
    """Run passes until all copies are done; those that are leave the batch."""
    while active := bring_forward(cache, copies):
        size = draft_size(active, runner.device.type)
        drafts = [copy.draft(size) for copy in active]
        feeds = [Feed(copy.pending + draft) for copy, draft in zip(active, drafts, strict=True)]
        hidden = runner.forward(cache, feeds)
        verify(runner, cache, hidden, active, drafts)


def bring_forward(cache: RowCache, copies: Sequence[Copy]) -> list[Copy]:
    """Bring the copies that are not done to the cache's first rows, and return them in the order of their rows.

    The rows of done ones are kept, behind them, for their branches.
    """
    by_row = {copy.row: copy for copy in copies}
    count = sum(not copy.done for copy in copies)
    free = [row for row in range(count) if by_row[row].done]
    late = [row for row in range(count, len(copies)) if not by_row[row].done]
    for one, other in zip(free, late, strict=True):
        cache.swap(one, other)
        by_row[one].row, by_row[other].row = other, one
    return sorted((copy for copy in copies if not copy.done), key=lambda copy: copy.row)


def verify(
    runner: Runner, cache: RowCache, hidden: torch.Tensor, active: Sequence[Copy], drafts: Sequence[list[int]]
) -> None:
    """Take each copy's draft as far as the model would have chosen it, and the model's own choice after that."""
    ways = [lookahead(copy, draft) for copy, draft in zip(active, drafts, strict=True)]
    picks = [
        Pick(row, len(copy.pending) - 1 + place, legal.tokens)
        for row, (copy, way) in enumerate(zip(active, ways, strict=True))
        for place, legal in enumerate(way)
        if len(legal.tokens) > 1
    ]
    logits = iter(runner.logits(hidden, picks))
    for copy, draft, way in zip(active, drafts, ways, strict=True):
        known = [next(logits) if len(legal.tokens) > 1 else None for legal in way]
        accepted = accept(copy, draft, way, known)
        refused = accepted < len(draft) and not copy.done
        copy.judged, copy.refused = copy.judged + accepted + refused, copy.refused + refused
        copy.passes += 1 / len(active)
        copy.fed += len(copy.pending) + len(draft)
        cache.lengths[copy.row] += len(copy.pending) + accepted
        copy.pending = [] if copy.done else [copy.steps[-1].token]
        copy.take_forced()


def lookahead(copy: Copy, draft: Sequence[int]) -> list[Legal]:
    """Return what is legal at the copy's state and after each drafted token, up to the end of the answer."""
    way, state = [], copy.state
    for token in [*draft, None]:
        if state == copy.lock.end:
            break
        legal = copy.lock.legal(state)
        way.append(legal)
        if token is not None:
            state = legal.states[legal.tokens.index(token)]
    return way


def accept(copy: Copy, draft: Sequence[int], way: Sequence[Legal], known: Sequence[np.ndarray | None]) -> int:
    """Append choices until one differs from the draft; return how many drafted tokens hold."""
    for place, (legal, logits) in enumerate(zip(way, known, strict=True)):
        choice = 0 if logits is None else copy.choose(logits, legal, len(copy.steps))
        copy.take(legal, logits, choice)
        if place == len(draft) or legal.tokens[choice] != draft[place]:
            return place
    return len(draft)


def step_by_step(runner: Runner, head: Saved | None, copy: Copy) -> Copy:
    """Finish one copy with one token a pass: the plain definition that speculation must equal."""
    cache = runner.new_cache(1, (head[0][0].shape[1] if head else 0) + len(copy.prompt))
    if head:
        cache.fill(0, head)
    copy.pending = list(copy.prompt)
    while not copy.done:
        hidden = runner.forward(cache, [Feed(copy.pending)])
        cache.lengths[0] += len(copy.pending)
        legal = copy.lock.legal(copy.state)
        (logits,) = runner.logits(hidden, [Pick(0, len(copy.pending) - 1, legal.tokens)])
        copy.take(legal, logits if len(legal.tokens) > 1 else None, copy.choose(logits, legal, len(copy.steps)))
        copy.pending = [copy.steps[-1].token]
    return copy
