"""The back end that asks an OpenAI-compatible chat server."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from cascadener_models.alignment import align_answer, askable, match_type, reaches_end, resembles
from cascadener_models.backends.base import Answer, BackendError, Extracted, Extraction, Found, Question, Rounds
from cascadener_models.backends.chat.client import Batch, Client, libraries
from cascadener_models.backends.chat.probabilities import distribution
from cascadener_models.backends.chat.replies import Reply, Request
from cascadener_models.backends.chat.thread import LoopThread
from cascadener_models.backends.chat.troubles import KEY_VARIABLE
from cascadener_models.prompts import Demonstration, chat_messages, classification_prompt, offered
from cascadener_models.results import StageCost
from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.textlines import well_formed

URL_VARIABLE = "OPENAI_BASE_URL"
OPENAI_URL = "https://api.openai.com/v1"
#: Tokens that an answer may have beyond one for each byte of what it copies: a token has at least one byte.
SPARE_TOKENS = 32


class ChatBackend:
    """Extractor and classifier on a server: vLLM, transformers serve, llama.cpp, OpenAI and whatever speaks like it.

    Answers cannot be constrained there; they are aligned, and what does not align is dropped and counted. Calls block;
    they work inside a running event loop too. A text whose requests fail has its failure in its result, and the others
    have their answers.

    Args:
        url: Base URL of the API; one without a path gets ``/v1``. ``$OPENAI_BASE_URL``, else OpenAI's, if not given.
        extractor: Name of the model that marks mentions.
        classifier: Name of the model that chooses types; the extractor's if not given.
        api_key: Key; ``$OPENAI_API_KEY`` if not given. Servers of your own mostly need none.
        concurrency: Requests under way at once, over all calls.
        timeout: Seconds for one request.
        retries: Further attempts at a request that was throttled, timed out, broke off or met an error of the server.
        max_answer_tokens: Longest answer; by default as many tokens as the expected answer has bytes, and some.
        extraction_demonstrations: Worked examples that go before each extraction.
        classification_demonstrations: Worked examples that go before each classification.
        logprobs: Ask for token probabilities, and give each answer the probabilities of its types.
        extra: Further fields for every request, such as ``{"chat_template_kwargs": {"enable_thinking": False}}``.

    Raises:
        BackendError: If a needed package is not installed, or a setting cannot be used.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        extractor: str,
        classifier: str | None = None,
        api_key: str | None = None,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 5,
        max_answer_tokens: int | None = None,
        extraction_demonstrations: Iterable[Demonstration] = (),
        classification_demonstrations: Iterable[Demonstration] = (),
        logprobs: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        libraries()  # says at once what to install
        check_settings(concurrency, timeout, retries, max_answer_tokens)
        url = server_url(url or os.environ.get(URL_VARIABLE) or OPENAI_URL)
        key = check_key(os.environ.get(KEY_VARIABLE, "") if api_key is None else api_key)
        self._make_client = lambda: Client(url, key, concurrency, timeout, retries, extra)
        self._client: Client | None = None
        self._thread = LoopThread()
        self._extractor, self._classifier = extractor, classifier or extractor
        self._concurrency, self._most_tokens, self._logprobs = concurrency, max_answer_tokens, logprobs
        self._shown_extractions = tuple(extraction_demonstrations)
        self._shown_classifications = tuple(classification_demonstrations)
        self.gives_probabilities = logprobs
        self.description: Mapping[str, str] = {
            "server": url,
            "extractor": self._extractor,
            "classifier": self._classifier,
            "requests": f"{concurrency} at once, {timeout:g} s each, {retries} retries",
        }

    def __repr__(self) -> str:
        """Return server and models; never the key."""
        shown = self.description
        return f"ChatBackend({shown['server']!r}, extractor={self._extractor!r}, classifier={self._classifier!r})"

    def extract(self, texts: Sequence[str], rounds: Rounds) -> list[Extracted]:
        """Extract each text ``rounds.k`` times, one request each; see :class:`cascadener_models.backends.base.Backend`.

        Raises:
            BackendError: If the server cannot be used, or ``rounds.threshold`` is set: a server does not show the
                probabilities that it needs.
        """
        if rounds.threshold is not None:
            raise BackendError("thresholded extraction needs a local model; with a server set k, and no threshold")
        began = time.perf_counter()
        replies = self._ask([self._extraction(text, rounds, number) for text in texts for number in range(rounds.k)])
        by_text = [replies[at : at + rounds.k] for at in range(0, len(replies), rounds.k)]
        costs = shared_costs(by_text, time.perf_counter() - began)
        return [
            Extracted(tuple(read_extraction(text, reply) for reply in group), cost)
            for text, group, cost in zip(texts, by_text, costs, strict=True)
        ]

    def classify(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer each question with one request; see :class:`cascadener_models.backends.base.Backend`.

        Raises:
            BackendError: If the server cannot be used.
            InputError: If a list of types cannot be shown.
        """
        began = time.perf_counter()
        replies = self._ask([self._classification(question) for question in questions])
        costs = shared_costs([[reply] for reply in replies], time.perf_counter() - began)
        return [read_answer(*found) for found in zip(questions, replies, costs, strict=True)]

    def forget(self) -> None:
        """Forget nothing: no answer is kept."""

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        if self._client is not None:
            client, self._client = self._client, None
            self._thread.run(client.close())
        self._thread.close()

    def _extraction(self, text: str, rounds: Rounds, number: int) -> Request | Reply:
        """Return one round's request for a text, or the reply if none is needed or none can be asked."""
        if not text.strip():
            return Reply(text=text)
        try:
            prompt = askable(text)
        except InputError as error:
            return Reply(failure=error.problem)
        return Request(
            self._extractor,
            chat_messages(prompt, self._shown_extractions),
            self._most_tokens or len(prompt.encode()) + SPARE_TOKENS,
            rounds.temperature if number else 0.0,
            draw_seed(rounds.seed, text, number) if number else None,
        )

    def _classification(self, question: Question) -> Request | Reply:
        """Return the request for a question, or the reply if its text cannot be asked."""
        try:
            askable(question.text)
        except InputError as error:
            return Reply(failure=error.problem)
        prompt = classification_prompt(question.text, question.span, question.types, zero_shot=question.zero_shot)
        longest = max(len(well_formed(name).encode()) for name in offered(question.types, question.zero_shot))
        return Request(
            self._classifier,
            chat_messages(well_formed(prompt), self._shown_classifications),
            self._most_tokens or longest + SPARE_TOKENS,
            logprobs=self._logprobs,
        )

    def _ask(self, requests: Sequence[Request | Reply]) -> list[Reply]:
        """Make all requests; the replies are in their order."""
        return self._thread.run(self._ask_all(requests))

    async def _ask_all(self, requests: Sequence[Request | Reply]) -> list[Reply]:
        self._client = client = self._client or self._make_client()
        batch, todo = Batch(), iter(enumerate(requests))
        replies: dict[int, Reply] = {}

        async def work() -> None:
            for at, request in todo:
                replies[at] = request if isinstance(request, Reply) else await client.ask(request, batch)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._concurrency, len(requests))):
                    group.create_task(work())
        except BaseExceptionGroup as errors:  # the first error cancels the other requests
            raise errors.exceptions[0] from None
        return [replies[at] for at in range(len(requests))]


