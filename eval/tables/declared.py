"""Tables as data: ``tables.yaml`` names the axes, and for each table its rows, columns, measure and data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from dynamicner_dataset.errors import InputError, nearest
from dynamicner_dataset.taxonomy_file import read_yaml
from eval.methods.keys import Keys, check_keys
from eval.tables.conditions import Condition

FILE = Path(__file__).with_name("tables.yaml")
Scalar = str | int | float | bool | None


def as_alternatives(value: Any) -> Any:
    """Return one mapping, or a list of them, as a list of mappings to lists."""
    found = [value] if isinstance(value, Mapping) else value
    if not isinstance(found, list):
        return found
    return [
        {key: one if isinstance(one, list) else [one] for key, one in part.items()}
        if isinstance(part, Mapping)
        else part
        for part in found
    ]


#: Alternatives, the first preferred: see :class:`eval.tables.conditions.Condition`.
Where = Annotated[list[dict[str, list[Scalar]]], BeforeValidator(as_alternatives)]


class Choice(Keys):
    """One place on an axis.

    Attributes:
        where: What it asks of a run's settings.
        measure: What is shown there, in place of the table's measure.
        ours: Whether it can have figures of ours; the paper cites some that nobody can rerun.
    """

    where: Where = Field(default_factory=lambda: [{}])
    measure: str | None = None
    ours: bool = True


class Axis(Keys):
    """Rows or columns by one property.

    Attributes:
        choices: By the name that is shown.
        each: Path of a setting: its further values, as they are met, are places on the axis too.
        met: Leave out choices that no run fits; of an axis without any, one place without a name is left.
    """

    choices: dict[str, Choice] = Field(default_factory=dict)
    each: str | None = None
    met: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Axis:
        if not self.choices and not self.each:
            raise ValueError("an axis has choices, or each, or both")
        return self


class Second(Keys):
    """A second measure of all cells, with a title."""

    measure: str
    title: str


class TableSpec(Keys):
    """One table or figure.

    Attributes:
        title: One line.
        builder: What makes it: ``scores`` of predictions, ``costs`` of predictions, or a builder for the data set.
        rows: Names of axes, the slowest first.
        columns: Likewise.
        axes: Axes of this table alone, or in place of the shared ones.
        where: What all its runs have in common.
        measure: Path of a figure in the scorer's result, such as ``strict.f1``.
        also: A second measure, shown below.
        ours: Whether it is about our own sentences, which are not the paper's.
        with_intervals: Whether intervals stand in the cells.
        plot: What is drawn: a group of bars for each column or for each row, or lines over the columns.
        remarks: Sentences above the table.
    """

    title: str
    builder: Literal["scores", "costs", "lists", "sizes", "agreement", "versions", "languages"] = "scores"
    rows: list[str] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list)
    axes: dict[str, Axis] = Field(default_factory=dict)
    where: Where = Field(default_factory=lambda: [{}])
    measure: str = "strict.f1"
    also: Second | None = None
    ours: bool = True
    with_intervals: bool = False
    plot: Literal["bars", "rows", "lines", ""] = ""
    remarks: list[str] = Field(default_factory=list)

    def axis(self, name: str) -> Axis:
        """Return one of its axes."""
        return self.axes[name]

    @property
    def condition(self) -> Condition:
        """What all its runs have in common."""
        return Condition(tuple(self.where))


class Prices(Keys):
    """US dollars for a million tokens, and whose they are."""

    of: str
    tokens_in: float = Field(ge=0)
    tokens_out: float = Field(ge=0)


class Declared(Keys):
    """The file."""

    prices: Prices
    axes: dict[str, Axis]
    tables: dict[str, TableSpec]

    @model_validator(mode="after")
    def _fits(self) -> Declared:
        for name, table in self.tables.items():
            for axis in (*table.rows, *table.columns):
                if axis not in table.axes and axis not in self.axes:
                    raise ValueError(f"{name}: axis {axis!r} is unknown{nearest(axis, self.axes)}")
        return self

    def table(self, name: str) -> TableSpec:
        """Return a table with all axes that it uses."""
        return self.tables[name].model_copy(update={"axes": self.axes | self.tables[name].axes})


@cache
def read_declared(path: Path = FILE) -> Declared:
    """Read a file of tables.

    Raises:
        InputError: For a key that is unknown or missing, a value that does not fit, or an axis that there is not.
    """
    return check_keys(Declared, read_yaml(path), "the tables", path)


def chosen(only: str, known: Mapping[str, Any]) -> list[str]:
    """Return the names of the tables that are asked for, in the order of the file.

    Args:
        only: ``2,4,F8``, or ``table-2,figure-8``; empty for all.
        known: By name.

    Raises:
        InputError: If there is no such table.

    >>> chosen("F8, 2", {"table-2": 0, "table-8": 0, "figure-8": 0})
    ['table-2', 'figure-8']
    """
    wanted = [full_name(part.strip()) for part in only.split(",") if part.strip()]
    for name in wanted:
        if name not in known:
            raise InputError(f"--only: there is no {name!r}{nearest(name, known)}; known: {', '.join(known)}")
    return [name for name in known if not wanted or name in wanted]


def full_name(name: str) -> str:
    """Return ``table-2`` for ``2`` and ``T2``, ``figure-8`` for ``F8``."""
    if name.isdecimal():
        return f"table-{name}"
    kinds = {"t": "table", "f": "figure"}
    return f"{kinds[name[0].lower()]}-{name[1:]}" if name[:1].lower() in kinds and name[1:].isdecimal() else name
