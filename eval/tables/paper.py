"""What the paper prints, from every place where the project keeps it, by table and cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import Field

from dynamicner_dataset.errors import InputError
from dynamicner_dataset.taxonomy_file import read_yaml
from eval.leaderboard.paper import PaperRow, paper_rows
from eval.methods.keys import Keys, check_keys
from eval.tables.sheet import Printed

FILE = Path(__file__).with_name("paper.yaml")
#: The model of the one system whose method has no other.
ENCODER = "XLM-R"
UNIT = "Of two people; the paper does not say whether over mentions, tokens or else."


class Figures(Keys):
    """Some figures of one table; see ``paper.yaml``."""

    table: int
    where: dict[str, str]
    axis: str
    values: dict[str, int | float]
    notes: dict[str, str] = Field(default_factory=dict)
    note: str = ""


class File(Keys):
    """The file."""

    figures: list[Figures]


@dataclass(frozen=True)
class Entry:
    """One figure: its table, the names that say which cell it belongs to, by axis, and the figure itself."""

    table: str
    where: Mapping[str, str]
    printed: Printed


@cache
def entries() -> dict[str, list[Entry]]:
    """Return all figures that are known, by table.

    Raises:
        InputError: If the file of figures is not sound.
    """
    found: dict[str, list[Entry]] = {}
    for one in (*own_entries(FILE), *leaderboard_entries(), *build_entries()):
        found.setdefault(one.table, []).append(one)
    return found


def find(table: str, names: Mapping[str, str]) -> Printed | None:
    """Return the figure of a cell.

    Args:
        table: ``table-2``.
        names: Names of its row and column, by axis; an entry says some of them or all.

    Raises:
        InputError: If there are two.
    """
    found = [one for one in entries().get(table, ()) if one.where.items() <= names.items()]
    if len(found) > 1:
        raise InputError(f"two figures of the paper stand for one cell of {table}: {dict(found[1].where)}", FILE)
    return found[0].printed if found else None


def own_entries(path: Path) -> Iterator[Entry]:
    """Yield what ``paper.yaml`` holds."""
    for one in check_keys(File, read_yaml(path), "the figures", path).figures:
        if unknown := one.notes.keys() - one.values.keys():
            raise InputError(f"table {one.table}: a note on {sorted(unknown)[0]!r}, of which there is no value", path)
        for key, value in one.values.items():
            note = one.notes.get(key, one.note)
            yield Entry(f"table-{one.table}", {**one.where, one.axis: key}, Printed(value, note))


def leaderboard_entries() -> Iterator[Entry]:
    """Yield Tables 2, 4 and 5, which the leaderboard keeps, and Table 11, whose means are those of 2 and 4."""
    for row in paper_rows():
        system = {"method": row.system, "model": row.model or ENCODER}
        full = {"version": row.version, "setting": row.setting, **system}
        for lang, value in row.f1.items():
            yield Entry("table-11", {**full, "lang": lang}, Printed(value))
            if row.version == "dynamic":
                yield Entry("table-2", {"setting": row.setting, **system, "lang": lang}, Printed(value))
            else:
                yield Entry("table-4", {**system, "lang": lang}, Printed(value))
        yield from granularities(row, system)


def granularities(row: PaperRow, system: Mapping[str, str]) -> Iterator[Entry]:
    """Yield Table 5, whose fine figures are those of Table 4."""
    for level, values in (("coarse", row.coarse), ("medium", row.medium), ("fine", row.f1)):
        for lang, value in values.items() if "5" in row.table.split(", ") else ():
            yield Entry("table-5", {**system, "lang": lang, "level": level}, Printed(value))


def build_entries() -> Iterator[Entry]:
    """Yield Tables 3 and 13, which the data set's own reports keep."""
    from build.agreement import PAPER_KAPPA
    from build.tables import PAPER_LISTS, PAPER_SENTENCES

    for lang, lists in PAPER_LISTS.items():
        yield Entry("table-3", {"lang": lang, "column": "type lists"}, Printed(lists))
        yield Entry("table-3", {"lang": lang, "column": "sentences"}, Printed(PAPER_SENTENCES[lang]))
        yield Entry("table-3", {"lang": lang, "column": "lists a sentence"}, Printed(lists / PAPER_SENTENCES[lang]))
    for lang, kappa in PAPER_KAPPA.items():
        yield Entry("table-13", {"lang": lang, "column": "mentions"}, Printed(kappa, UNIT))
