"""What may go wrong with a request: try again, give up this text, or give up the server."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cascadener_models.backends.base import BackendError
from cascadener_models.backends.chat.replies import Request, complaint

#: First pause before a retry in seconds; each next one is twice as long, up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
#: A server that asks for a longer pause than this is not waited for.
LONGEST_RETRY_AFTER = 120.0
#: Statuses that mend themselves; so do all from 500 on.
PASSING = (408, 409, 425, 429)
#: Options of a request that some servers and models refuse, and what a user can do about it.
REFUSABLE = {
    "temperature": "take a model that can be asked for its likeliest answer",
    "seed": "take a server that accepts seeds",
    "logprobs": "leave logprobs=False",
    "top_logprobs": "leave logprobs=False",
    "model": "give one of the server's models as extractor and classifier",
}
KEY_VARIABLE = "OPENAI_API_KEY"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a request has no answer.

    Attributes:
        what: One clause for messages; the key is never in it.
        passing: Whether the same request may succeed later.
        pause: Seconds the server asks to wait, if it does.
        answered: Whether the server sent a response at all.
        unreachable: Whether no connection could be made.
    """

    what: str
    passing: bool = True
    pause: float | None = None
    answered: bool = False
    unreachable: bool = False


def pause(trouble: Trouble, attempt: int) -> float:
    """Return how many seconds to wait after the given attempt, counted from 0."""
    if trouble.pause is not None:
        return trouble.pause
    jitter = 0.75 + random.SystemRandom().random() / 4  # leaves the caller's seeded generator alone
    return min(FIRST_PAUSE * 2.0 ** min(attempt, 10), LONGEST_PAUSE) * jitter


def refused(status: int, body: object, headers: Mapping[str, str], key: str) -> Trouble:
    """Return the trouble that a response with an error status means.

    Args:
        status: HTTP status.
        body: JSON of the response, or anything else.
        headers: Of the response.
        key: The secret, which some servers repeat.
    """
    told = complaint(body) or complaint({"error": body})
    told = told.replace(key, "***") if key else told
    told = "".join(character if character.isprintable() else "?" for character in told)
    wait = retry_after(headers)
    passing = (status in PASSING or status >= 500) and (wait is None or wait <= LONGEST_RETRY_AFTER)
    too_long = f"; it asks to wait {wait:.0f} s" if wait is not None and wait > LONGEST_RETRY_AFTER else ""
    return Trouble(f"status {status}{f': {told}' if told else ''}{too_long}", passing, wait, answered=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, given as milliseconds, seconds or a date.

    >>> retry_after({"retry-after": "3"}), retry_after({"retry-after": "soon"})
    (3.0, None)
    """
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        return seconds if seconds >= 0 else None  # not a number is not at least 0
    try:
        date = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, date.timestamp() - time.time())
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def check_mendable(status: int, code: object, option: object, request: Request, url: str, trouble: Trouble) -> None:
    """Raise an error for what fails for every text alike, and what the user can mend.

    Args:
        status: HTTP status.
        code: The error's code, if the server gave one.
        option: Name of the option that the error is about, if the server gave it.
        request: What was asked.
        url: Of the server, to show.
        trouble: What the response means.

    Raises:
        BackendError: If so.
    """
    if status in (401, 403):
        help_text = f"set {KEY_VARIABLE} to a key that may use model {request.model!r}, or give api_key"
        raise BackendError(f"the server at {url} refuses the key ({trouble.what}): {help_text}")
    if status == 402 or code == "insufficient_quota":
        raise BackendError(f"the account of the key has no quota left at {url} ({trouble.what})")
    if status in (404, 405):
        help_text = f"check the name {request.model!r} and the URL, which usually ends in /v1"
        raise BackendError(f"the server at {url} knows no such model or address ({trouble.what}): {help_text}")
    if status in (400, 422) and isinstance(option, str) and option in REFUSABLE:
        raise BackendError(f"the server at {url} refuses {option} ({trouble.what}): {REFUSABLE[option]}")
    if status in (400, 422) and (f"'{request.model}'" in trouble.what or f"`{request.model}`" in trouble.what):
        raise BackendError(f"the server at {url} refuses the model ({trouble.what}): {REFUSABLE['model']}")


def unreachable(url: str, trouble: Trouble) -> BackendError:
    """Return the error for a server that never sent a response."""
    return BackendError(f"no answer from a server at {url} ({trouble.what}): is it running, and is the URL right?")
