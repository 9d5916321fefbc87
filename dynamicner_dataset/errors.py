"""The one exception for bad input: where it is, what is wrong, what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass
class InputError(ValueError):
    """Input that cannot be used; command lines print it on one line and exit with code 2.

    Attributes:
        problem: What is wrong, and what would be right.
        file: The file the input came from.
        line: Line or row, counted from 1.
        column: Column in code points, counted from 1.
    """

    problem: str
    file: str | Path | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return ``FILE:LINE:COLUMN: problem``, without the parts that are unknown, on one line."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        problem = " ".join(self.problem.split())
        return f"{place}: {problem}" if place else problem


def nearest(word: str, known: Iterable[str], count: int = 3) -> str:
    """Return a clause that names the known words most like ``word``, or an empty string.

    >>> nearest("citty", ["city", "country"])
    '; did you mean: city, country?'
    """
    close = difflib.get_close_matches(word, list(known), count, cutoff=0.5)
    return f"; did you mean: {', '.join(close)}?" if close else ""


def first_line(error: Exception, telling: str = "") -> str:
    r"""Return the first line of an error that may span pages, or the first with ``telling`` in it.

    >>> first_line(ValueError("no model\n\nTry this: ..."))
    'no model'
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    return next((line for line in lines if telling and telling in line), first)


def shorten(value: str, limit: int = 60) -> str:
    """Quote a value for an error message, cut to ``limit`` characters, with nothing unprintable in it.

    >>> shorten("a" * 70, 5)
    "'aaaaa'..."
    """
    return f"{value[:limit]!r}..." if len(value) > limit else repr(value)
