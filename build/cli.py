"""The console that all commands print to."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console


class CommandConsole(Console):
    """A console that leaves a broken pipe to :func:`dynamicner_dataset.command_line.clear_errors`."""

    def on_broken_pipe(self) -> NoReturn:
        """Pass the error on; rich itself would exit with code 1."""
        raise  # rich calls this while it handles the error


console = CommandConsole()
