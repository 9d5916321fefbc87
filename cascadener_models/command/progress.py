"""How far a long run is: a bar on a terminal, else a line now and then. All on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

#: Seconds between two lines where there is no terminal.
LINE_EVERY = 30.0


class Reporter:
    """Counts rows; shows nothing itself."""

    def __init__(self, size: int | None) -> None:
        self.size = size  # bytes of the input, if known
        self.rows = 0

    def advance(self, rows: int, offset: int) -> None:
        """Tell of finished rows, up to a byte of the input."""
        self.rows += rows


class LineReporter(Reporter):
    """Prints a line at most every ``LINE_EVERY`` seconds, as for a log."""

    def __init__(self, size: int | None) -> None:
        super().__init__(size)
        self.begun = self.told = time.monotonic()

    def advance(self, rows: int, offset: int) -> None:
        """Tell of finished rows, up to a byte of the input."""
        super().advance(rows, offset)
        now = time.monotonic()
        if now - self.told >= LINE_EVERY:
            self.told = now
            share = f", {offset / self.size:.1%} of the input" if self.size else ""
            sys.stderr.write(f"{self.rows:,} rows, {self.rows / (now - self.begun):.2f} a second{share}\n")


class BarReporter(Reporter):
    """Moves a bar by bytes of the input, where their number is known."""

    def __init__(self, size: int | None, progress: Progress) -> None:
        super().__init__(size)
        self.progress = progress
        self.task = progress.add_task("rows", total=size, rows=0)

    def advance(self, rows: int, offset: int) -> None:
        """Tell of finished rows, up to a byte of the input."""
        super().advance(rows, offset)
        self.progress.update(self.task, completed=offset if self.size else None, rows=self.rows)


@contextmanager
def reporting(size: int | None, *, wanted: bool) -> Iterator[Reporter]:
    """Yield what to tell of finished rows: a bar, lines, or, if not ``wanted``, nothing."""
    if not wanted:
        yield Reporter(size)
    elif not sys.stderr.isatty():
        yield LineReporter(size)
    else:
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]:,} rows"))
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, *times, console=Console(stderr=True), transient=True) as progress:
            yield BarReporter(size, progress)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show what is going on while something without a measure runs; nothing without a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(what):
        yield
