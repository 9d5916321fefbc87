"""Output that survives an interrupt: finished rows wait in ``OUT.part`` until all are there.

Beside it ``OUT.part.json`` holds the settings they were made with. A run with the same settings goes on behind the last
whole block whose rows are still those of the input; the output has then the same bytes as that of an uninterrupted run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any

from cascadener_models.command.readers import Row
from cascadener_models.command.results import Finished, is_full, is_of
from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.growing import claim


class PartFile:
    """The finished rows of one output.

    Attributes:
        path: Where they wait.
        done: How many of them the next run keeps.
        note: What the user should know about that; may be empty.
    """

    def __init__(self, output: Path, settings: dict[str, Any]) -> None:
        self.output = output
        self.path = output.with_name(output.name + ".part")
        self.sidecar = output.with_name(output.name + ".part.json")
        self.settings = json.loads(json.dumps(settings))
        self.done = 0
        self.note = ""
        self._kept = self._size = 0  # bytes that are kept, and that were there
        self._file: IO[bytes] | None = None

    def remaining(self, rows: Iterator[Row], size: int) -> Iterator[Row]:
        """Return the rows that are still to do; nothing is written yet.

        Rows are kept by whole blocks only, so that those that follow meet the same neighbours as in one run.

        Args:
            rows: All rows of the input.
            size: Rows in a block (see :func:`is_full`).
        """
        if not self.path.exists():
            return rows
        self._size = self.path.stat().st_size
        changed = self._changed_settings()
        if changed:
            self.note = f"{self.path} was made with other settings ({changed}): starting anew"
            return rows
        rest = self._skip(rows, size)
        if self.done and not self.note:
            self.note = f"going on behind the {self.done:,} finished rows of {self.path}"
        return rest

    def _skip(self, rows: Iterator[Row], size: int) -> Iterator[Row]:
        """Pass over the rows that are finished, and count them."""
        block: list[Row] = []
        position = 0
        with self.path.open("rb") as part:
            for line in part:
                row = next(rows, None)
                if row is None:
                    self.note = f"the input is shorter than the {self.path} that was made of it"
                    return iter(block)
                block.append(row)
                if not is_of(line.decode("utf-8", "replace"), row):
                    self._tell_change(line, row)
                    return chain(block, rows)
                position += len(line)
                if is_full(block, size):
                    self.done, self._kept, block = self.done + len(block), position, []
        last = next(rows, None)
        if last is None:  # the block at the end of the input may be short
            self.done, self._kept = self.done + len(block), position
            return iter(())
        return chain(block, [last], rows)

    def _tell_change(self, line: bytes, row: Row) -> None:
        if line.endswith(b"\n"):  # else it is the line at which the earlier run was cut
            file, number = row.place
            self.note = (
                f"{file}:{number} has changed since the last run: keeping the {self.done:,} rows before its block"
            )

    def _changed_settings(self) -> str:
        """Return the names of settings that differ from those of the part file; empty if none does."""
        try:
            before = json.loads(self.sidecar.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return "unknown ones"
        if not isinstance(before, dict):
            return "unknown ones"
        names = sorted(before.keys() | self.settings.keys())
        return ", ".join(name for name in names if before.get(name) != self.settings.get(name))

    def start(self) -> None:
        """Open the part file for what follows the rows that are kept.

        Raises:
            InputError: If another run is writing it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab")
        try:
            claim(self._file, self.path, self._size)
            self._file.truncate(self._kept)
            with atomic_file(self.sidecar) as file:
                json.dump(self.settings, file, ensure_ascii=False, indent=2)
                file.write("\n")
        except BaseException:
            self.close()
            raise

    def append(self, block: Iterable[Finished]) -> None:
        """Write one block, at once and through to the system."""
        lines = [finished.line.encode("utf-8") for finished in block]
        self._file.write(b"".join(lines))
        self._file.flush()
        self.done += len(lines)

    def close(self) -> None:
        """Close the file; it stays for the next run unless it is empty."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        if not self.done:
            self.path.unlink(missing_ok=True)
            self.sidecar.unlink(missing_ok=True)

    def become_output(self) -> None:
        """Put the finished rows in the place of the output, atomically."""
        os.fsync(self._file.fileno())
        self.close()
        self.path.replace(self.output)
        self.sidecar.unlink(missing_ok=True)

    def render_output(self, parts: Iterable[str]) -> None:
        """Write the output in another format, whole or not at all; the finished rows are deleted then."""
        with atomic_file(self.output) as file:
            file.writelines(parts)
        self.close()
        self.path.unlink()
        self.sidecar.unlink(missing_ok=True)
