"""What every command line shares: one clear line and exit code 2 for bad input."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

import typer
import yaml

from dynamicner_dataset.errors import InputError

#: What typer raises for options and arguments that it cannot use: the base of its one public error.
USAGE_ERRORS = typer.BadParameter.__mro__[2]
#: Exit code for bad input and for outputs that could not be written.
BAD_INPUT = 2


@contextlib.contextmanager
def clear_errors() -> Iterator[None]:
    """Turn bad input, a full disk and an interrupt into one line on stderr and exit code 2.

    Faults of the program itself keep their traceback.
    """
    try:
        yield
    except InputError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted; nothing was written but finished parts, which the next run reuses")
    except BrokenPipeError:
        # The reader of the output (head, less) has gone; give Python a place to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(BAD_INPUT) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        hint = "; free some space and run again" if error.errno == errno.ENOSPC else ""
        fail(f"{place}{error.strerror or error}{hint}")


def with_clear_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command under :func:`clear_errors`, inside typer, which would catch an interrupt itself."""

    @functools.wraps(command)
    def run(*args: object, **options: object) -> None:
        with clear_errors():
            command(*args, **options)

    return run


def run_app(app: typer.Typer, name: str) -> NoReturn:
    """Run a command line; wrong usage is one line on stderr and exit code 2, like all bad input."""
    with clear_errors():
        try:
            code = app(prog_name=name, standalone_mode=False)
        except USAGE_ERRORS as error:
            if not error.format_message():  # a command line without arguments: its help has been shown
                raise SystemExit(BAD_INPUT) from None
            problem = error.format_message().replace("Value error, ", "").rstrip(".")
            fail(f"{problem}; see {name} --help")
        raise SystemExit(code if isinstance(code, int) else 0)


def fail(message: str) -> NoReturn:
    """Print one line on stderr and leave with exit code 2."""
    sys.stderr.write(f"error: {message}\n")
    raise SystemExit(BAD_INPUT)


def read_changes(given: Iterable[str] | None, option: str = "--set", example: str = "epochs=2") -> dict[str, Any]:
    """Read repeated ``key=value`` options; the values are YAML.

    Raises:
        InputError: If one is none.

    >>> read_changes(["epochs=3", "data=base-en"])
    {'epochs': 3, 'data': 'base-en'}
    """
    found = {}
    for text in given or []:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise InputError(f"{option} {text!r}: key=value is wanted, such as {example}")
        try:
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise InputError(f"{option} {text!r}: the value is no YAML") from error
    return found
