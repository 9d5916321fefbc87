"""Answers kept as they come, so that a run that was killed never makes a request twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

from dynamicner_dataset.errors import InputError


class Journal:
    """A file of answers by the digest of their question, one line of JSON each.

    Args:
        path: The file; made on the first answer. ``None`` keeps answers in memory alone.

    Raises:
        InputError: If a whole line of it is no answer. Half a line at the end, as a kill leaves it, is cut off.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._file: IO[bytes] | None = None
        self._answers: dict[str, dict[str, Any]] = {}
        if path is not None and path.exists():
            self._read(path)

    def _read(self, path: Path) -> None:
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                entry = json.loads(line)
                self._answers[entry["key"]] = dict(entry["answer"])
            except (ValueError, KeyError, TypeError) as error:
                raise InputError("is no line of a journal; delete the file and run again", path, number) from error
        if len(whole) < len(data):
            with path.open("r+b") as file:
                file.truncate(len(whole))

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self._answers)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the answer to a question, if it is there."""
        return self._answers.get(key)

    def put(self, key: str, answer: dict[str, Any]) -> None:
        """Keep an answer, through to the system."""
        self._answers[key] = answer
        if self.path is None:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
        self._file.write(json.dumps({"key": key, "answer": answer}).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Delete the file: all its answers stand in finished predictions."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
