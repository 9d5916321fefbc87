"""Results put into tables: a board for each config and split, a map of languages for each version."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dynamicner_dataset.errors import InputError
from dynamicner_dataset.languages import LANGUAGES
from eval.leaderboard.paper import PaperRow
from eval.leaderboard.results import Figures, Intervals, Result

#: Types of a board that are shown, the most frequent first: all lists together have many hundreds.
MAX_TYPES = 300
#: The paper's figures are of its test sentences.
PAPER_SPLIT = "test"


@dataclass(frozen=True, slots=True)
class Board:
    """All results of one config and split, best first, with the paper's rows of that version and language.

    Attributes:
        id: Of the page's anchors.
        low: Where the drawn intervals begin, in percent.
        high: Where they end.
    """

    id: str
    config: str
    split: str
    data_sha256: str
    results: tuple[Result, ...]
    paper: tuple[PaperRow, ...]
    low: int
    high: int

    @property
    def lang(self) -> str:
        """The code of its language, or ``all``."""
        return self.results[0].lang

    @property
    def types(self) -> list[tuple[str, int]]:
        """Its types with their number of gold mentions, the most frequent first."""
        known = {name: one.gold for result in self.results for name, one in result.per_type.items() if one.gold}
        return sorted(known.items(), key=lambda pair: (-pair[1], pair[0]))

    def place(self, share: float) -> float:
        """Return where a share lies on the scale of the intervals, from 0 to 100."""
        return round(100 * (100 * share - self.low) / (self.high - self.low), 2)


@dataclass(frozen=True, slots=True)
class Cell:
    """One system's figures in one language."""

    strict: Figures
    intervals: Intervals
    data_sha256: str
    path: str


@dataclass(frozen=True, slots=True)
class LanguageMap:
    """F1 by system and language for one version and split."""

    id: str
    version: str
    split: str
    langs: tuple[str, ...]
    rows: tuple[tuple[Result, dict[str, Cell]], ...]
    paper: tuple[PaperRow, ...]


def make_boards(results: Sequence[Result], paper: Sequence[PaperRow]) -> list[Board]:
    """Return a board for each config and split, in the order of the languages.

    Raises:
        InputError: If the results of one board are of different data, or two are of one system.
    """
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.config, result.split), []).append(result)
    return [make_board(groups[key], paper) for key in sorted(groups, key=board_order)]


def board_order(key: tuple[str, str]) -> tuple[int, bool, int]:
    """Return what boards are sorted by: test first, dynamic before base, then the languages, all of them first."""
    version, _, lang = key[0].partition("-")
    return ("test", "validation", "train").index(key[1]), version == "base", ("all", *LANGUAGES).index(lang)


def make_board(results: Sequence[Result], paper: Sequence[PaperRow]) -> Board:
    """Return the board of results of one config and split."""
    first = results[0]
    refuse_mixed([(one.data_sha256, one.path) for one in results], f"{first.config} {first.split}")
    refuse_repeated(results)
    low, high = scale(results)
    return Board(
        f"{first.config}-{first.split}",
        first.config,
        first.split,
        first.data_sha256,
        tuple(sorted(results, key=lambda one: (-one.strict.f1, system(one)))),
        paper_rows_of(first, paper),
        low,
        high,
    )


def paper_rows_of(result: Result, paper: Iterable[PaperRow]) -> tuple[PaperRow, ...]:
    """Return the paper's rows for a result's version and language, supervised ones first, best first."""
    lang = result.lang
    found = [row for row in paper if fits(row, result) and lang in row.f1]
    return tuple(sorted(found, key=lambda row: (row.setting != "supervised", -row.f1[lang], row.name)))


def system(result: Result) -> tuple[str, str]:
    """Return what tells systems apart."""
    return result.submission.name, result.submission.model_id


def fits(row: PaperRow, result: Result) -> bool:
    """Say whether a row of the paper may stand below a result."""
    return row.version == result.version and result.split == PAPER_SPLIT


def refuse_mixed(hashes: Iterable[tuple[str, str]], where: str) -> None:
    """Refuse results of different data in one table.

    Args:
        hashes: (hash, file) of each result.
        where: The table, for the message.

    Raises:
        InputError: Naming a file of either.
    """
    (first, path), *others = hashes
    for other, other_path in others:
        if other != first:
            raise InputError(
                f"results of different data cannot stand in one table ({where}): {path} has {first[:12]}, this has "
                f"{other[:12]}; score both against the same release",
                other_path,
            )


def refuse_repeated(results: Iterable[Result]) -> None:
    """Refuse two results of one system in one table; raise :class:`InputError` that names both files."""
    seen: dict[tuple[str, str], str] = {}
    for one in results:
        if system(one) in seen:
            name = f"{one.submission.name!r} ({one.config} {one.split})"
            raise InputError(f"system {name} is in {seen[system(one)]} too; give one another --name", one.path)
        seen[system(one)] = one.path


def scale(results: Iterable[Result]) -> tuple[int, int]:
    """Return the percents, in tens, between which all intervals lie."""
    shares = [round(share, 6) for one in results for share in (one.strict.f1, *interval(one))]
    low, high = 10 * math.floor(10 * min(shares)), 10 * math.ceil(10 * max(shares))
    return low, max(high, low + 10)


def interval(result: Result) -> list[float]:
    """Return the interval of F1, from and to; empty if there is none."""
    return result.intervals.strict.f1 if result.intervals.strict else []


def make_maps(results: Sequence[Result], paper: Sequence[PaperRow]) -> list[LanguageMap]:
    """Return a map of languages for each version and split of which two languages or more are known.

    Raises:
        InputError: If two results of one language are of different data.
    """
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.split, result.version), []).append(result)
    order = sorted(groups, key=lambda key: board_order((f"{key[1]}-all", key[0])))
    maps = (make_map(groups[key], paper) for key in order)
    return [one for one in maps if len(one.langs) > 1]


def make_map(results: Sequence[Result], paper: Sequence[PaperRow]) -> LanguageMap:
    """Return the map of results of one version and split; a language's own config goes before its part of ``all``."""
    rows: dict[tuple[str, str], tuple[Result, dict[str, Cell]]] = {}
    for result in sorted(results, key=lambda one: one.lang != "all"):
        _, cells = rows.setdefault(system(result), (result, {}))
        for lang, one in result.languages.items():
            cells[lang] = Cell(one.strict, one.intervals, one.data_sha256, result.path)
    langs = tuple(lang for lang in LANGUAGES if any(lang in cells for _, cells in rows.values()))
    for lang in langs:
        cells_of_lang = [cells[lang] for _, cells in rows.values() if lang in cells]
        refuse_mixed([(cell.data_sha256, cell.path) for cell in cells_of_lang], f"languages, {lang}")
    first = results[0]
    return LanguageMap(
        f"languages-{first.version}-{first.split}",
        first.version,
        first.split,
        langs,
        tuple(sorted(rows.values(), key=lambda row: (-mean(row[1]), system(row[0])))),
        tuple(row for row in paper if fits(row, first) and len(row.f1) > 1),
    )


def mean(cells: dict[str, Cell]) -> float:
    """Return the mean F1 over the languages that are known."""
    return sum(cell.strict.f1 for cell in cells.values()) / len(cells) if cells else 0.0
