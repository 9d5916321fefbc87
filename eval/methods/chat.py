"""The cascade's chat back end with two more doors: free text, and every raw answer kept."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cascadener_models.backends.base import Answer, Extracted, Question, Rounds
from cascadener_models.backends.chat import ChatBackend
from cascadener_models.backends.chat.backend import shared_costs
from cascadener_models.backends.chat.client import Batch, Client
from cascadener_models.backends.chat.replies import Reply, Request
from cascadener_models.prompts import QUESTION, Demonstration, context_free_classification_prompt, split_question
from cascadener_models.results import FREE, StageCost
from dynamicner_dataset.textlines import well_formed
from eval.methods.asking import Ask, Said, digest
from eval.methods.base import labelled
from eval.methods.journal import Journal


class JournalledClient:
    """A client that looks into a journal before it asks, and keeps what it is told."""

    def __init__(self, client: Client, journal: Journal) -> None:
        self.client, self.journal = client, journal

    async def ask(self, request: Request, batch: Batch) -> Reply:
        """Ask one question, or return the answer that is there; failures are asked again."""
        key = digest(asdict(request))
        if (kept := self.journal.get(key)) is not None:
            return Reply(**kept)
        reply = await self.client.ask(request, batch)
        if not reply.failure:
            self.journal.put(key, asdict(reply))
        return reply

    async def close(self) -> None:
        """Close all connections."""
        await self.client.close()


class RecordingChat(ChatBackend):
    """The chat back end, with a journal, raw answers by text, and free text.

    Attributes:
        journal: Where answers are kept; to be set before the first question of a run.
        heard: Raw answers by the text that was asked about.
        context_free: Whether the classifier is asked about the mention without its sentence (Table 10).
    """

    def __init__(self, url: str | None = None, *, context_free: bool = False, **options: Any) -> None:
        super().__init__(url, **options)
        self.journal, self.context_free = Journal(), context_free
        self.heard: defaultdict[str, list[str]] = defaultdict(list)
        self._labels: tuple[tuple[str, str], ...] = ()
        make = self._make_client
        self._make_client = lambda: JournalledClient(make(), self.journal)

    def use(self, journal: Journal) -> None:
        """Keep answers in another journal from now on."""
        self.journal = journal
        if self._client is not None:
            self._client.journal = journal

    def extract(self, texts: Sequence[str], rounds: Rounds) -> list[Extracted]:
        """Extract, and keep what was said."""
        labels = [(text, f"extract {number + 1}") for text in texts for number in range(rounds.k)]
        return self._listening(labels, lambda: super(RecordingChat, self).extract(texts, rounds))

    def classify(self, questions: Sequence[Question]) -> list[Answer]:
        """Classify, and keep what was said."""
        labels = [(one.text, f"classify {one.text[slice(*one.span)]}") for one in questions]
        return self._listening(labels, lambda: super(RecordingChat, self).classify(questions))

    def _listening(self, labels: Sequence[tuple[str, str]], run: Any) -> Any:
        """Run something that asks one question a label, and keep each answer under its label's text."""
        self._labels = tuple(labels)
        try:
            return run()
        finally:
            self._labels = ()

    def _ask(self, requests: Sequence[Request | Reply]) -> list[Reply]:
        """Make all requests, and keep the answers."""
        replies = super()._ask(requests)
        for (text, label), reply in zip(self._labels, replies, strict=False):
            self.heard[text].append(labelled(label, said(reply, FREE).raw))
        return replies

    def _classification(self, question: Question) -> Request | Reply:
        """Return the request for a question, without the sentence if that is wanted."""
        request = super()._classification(question)
        if not self.context_free or isinstance(request, Reply):
            return request
        mention = well_formed(question.text[slice(*question.span)])
        prompt = context_free_classification_prompt(mention, question.types, zero_shot=question.zero_shot)
        messages = [*request.messages[:-1], {"role": "user", "content": well_formed(prompt)}]
        return Request(request.model, messages, request.most_tokens, logprobs=request.logprobs)

    def complete(self, asks: Sequence[Ask]) -> list[Said]:
        """Answer each question in free text, one request each; see :class:`eval.methods.asking.Completer`."""
        began = time.perf_counter()
        requests = [Request(self._extractor, one.messages(), one.most_tokens) for one in asks]
        replies = self._ask(requests)
        costs = shared_costs([[reply] for reply in replies], time.perf_counter() - began)
        return [said(reply, cost) for reply, cost in zip(replies, costs, strict=True)]


def said(reply: Reply, cost: StageCost) -> Said:
    """Return what a reply says."""
    return Said(reply.text, reply.failure, reply.cut, cost)


def without_sentence(shown: Demonstration) -> Demonstration:
    """Return a worked example of classification without its sentence, for context-free prompts."""
    stem, names = split_question(shown.prompt)
    return Demonstration(stem.partition(' in the sentence "')[0] + QUESTION + names, shown.answer)
