"""A file of predictions against the sentences it is for: read whole and sound, or refused with every fault.

A submission is hostile input: it is parsed as strict JSON, line by line, within :class:`Limits`; nothing of it is run,
and nothing of it reaches a message but quoted and cut.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from dynamicner_dataset.corpus import read_splits
from dynamicner_dataset.errors import InputError, nearest, shorten
from dynamicner_dataset.formats.jsonl import take
from eval.gold import Gold, data_hash
from eval.submissions.declared import Expected, check_declared, is_header, read_settings
from eval.submissions.entities import Submitted, read_line
from eval.submissions.faults import Faults, Limits, printable
from eval.submissions.lines import Record, read_records
from eval.submissions.values import MAX_NAME

LIMITS = Limits()
#: Missing sentences that are named.
NAMED = 5


def read_predictions(path: Path, gold: Sequence[Gold], *, limits: Limits = LIMITS) -> list[Submitted]:
    """Return what a file says of every sentence, in the order of ``gold``.

    Args:
        path: JSON lines, one a sentence, in any order.
        gold: The sentences, all of which must be there, and no other.
        limits: How much is read.

    Raises:
        InputError: At the first fault; see :func:`check` for what is one.
    """
    found, faults = check(path, gold, limits=dataclasses.replace(limits, faults=1))
    if found is None:
        raise faults.listed[0]
    return found


def check(
    path: Path, gold: Sequence[Gold], *, config: str | None = None, split: str | None = None, limits: Limits = LIMITS
) -> tuple[list[Submitted] | None, Faults]:
    """Return what a file says of every sentence, or ``None``, and all its faults.

    A fault is anything but strict JSON lines in UTF-8; a sentence that is missing, unknown or there twice; a span that
    is empty, reversed, out of range or over another; a type that the sentence does not allow; a score out of [0, 1];
    and a hash, config or split in ``settings.json`` beside the file, or in a first line without an id, that is another
    than what is scored against.

    Args:
        path: JSON lines, one a sentence, in any order.
        gold: The sentences.
        config: Their config, if it is to be compared with the declared one.
        split: Their split, likewise.
        limits: How much is read, and how many faults are described.
    """
    faults = Faults(path, limits)
    expected = Expected(data_hash(gold), config, split)
    register = Register(gold)
    check_declared(read_settings(path, faults), expected, faults, None, printable(path.parent / "settings.json"))
    for number, record in read_records(path, faults):
        if record is None:
            register.unread += 1
        elif number == 1 and is_header(record):
            check_declared(record, expected, faults, 1, None)
        else:
            register.enter(record, number, faults)
    if not faults.full and (register.entered or not faults):
        register.add_missing(faults)
    return (None if faults else register.answers()), faults


class Register:
    """The sentences that are wanted, and what was said of each.

    Attributes:
        unread: Lines that held no object, so that nobody knows which sentences they were for.
    """

    def __init__(self, gold: Sequence[Gold]) -> None:
        self.gold = gold
        self.unread = 0
        self._by_key = {(one.lang, one.id): one for one in gold}
        self._langs: dict[str, list[str]] = {}
        for one in gold:
            self._langs.setdefault(one.id, []).append(one.lang)
        self._lines: dict[tuple[str, str], int] = {}
        self._said: dict[tuple[str, str], Submitted] = {}

    @property
    def entered(self) -> int:
        """Sentences that a line was for."""
        return len(self._lines)

    def enter(self, record: Record, line: int, faults: Faults) -> None:
        """Enter what one line says, or add its faults."""
        with faults.collected(line):
            sentence = self.find(record, explain=faults.described)
            key = (sentence.lang, sentence.id)
            if key in self._lines:
                raise InputError(f"id {shorten(sentence.id)} is used on line {self._lines[key]} too")
            self._lines[key] = line
            self._said[key] = read_line(record, sentence, line, faults)

    def find(self, record: Record, *, explain: bool) -> Gold:
        """Return the sentence a line is for.

        Raises:
            InputError: If it names none, or one of other data; with ``explain`` the message says which.
        """
        name = take(record, "id", str, "the line")
        langs = self._langs.get(name)
        if langs is None:
            raise InputError(f"unknown id {shorten(name)}{origin(name, self._langs) if explain else ''}")
        lang = record.get("lang", langs[0] if len(langs) == 1 else None)
        if lang not in langs:
            said = "lacks a 'lang'" if lang is None else f"has the lang {shorten(str(lang)[:MAX_NAME])}"
            raise InputError(f"id {shorten(name)} {said}; wanted: {' or '.join(langs)}")
        return self._by_key[lang, name]

    def add_missing(self, faults: Faults) -> None:
        """Add one fault that names the sentences no line was for."""
        missing = [one.id for one in self.gold if (one.lang, one.id) not in self._lines]
        if not missing:
            return
        named = ", ".join(missing[:NAMED]) + (", ..." if len(missing) > NAMED else "")
        unread = f"; {self.unread} lines could not be read" if self.unread else ""
        faults.add(
            f"{len(missing):,} of {len(self.gold):,} sentences are missing: {named}{unread}; a sentence without "
            "entities needs its line too"
        )

    def answers(self) -> list[Submitted]:
        """Return what was said, in the order of the sentences."""
        return [self._said[one.lang, one.id] for one in self.gold]


def origin(name: str, known: dict[str, list[str]]) -> str:
    """Return a clause that says where an id belongs or what it may mean, or an empty string."""
    if len(name) > MAX_NAME:
        return ""
    split = read_splits().get(name)
    if split is None:
        return nearest(name, known)
    return f": it is of the split {split}, language {name.partition('-')[0]}, which is not scored here"
