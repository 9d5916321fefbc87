"""Who submits: name, model, page and date, checked, as they will stand on other people's screens."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from dynamicner_dataset.errors import InputError, shorten

MAX_NAME, MAX_URL = 80, 300
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission's head.

    Attributes:
        name: What the leaderboard calls the system.
        model_id: Its ``OWNER/NAME`` on the Hub; may be empty.
        url: A page about it, http or https; may be empty.
        date: Of the predictions, as ``2026-11-20``; may be empty.
    """

    name: str
    model_id: str = ""
    url: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InputError: At the first that is not as described.
        """
        if not self.name.strip() or len(self.name) > MAX_NAME or not self.name.isprintable():
            raise InputError(f"name {shorten(self.name)} must be 1 to {MAX_NAME} printable characters")
        if self.model_id and not is_model_id(self.model_id):
            raise InputError(f"model id {shorten(self.model_id)} is no OWNER/NAME of the Hub")
        if self.url and not is_web_page(self.url):
            raise InputError(f"url {shorten(self.url)} is no http or https address of at most {MAX_URL} characters")
        if self.date and not is_date(self.date):
            raise InputError(f"date {shorten(self.date)} is no day such as 2026-11-20")


def is_model_id(text: str) -> bool:
    r"""Say whether a text is ``OWNER/NAME`` as the Hub allows it.

    >>> is_model_id("ada/engine-1"), is_model_id("engine"), is_model_id("a/b\n")
    (True, False, False)
    """
    try:
        validate_repo_id(text)
    except HFValidationError:
        return False
    return text.count("/") == 1 and text.isascii() and text.isprintable()


def is_web_page(text: str) -> bool:
    """Say whether a text is an http or https address without anything strange in it.

    >>> is_web_page("https://example.org/a?b=c"), is_web_page("javascript:alert(1)")
    (True, False)
    """
    if len(text) > MAX_URL or not re.fullmatch(r"[!-~]+", text) or set(text) & set("\"'<>\\`"):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def is_date(text: str) -> bool:
    """Say whether a text is a day of the calendar, as ``2026-11-20``."""
    try:
        return bool(DATE.fullmatch(text)) and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False
