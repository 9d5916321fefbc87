"""Requests to a chat server, and reading what it sends back, whatever that is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dynamicner_dataset.errors import shorten

#: Numbers of tokens above this are nonsense.
MOST_TOKENS = 10**9


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    Attributes:
        model: Name under which the server knows it.
        messages: The turns, see :func:`cascadener_models.prompts.chat_messages`.
        most_tokens: Longest answer, in tokens.
        temperature: 0 for the likeliest answer.
        seed: Of a sampled answer.
        logprobs: Whether to ask for the probabilities of the answer's tokens.
    """

    model: str
    messages: Sequence[Mapping[str, str]]
    most_tokens: int
    temperature: float = 0.0
    seed: int | None = None
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one question.

    Attributes:
        text: The answer; empty if there is none.
        failure: Why there is no usable answer; empty if there is one.
        cut: Whether the answer was cut off by the limit of tokens.
        tokens_in: Tokens of the prompt as the server counts them; 0 if it does not say.
        tokens_out: Tokens of the answer, likewise.
        requests: Requests made, retries included.
        logprobs: The server's record of the answer's tokens, unchecked.
    """

    text: str = ""
    failure: str = ""
    cut: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    requests: int = 0
    logprobs: Any = None


def read_reply(body: bytes) -> Reply:
    """Read the body of a response with status 200; it may hold anything.

    >>> read_reply(b'{"choices": [{"message": {"content": "city"}}], "usage": {"prompt_tokens": 7}}')
    Reply(text='city', failure='', cut=False, tokens_in=7, tokens_out=0, requests=0, logprobs=None)
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        start = body[:60].decode("utf-8", "replace")
        return Reply(failure=f"the server sent no JSON: {shorten(start)}" if body else "the server sent an empty body")
    usage = inner(data, "usage")
    usage = Reply(tokens_in=number(inner(usage, "prompt_tokens")), tokens_out=number(inner(usage, "completion_tokens")))
    choice = inner(data, "choices", 0)
    if not isinstance(choice, dict):
        told = complaint(data)
        return replace(usage, failure=f"the server sent no answer{f': {told}' if told else ''}")
    finish, text = choice.get("finish_reason"), content(inner(choice, "message", "content"))
    if finish == "content_filter":
        return replace(usage, failure="the server's content filter stopped the answer")
    if not text.strip():
        refusal = inner(choice, "message", "refusal")
        why = f"the model refused: {shorten(refusal)}" if isinstance(refusal, str) and refusal else "empty answer"
        return replace(usage, failure=f"{why}{' (cut off by the limit of tokens)' if finish == 'length' else ''}")
    return replace(usage, text=text, cut=finish == "length", logprobs=inner(choice, "logprobs", "content"))


def inner(data: object, *keys: str | int) -> Any:
    """Return what lies under keys and indices, or ``None`` if anything on the way is missing or of another kind."""
    for key in keys:
        if isinstance(key, str) and isinstance(data, dict):
            data = data.get(key)
        elif isinstance(key, int) and isinstance(data, list) and key < len(data):
            data = data[key]
        else:
            return None
    return data


def content(value: object) -> str:
    """Return the text of a message: a string, or a list of parts that have one."""
    if isinstance(value, list):
        return "".join(part for part in (inner(item, "text") for item in value) if isinstance(part, str))
    return value if isinstance(value, str) else ""


def number(value: object) -> int:
    """Return a number of tokens, 0 for anything that is none."""
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else 0


def complaint(data: object) -> str:
    """Return the message of an error's body in any of the forms that servers use, or an empty string."""
    for keys in (("error", "message"), ("message",), ("detail",), ("error",)):
        told = inner(data, *keys)
        if isinstance(told, str) and told.strip() and not told.lstrip().startswith("<"):  # a page is no message
            return " ".join(told.split())[:300]
    return ""
