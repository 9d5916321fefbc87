"""Files that grow while a run is under way: one run at a time may write them."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from dynamicner_dataset.errors import InputError

try:
    import fcntl
except ImportError:  # Windows: two runs into one file are then the user's care
    fcntl = None


def claim(file: IO[bytes], path: Path, size: int) -> None:
    """Claim an open file for this run alone, until it is closed.

    Args:
        file: Opened for appending.
        path: Its path.
        size: What it held when this run read it, in bytes.

    Raises:
        InputError: If another run is writing it, or has written it since.
    """
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputError("another run is writing this file; wait for it or stop it", path) from error
    if path.stat().st_size != size:
        raise InputError("another run has written this file in the meantime; run again to go on", path)
