"""The second step: name each mention, from a flat list or down a tree (paper, Section 4.3, Equation 2).

Down a tree either by greedy steps, as in the paper, where a wrong first step is final; or by the whole path: the leaf
with the largest joint probability of its coarse, medium and fine type, found by always opening the likeliest type that
is still closed, until no closed one can beat the best leaf.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cascadener_models.backends.base import Answer, Backend, Question
from cascadener_models.prompts import UNKNOWN, Span
from cascadener_models.results import FREE, StageCost
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.taxonomy import Node, Taxonomy

GREEDY, WHOLE_PATH = "greedy", "whole-path"
#: A longer list is asked in parts, and the parts' winners once more.
MAX_LIST = 256
#: Answers kept for mentions that are asked again.
MAX_KEPT = 20_000


class Task(NamedTuple):
    """A mention to be named: its sentence, where it is, and the list or tree."""

    text: str
    span: Span
    types: tuple[str, ...] | Taxonomy


@dataclass(slots=True)
class Named:
    """A mention's type.

    Attributes:
        path: Names from the top of the tree to the type; the type alone for a list; empty if it has none.
        score: Probability of the type, down the whole path; ``None`` from servers that give none.
        probabilities: Of all candidates that were asked about.
        cost: What it cost.
        dropped: Why it has no type: ``unknown`` or ``unanswered``.
    """

    path: tuple[str, ...] = ()
    score: float | None = 1.0
    probabilities: dict[str, float] = field(default_factory=dict)
    cost: StageCost = FREE
    dropped: str = ""


class Classifier:
    """Names mentions; answers are kept, so that a mention met again with the same list costs nothing."""

    def __init__(self, backend: Backend, *, zero_shot: bool = False, decoding: str = GREEDY, sure: float = 0.0) -> None:
        """Take the options.

        Args:
            backend: Where the classifier runs.
            zero_shot: Offer ``unknown``; a mention so answered has no type, or stays at the type above.
            decoding: ``greedy`` or ``whole-path``, for trees.
            sure: Stop at the deepest type whose joint probability is at least this (but never above the top level).

        Raises:
            InputError: If an option is unknown or the back end cannot do it.
        """
        if decoding not in (GREEDY, WHOLE_PATH):
            raise InputError(f"decoding {decoding!r} is unknown; {GREEDY!r} or {WHOLE_PATH!r} is wanted")
        if not 0 <= sure <= 1:
            raise InputError(f"sure must lie between 0 and 1, not {sure}")
        if (decoding == WHOLE_PATH or sure) and not backend.gives_probabilities:
            raise InputError("this server gives no probabilities, which whole-path decoding and 'sure' need")
        self.backend, self.zero_shot, self.decoding, self.sure = backend, zero_shot, decoding, sure
        self._kept: OrderedDict[Question, Answer] = OrderedDict()

    def name(self, tasks: Sequence[Task]) -> list[Named]:
        """Name each mention; all are asked side by side, level by level.

        Raises:
            InputError: If a list is unsound.
            BackendError: If the model or server cannot be used.
        """
        search = PathSearch if self.decoding == WHOLE_PATH else GreedySearch
        searches = [
            search(task, self.sure, self.zero_shot) if isinstance(task.types, Taxonomy) else ListSearch(task)
            for task in tasks
        ]
        while waiting := [one for one in searches if one.wanted]:
            answers = self.ask([Question(*one.task[:2], one.wanted, self.zero_shot) for one in waiting])
            for one, answer in zip(waiting, answers, strict=True):
                one.named.cost += answer.cost
                one.take(answer)
        return [one.result() for one in searches]

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer questions, from memory where possible, long lists in parts."""
        kept = {question: self._kept[question] for question in questions if question in self._kept}
        new = [question for question in dict.fromkeys(questions) if question not in kept]
        short = [question for question in new if len(question.types) <= MAX_LIST]
        fresh = dict(zip(short, self.backend.classify(short), strict=True)) if short else {}
        fresh |= {question: self._ask_in_parts(question) for question in new if len(question.types) > MAX_LIST}
        answers = []
        for question in questions:
            answer = fresh[question] if question in fresh else replace(kept[question], cost=FREE)
            self._keep(question, answer)
            answers.append(answer)
            if question in fresh:  # asked once, paid once
                fresh[question] = replace(answer, cost=FREE)
        return answers

    def _keep(self, question: Question, answer: Answer) -> None:
        """Remember an answer; failures are asked again."""
        if answer.type is not None:
            self._kept[question] = answer
            self._kept.move_to_end(question)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)

    def _ask_in_parts(self, question: Question) -> Answer:
        """Ask about a long list: each part, then the parts' winners; shares combine by Luce's choice rule."""
        types = question.types
        parts = [types[at : at + MAX_LIST] for at in range(0, len(types), MAX_LIST)]
        answers = self.ask([question._replace(types=part) for part in parts])
        winners = tuple(answer.type for answer in answers if answer.type not in (None, UNKNOWN))
        cost = sum((answer.cost for answer in answers), FREE)
        if not winners:
            return replace(answers[0], cost=cost)
        final = self.ask([question._replace(types=winners)])[0]
        cost += final.cost
        if final.probabilities is None or any(answer.probabilities is None for answer in answers):
            return replace(final, cost=cost)
        shares = dict(final.probabilities)
        for answer in answers:
            if answer.type in final.probabilities:
                scale = final.probabilities[answer.type] / answer.probabilities[answer.type]
                lost = {name: share for name, share in answer.probabilities.items() if name not in shares}
                shares |= {name: share * scale for name, share in lost.items()}
        total = sum(shares.values())
        ranked = sorted(((name, share / total) for name, share in shares.items()), key=lambda pair: -pair[1])
        return Answer(final.type, dict(ranked), cost)


