"""The figures of one run: gold and predictions read, aligned and scored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError
from eval.cascadener.bootstrap import FIGURES, resample
from eval.cascadener.comparison import sentence_tables
from eval.cascadener.scoring import RESAMPLES
from eval.gold import Gold, data_hash
from eval.methods.base import UNNAMED
from eval.methods.data import chosen_gold
from eval.submissions.entities import Submitted
from eval.submissions.faults import Faults
from eval.submissions.lines import read_records
from eval.submissions.reader import LIMITS, Register, read_predictions
from eval.submissions.result import figures, total_cost
from eval.tables.conditions import setting
from eval.tables.runs import Run
from eval.tables.sheet import Value

SEED = 0


@dataclass(frozen=True)
class Measured:
    """What is known of one run.

    Attributes:
        figures: The scorer's result; under ``bootstrap`` the means of the resamples, by way of matching.
        cost: Summed over its sentences; a kind that some sentence does not tell is left out.
    """

    figures: Mapping[str, Any]
    cost: Mapping[str, float]

    @property
    def sentences(self) -> int:
        """How many there are."""
        return self.figures["counts"]["sentences"]

    @property
    def mentions(self) -> int:
        """How many are gold."""
        return self.figures["counts"]["gold"]

    def value(self, measure: str) -> Value | None:
        """Return a figure in percent with its interval; ``None`` if there is none of that name."""
        number = setting(self.figures, measure)
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            return None
        ends = setting(self.figures["intervals"], ".".join(measure.split(".")[-2:]))
        return Value(100 * number, *(100 * end for end in ends or ()))


def measure_run(run: Run) -> Measured:
    """Read and score a run.

    Raises:
        InputError: If its sentences cannot be read, are not those it was made on, or its predictions are not sound.
    """
    gold = gold_of(run)
    said = read_said(run, gold)
    found = figures(gold, said, resamples=RESAMPLES, seed=SEED)
    return Measured({**found, "bootstrap": bootstrap_means(gold, said)}, total_cost(said))


def gold_of(run: Run) -> list[Gold]:
    """Return the sentences of a run."""
    gold = chosen_gold(run.settings)
    if data_hash(gold) != run.settings["data_sha256"]:
        config, split = run.settings["config"], run.settings["split"]
        raise InputError(f"was made on other data than {config} {split} is now; predict again", run.predictions)
    return gold


def read_said(run: Run, gold: Sequence[Gold]) -> list[Submitted]:
    """Return what a run says of each sentence."""
    if setting(run.settings, "options.asking") == "extraction":
        return read_unnamed(run.predictions, gold)
    return read_predictions(run.predictions, gold)


def read_unnamed(path: Path, gold: Sequence[Gold]) -> list[Submitted]:
    """Return what a run says that finds mentions and names none: all have one type, which is on no sentence's list.

    Raises:
        InputError: At the first fault.
    """
    faults = Faults(path, dataclasses.replace(LIMITS, faults=1))
    register = Register([dataclasses.replace(one, types=(UNNAMED,)) for one in gold])
    for number, record in read_records(path, faults):
        if record is not None:
            register.enter(record, number, faults)
    if not faults:
        register.add_missing(faults)
    if faults:
        raise faults.listed[0]
    return register.answers()


def bootstrap_means(gold: Sequence[Gold], said: Sequence[Submitted]) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 as means over the resamples that the intervals are of (paper, Table 11)."""
    if not gold:
        return {}
    tables = sentence_tables([one.mentions for one in said], [one.mentions for one in gold])
    drawn = resample(tables, None, RESAMPLES, SEED)
    return {name: dict(zip(FIGURES, map(float, rows.mean(axis=0)), strict=True)) for name, rows in drawn.items()}
