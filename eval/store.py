"""Predictions on disk: a line a sentence as they come, so that a run that was killed goes on where it was.

A folder holds ``predictions.jsonl``, ``settings.json`` beside it, and, until all sentences are finished,
``answers.jsonl``: the answers of the models to single requests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.growing import claim
from eval.methods.base import Predicted, Task
from eval.methods.journal import Journal

PREDICTIONS, SETTINGS, ANSWERS = "predictions.jsonl", "settings.json", "answers.jsonl"
#: What all predictions of a folder have in common; a run with other values of these is refused.
IDENTITY = (
    *("method", "model", "model_settings", "config", "file", "split", "sentences", "data_sha256", "options", "seed"),
    *("train_sha256",),
)


class Store:
    """The predictions of one method, model, config and language.

    Attributes:
        folder: Where they are.
        done: Sentences that are finished.
        journal: The answers to single requests, once the store is open.

    Args:
        folder: Made when the first prediction is written.
        settings: What goes into ``settings.json``.
        tasks: All sentences, in order.

    Raises:
        InputError: If the folder holds predictions with other settings or of other sentences.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], tasks: Sequence[Task]) -> None:
        self.folder, self.tasks = folder, tasks
        self.path = folder / PREDICTIONS
        self.settings = json.loads(json.dumps(settings))
        self._file: IO[bytes] | None = None
        self._check_settings()
        self.done, self._kept, self._size = finished_lines(self.path, tasks)
        self.journal = Journal()

    @property
    def remaining(self) -> Sequence[Task]:
        """The sentences that are still to do."""
        return self.tasks[self.done :]

    def _check_settings(self) -> None:
        """Refuse a folder that was made otherwise."""
        path = self.folder / SETTINGS
        if not path.exists():
            if self.path.exists() and self.path.stat().st_size:
                raise InputError(f"has no {SETTINGS} beside it: how it was made is unknown; delete it", self.path)
            return
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError("is no JSON; delete the folder and run again", path) from error
        if not isinstance(before, dict):
            raise InputError("is no JSON object; delete the folder and run again", path)
        for key in IDENTITY:
            if before.get(key) != self.settings.get(key):
                difference = tell_difference(key, before.get(key), self.settings.get(key))
                raise InputError(f"was made otherwise ({difference}); delete the folder or name another", path)

    def open(self) -> None:
        """Open the folder for what follows the finished lines; half a line at the end is cut off.

        Raises:
            InputError: If another run is writing it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab")
        try:
            claim(self._file, self.path, self._size)
            self._file.truncate(self._kept)
            if not (self.folder / SETTINGS).exists():
                with atomic_file(self.folder / SETTINGS) as file:
                    json.dump(self.settings, file, ensure_ascii=False, indent=1)
                    file.write("\n")
            self.journal = Journal(self.folder / ANSWERS)
        except BaseException:
            self.close()
            raise

    def append(self, predicted: Predicted) -> None:
        """Write the next sentence's prediction, through to the system.

        Raises:
            ValueError: If it is not flat, sorted and inside its text; a fault of the method.
        """
        task = self.tasks[self.done]
        check_flat(predicted, task)
        self._file.write(predicted.to_line(task).encode())
        self._file.flush()
        self.done += 1

    def close(self) -> None:
        """Close the folder; when all sentences are finished, their single answers stand in them and are deleted."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self.done == len(self.tasks):
            self.journal.remove()
        else:
            self.journal.close()


def finished_lines(path: Path, tasks: Sequence[Task]) -> tuple[int, int, int]:
    """Return the number of finished sentences, the bytes of their lines, and those of the file.

    Raises:
        InputError: With file and line, for a whole line that is not the prediction of the sentence in its place.
    """
    if not path.exists():
        return 0, 0, 0
    kept = done = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            check_line(line, tasks[done] if done < len(tasks) else None, path, done + 1)
            kept, done = kept + len(line), done + 1
    return done, kept, path.stat().st_size


def check_line(line: bytes, task: Task | None, path: Path, number: int) -> None:
    """Refuse a line that is not the prediction of a sentence."""
    try:
        record = json.loads(line)
        found = (record["lang"], record["id"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("is no finished prediction; delete the folder and run again", path, number) from error
    if task is None or found != (task.lang, task.id):
        wanted = "no further sentence" if task is None else shorten(task.id)
        raise InputError(f"is of sentence {shorten(str(found[1]))}, where {wanted} is wanted", path, number)


def check_flat(predicted: Predicted, task: Task) -> None:
    """Raise an error for mentions that no predictions file may hold."""
    at = 0
    for mention in predicted.mentions:
        if not at <= mention.start < mention.end <= len(task.text):
            raise ValueError(f"mention {mention} of {task.id} overlaps the one before it or lies outside its text")
        at = mention.end


def tell_difference(key: str, before: Any, now: Any) -> str:
    """Return what differs in one setting, of a mapping the first key that does.

    >>> tell_difference("options", {"k": 1, "sure": 0.0}, {"k": 3, "sure": 0.0})
    'options.k: 1, now 3'
    """
    if isinstance(before, dict) and isinstance(now, dict):
        inner = next(name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name))
        return tell_difference(f"{key}.{inner}", before.get(inner), now.get(inner))
    if key.endswith("sha256"):
        return f"{key}: other data"
    shown = [shorten(str(value)) if isinstance(value, str) else str(value) for value in (before, now)]
    return f"{key}: {shown[0]}, now {shown[1]}"