def read_extraction(text: str, reply: Reply) -> Extraction:
    """Return what one reply says of a text."""
    if reply.failure:
        return Extraction(failure=reply.failure)
    if reply.cut and not reaches_end(text, reply.text):
        return Extraction(failure="the answer was cut off before the end of the text; a higher max_answer_tokens helps")
    spans, unaligned = align_answer(text, reply.text)
    if not spans and not unaligned and not resembles(text, reply.text):
        return Extraction(failure=f"the answer is no copy of the text: {shorten(reply.text)}")
    return Extraction(tuple(Found(start, end) for start, end in spans), unaligned)


def read_answer(question: Question, reply: Reply, cost: StageCost) -> Answer:
    """Return what a reply says of a question."""
    if reply.failure:
        return Answer(None, cost=cost, failure=reply.failure)
    said = match_type(reply.text, question.types, question.zero_shot)
    if said is None:
        return Answer(None, cost=cost, failure=f"the answer names none of the types: {shorten(reply.text)}")
    probabilities = distribution(offered(question.types, question.zero_shot), reply.logprobs)
    # The likeliest type may be another than the one that begins with the likeliest token.
    return Answer(next(iter(probabilities)) if probabilities else said, probabilities, cost)


def shared_costs(groups: Sequence[Sequence[Reply]], seconds: float) -> list[StageCost]:
    """Return what each group of replies cost; the seconds are shared by tokens, or by requests if none are known."""
    sums = [
        (sum(r.tokens_in for r in group), sum(r.tokens_out for r in group), sum(r.requests for r in group))
        for group in groups
    ]
    weights = [tokens_in + tokens_out for tokens_in, tokens_out, _ in sums]
    if not any(weights):
        weights = [requests for _, _, requests in sums]
    each = seconds / (sum(weights) or 1)
    return [StageCost(*counts, each * weight) for counts, weight in zip(sums, weights, strict=True)]


def draw_seed(seed: int, text: str, number: int) -> int:
    """Return the seed of a sampled round, in 31 bits, which every server takes."""
    key = f"{seed}:{number}:{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(key, digest_size=4).digest(), "big") >> 1


def server_url(url: str) -> str:
    """Return the base URL of an API; one without a path gets ``/v1``, where all known servers have theirs.

    Raises:
        BackendError: If it is no URL, or may hold a secret, which would end up in logs.

    >>> server_url("http://localhost:8000")
    'http://localhost:8000/v1'
    """
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if "@" in url or (good and (parts.query or parts.fragment)):
        raise BackendError(f"a server's URL holds no user, password or query; set {KEY_VARIABLE} or give api_key")
    if not good:
        raise BackendError(f"{shorten(url)} is no URL; wanted is one like http://localhost:8000/v1")
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") or "/v1"))


def check_key(key: str) -> str:
    """Return a key without outer spaces.

    Raises:
        BackendError: If it holds what no header can carry; the message does not repeat it.
    """
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise BackendError(f"the API key has characters that no key has; check {KEY_VARIABLE}")
    return key


def check_settings(concurrency: int, timeout: float, retries: int, max_answer_tokens: int | None) -> None:
    """Raise an error for settings that cannot be used."""
    if concurrency < 1:
        raise BackendError(f"at least one request at once is needed, not {concurrency}")
    if not timeout > 0:
        raise BackendError(f"the time limit of a request must be above 0 seconds, not {timeout}")
    if retries < 0:
        raise BackendError(f"the number of retries must be at least 0, not {retries}")
    if max_answer_tokens is not None and max_answer_tokens < 1:
        raise BackendError(f"answers need at least 1 token, not {max_answer_tokens}")