class ListSearch:
    """One mention and a flat list: one question."""

    def __init__(self, task: Task) -> None:
        self.task, self.named = task, Named()
        self.wanted: tuple[str, ...] = task.types

    def take(self, answer: Answer) -> None:
        """Take the answer."""
        self.wanted = ()
        self.named.probabilities = dict(answer.probabilities or {})
        if answer.type is None or (answer.type == UNKNOWN and UNKNOWN not in self.task.types):
            self.named.dropped = "unanswered" if answer.type is None else "unknown"
            return
        self.named.path = (answer.type,)
        self.named.score = None if answer.probabilities is None else answer.probabilities[answer.type]

    def result(self) -> Named:
        """Return the type."""
        return self.named


class TreeSearch:
    """One mention and a tree: what greedy steps and whole-path decoding share."""

    def __init__(self, task: Task, sure: float, zero_shot: bool) -> None:
        self.task, self.sure, self.zero_shot, self.named = task, sure, zero_shot, Named()
        self.share: dict[Node | None, float | None] = {None: 1.0}
        self.at: Node | None = None
        self.wanted: tuple[str, ...] = ()

    def children(self, node: Node | None) -> Sequence[Node]:
        """Return the types below one, or the top ones."""
        return self.task.types.roots if node is None else node.children

    def look(self, node: Node | None) -> None:
        """Ask next about the types below ``node``; a single one needs no question, unless it may be unknown."""
        self.at = node
        self.wanted = tuple(child.name for child in self.children(node))
        if len(self.wanted) == 1 and not (node is None and self.zero_shot):
            self.wanted = ()
            (only,) = self.children(node)
            self.share[only] = self.share[node]

    def note(self, answer: Answer) -> None:
        """Keep the probabilities of an answer, as joint ones."""
        known = answer.probabilities
        for child in self.children(self.at):
            above = self.share[self.at]
            self.share[child] = None if known is None or above is None else above * known[child.name]
            if self.share[child] is not None:
                self.named.probabilities[child.id] = self.share[child]

    def finish(self, node: Node | None, reason: str = "") -> Named:
        """Settle on a type, or on the one above it of which the search is sure enough; on none for a reason."""
        self.wanted = ()
        if node is None:
            self.named.dropped = reason or "unanswered"
            return self.named
        while node.parent is not None and (self.share[node] or 0.0) < self.sure:
            node = node.parent
        self.named.path = tuple(step.name for step in node.path)
        self.named.score = self.share[node]
        return self.named


class GreedySearch(TreeSearch):
    """The paper's progressive classification: the best coarse type, the best medium one under it, the best fine one."""

    def __init__(self, task: Task, sure: float, zero_shot: bool) -> None:
        super().__init__(task, sure, zero_shot)
        self.reason = ""
        self.go_on(None)

    def go_on(self, node: Node | None) -> None:
        """Go down from a type as far as no question is needed."""
        self.look(node)
        while not self.wanted and self.children(self.at):
            self.look(self.children(self.at)[0])

    def take(self, answer: Answer) -> None:
        """Take a step down, or stop."""
        self.note(answer)
        chosen = next((child for child in self.children(self.at) if child.name == answer.type), None)
        if chosen is None:
            self.wanted, self.reason = (), "unanswered" if answer.type is None else "unknown"
        else:
            self.go_on(chosen)

    def result(self) -> Named:
        """Return the type where the steps ended."""
        return self.finish(self.at, self.reason)


class PathSearch(TreeSearch):
    """The path with the largest joint probability, by opening the likeliest closed type first."""

    def __init__(self, task: Task, sure: float, zero_shot: bool) -> None:
        super().__init__(task, sure, zero_shot)
        self.closed: list[Node] = []
        self.ends: list[tuple[float, Node | None]] = []
        self.failed = False
        self.open(None)

    def open(self, node: Node | None) -> None:
        """Look below a type."""
        self.look(node)
        if not self.wanted:
            self.sort_out(self.children(node))

    def sort_out(self, nodes: Iterable[Node]) -> None:
        """Sort types into closed ones and ends, and open the likeliest closed one if it can still win."""
        for node in nodes:
            if node.children:
                self.closed.append(node)
            else:
                self.ends.append((self.share[node], node))
        if self.closed and not self.failed:
            best = max(self.closed, key=lambda node: self.share[node])
            if self.share[best] > max((share for share, _ in self.ends), default=0.0):
                self.closed.remove(best)
                self.open(best)

    def take(self, answer: Answer) -> None:
        """Take the probabilities below a type."""
        node, self.wanted = self.at, ()
        if answer.probabilities is None:
            self.failed = True
            self.ends.append((self.share[node], node))
            return
        self.note(answer)
        unknown = answer.probabilities.get(UNKNOWN, 0.0)
        if unknown and all(child.name != UNKNOWN for child in self.children(node)):
            self.ends.append((self.share[node] * unknown, node))
        self.sort_out(self.children(node))

    def result(self) -> Named:
        """Return the likeliest end."""
        _, node = max(self.ends, key=lambda end: end[0])
        return self.finish(node, "unanswered" if self.failed else "unknown")
