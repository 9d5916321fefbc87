"""What is wrong with a submission, fault by fault, and how much of one is read at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.textlines import MAX_LINE_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read of a file that anyone may have sent.

    Attributes:
        file_bytes: Longest file.
        line_bytes: Longest line, without its newline; at most ``MAX_LINE_BYTES``.
        entities: Most entities in a sentence; never more than it has characters, as mentions are flat.
        settings_bytes: Longest ``settings.json``.
        listed: Faults that are described.
        faults: Faults after which reading stops: each costs time.
    """

    file_bytes: int = 512 * 2**20
    line_bytes: int = MAX_LINE_BYTES
    entities: int = 1_000
    settings_bytes: int = 100_000
    listed: int = 20
    faults: int = 10_000


class Faults:
    """All faults of one submission: the first ones described, all counted.

    Attributes:
        file: The submission as it may be printed.
        listed: The first faults, with file and line.
        total: Number of all faults found.
        stopped: Whether there may be more, as reading was stopped.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.file = printable(path)
        self.limits = limits
        self.listed: list[InputError] = []
        self.total = 0
        self.stopped = False

    def __bool__(self) -> bool:
        return self.total > 0

    @property
    def described(self) -> bool:
        """Whether the next fault will be described: only then is a dear description worth its time."""
        return len(self.listed) < self.limits.listed

    @property
    def full(self) -> bool:
        """Whether reading should stop."""
        return self.total >= self.limits.faults

    def add(self, problem: str, line: int | None = None, column: int | None = None, file: str | None = None) -> None:
        """Count a fault, and keep it if it is among the first."""
        if self.described:
            self.listed.append(InputError(problem, file or self.file, line, column))
        self.total += 1

    @contextmanager
    def collected(self, line: int | None = None, file: str | None = None) -> Iterator[Attempt]:
        """Add what is raised as a fault of that line; the block's value says afterwards whether it went well."""
        attempt = Attempt()
        try:
            yield attempt
            attempt.sound = True
        except InputError as error:
            self.add(error.problem, line, error.column, file)
        except RecursionError:
            self.add("is nested too deeply", line, file=file)

    def summary(self) -> str:
        """Return how many there are.

        >>> faults = Faults(Path("a.jsonl"), Limits(listed=1))
        >>> faults.add("is empty")
        >>> faults.add("has no end")
        >>> faults.summary()
        '2 faults, the first 1 of them listed; nothing was scored'
        """
        number = f"{'at least ' if self.stopped else ''}{self.total:,} fault{'s' if self.total != 1 else ''}"
        part = f", the first {len(self.listed)} of them listed" if self.total > len(self.listed) else ""
        return f"{number}{part}; nothing was scored"


@dataclass(slots=True)
class Attempt:
    """Whether a block under :meth:`Faults.collected` came to its end."""

    sound: bool = field(default=False)


def printable(path: Path) -> str:
    r"""Return a path as it may go to a terminal, whatever bytes its name has.

    >>> printable(Path("a\x1b[2Jb"))
    "'a\\x1b[2Jb'"
    """
    text = str(path)
    return text if text.isprintable() else shorten(text, 200)
