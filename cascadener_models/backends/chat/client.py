"""Asking one question of a chat server: slots, time limits, retries, and giving up."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cascadener_models.alignment.needs import INSTALL_HINT
from cascadener_models.backends.base import BackendError
from cascadener_models.backends.chat.replies import Reply, Request, inner, read_reply
from cascadener_models.backends.chat.troubles import Trouble, check_mendable, pause, refused, unreachable
from dynamicner_dataset.errors import nearest

if TYPE_CHECKING:
    from types import ModuleType

#: Longest body that is read; an answer with the probabilities of thousands of tokens is a tenth of this.
MOST_BYTES = 32 * 2**20
#: Attempts to connect to a server that has not answered yet: who mistypes an URL should not wait for all retries.
FIRST_CONTACT = 2
LONGEST_CONNECT = 10.0
#: Placeholder for servers that want no key; the library insists on one.
NO_KEY = "none"


@dataclass(slots=True)
class Batch:
    """What the questions of one call share: whether the server answered any of them."""

    answered: bool = False


class Client:
    """An OpenAI-compatible server; to be made and used inside one event loop.

    Args:
        url: Base URL of the API.
        key: The secret, or an empty string.
        concurrency: Requests under way at once.
        timeout: Seconds for one request, from connecting to the last byte.
        retries: Further attempts after a failed one.
        extra: Further fields of every request.
    """

    def __init__(
        self,
        url: str,
        key: str,
        concurrency: int,
        timeout: float,
        retries: int,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self._library, self._transport = libraries()
        self._url, self._key, self._timeout, self._retries = url, key, timeout, retries
        self._extra = dict(extra or {})
        self._slots = asyncio.Semaphore(concurrency)
        self._limit_name = "max_tokens"
        self._reached = self._down = False
        limits = self._library.Timeout(timeout, connect=min(timeout, LONGEST_CONNECT))
        # Retries are ours: the library's are not counted, and it has no limit for a whole request.
        self._api = self._library.AsyncOpenAI(base_url=url, api_key=key or NO_KEY, timeout=limits, max_retries=0)

    async def close(self) -> None:
        """Close all connections."""
        await self._api.close()

    async def ask(self, request: Request, batch: Batch) -> Reply:
        """Ask one question, again if need be.

        Raises:
            BackendError: If no question of this server would be answered; see the module ``troubles``.
        """
        async with self._slots:
            for attempt in itertools.count():
                outcome = await self._attempt(request)
                if isinstance(outcome, Reply):
                    self._reached, self._down, batch.answered = True, False, True
                    return replace(outcome, requests=attempt + 1)
                if outcome.answered:
                    self._reached, self._down, batch.answered = True, False, True
                if not outcome.passing or attempt + 1 >= self._attempts(outcome, batch):
                    return self._given_up(outcome, batch, attempt + 1)
                await asyncio.sleep(pause(outcome, attempt))
        raise AssertionError("unreachable")

    def _attempts(self, trouble: Trouble, batch: Batch) -> int:
        """Return how often a request is made before it is given up."""
        if trouble.unreachable and self._down:
            return 1
        return (
            min(FIRST_CONTACT, self._retries + 1) if trouble.unreachable and not batch.answered else self._retries + 1
        )

    def _given_up(self, trouble: Trouble, batch: Batch, requests: int) -> Reply:
        """Return the reply of a request that is given up; raise an error if the server is to be given up."""
        if not self._reached or (trouble.unreachable and not batch.answered):
            raise unreachable(self._url, trouble)
        self._down = trouble.unreachable
        often = f" ({requests} attempts)" if requests > 1 else ""
        return Reply(failure=f"{trouble.what}{often}", requests=requests)

    async def _attempt(self, request: Request) -> Reply | Trouble:
        """Make one request."""
        try:
            async with asyncio.timeout(self._timeout):
                body = await self._send(request)
        except (TimeoutError, self._library.APITimeoutError) as error:
            unreached = isinstance(error.__cause__, self._transport.ConnectTimeout)
            return Trouble(f"no answer within {self._timeout:g} s", unreachable=unreached)
        except self._library.APIStatusError as error:
            return await self._status(error, request)
        except (self._library.APIConnectionError, self._transport.RequestError) as error:
            refused_connection = isinstance(error.__cause__, self._transport.ConnectError)
            what = "the connection cannot be made" if refused_connection else "the connection broke off"
            return Trouble(what, unreachable=refused_connection)
        return Reply(failure="the answer is endless") if body is None else read_reply(body)

    async def _send(self, request: Request) -> bytes | None:
        """Return the body of a response with status 200; ``None`` if it is too long."""
        options: dict[str, Any] = {
            "model": request.model,
            "messages": request.messages,
            "temperature": request.temperature,
            self._limit_name: request.most_tokens,
        }
        if request.seed is not None:
            options["seed"] = request.seed
        if request.logprobs:
            options |= {"logprobs": True, "top_logprobs": 20}
        body = bytearray()
        create = self._api.chat.completions.with_streaming_response.create
        async with create(**options, extra_body=self._extra) as response:
            async for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    return None
        return bytes(body)

    async def _status(self, error: Any, request: Request) -> Reply | Trouble:
        """Return what a response with an error status means; raise an error for what the user can mend."""
        # Without a key "none" is sent; it is no secret, and a common word.
        trouble = refused(error.status_code, error.body, error.response.headers, self._key)
        if error.status_code == 400 and self._limit_name == "max_tokens" and "max_completion_tokens" in trouble.what:
            self._limit_name = "max_completion_tokens"  # what newer models of OpenAI call it
            return replace(trouble, passing=True, pause=0.0)
        try:
            check_mendable(error.status_code, error.code, error.param, request, self._url, trouble)
        except BackendError as found:
            if error.status_code != 404:
                raise
            raise BackendError(f"{found.problem}{await self._offers(request.model)}") from None
        return trouble

    async def _offers(self, model: str) -> str:
        """Return a clause about the server's models, or an empty string if it does not tell."""
        try:
            async with asyncio.timeout(min(self._timeout, 5.0)):
                answer = await self._api.models.with_raw_response.list()
                listed = inner(answer.http_response.json(), "data")
        except (TimeoutError, ValueError, RecursionError, self._library.OpenAIError, self._transport.RequestError):
            return ""
        names = [inner(item, "id") for item in listed] if isinstance(listed, Sequence) else []
        names = [name for name in names if isinstance(name, str)]
        return (nearest(model, names) or f"; it serves: {', '.join(names[:8])}") if names else ""


def libraries() -> tuple[ModuleType, ModuleType]:
    """Return the client library and what it sends with.

    Raises:
        BackendError: If they are not installed.
    """
    try:
        import httpx2
        import openai
    except ImportError as error:
        raise BackendError(f"asking a server needs packages that are not installed: {INSTALL_HINT}") from error
    return openai, httpx2
