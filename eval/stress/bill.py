"""The bill: by type, branch, language and stage, which errors are made, and what tokens, seconds and dollars are spent.

**Errors.** A gold mention is a hit, has a wrong type (its span was found) or is missed; of the missed ones, those that
a prediction overlaps have a wrong border. A predicted mention is a hit, was given wrongly (its span is gold under
another type) or is spurious. So, for each type, gold = hits + wrong type + missed, and predicted = hits + given wrongly
+ spurious. Extraction is to blame for what is missed and spurious, classification for wrong types.

**Cost.** Systems say what a sentence cost; it is shared out equally over the mentions predicted in it, and so comes to
types. The cost of a sentence without any is billed under :data:`NOTHING`. Costs by stage are known where a line has
``stages`` (see :func:`read_stages`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from dynamicner_dataset.counts import Counts
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.formats.jsonl import take
from eval.cascadener.costs import FIELDS, MILLION
from eval.cascadener.matching import Marked
from eval.stress.stored import Stored
from eval.submissions.entities import Submitted
from eval.submissions.faults import Faults, Limits
from eval.submissions.lines import read_records
from eval.submissions.result import type_paths
from eval.submissions.values import numbers

#: Where the cost of sentences without a predicted mention goes.
NOTHING = "(nothing found)"
#: The branch of types that have none, such as "others" and those of other sets.
NO_BRANCH = "(no branch)"
STAGES = ("extraction", "classification")
#: Decimal places of shared costs.
DIGITS = 6


class Prices(NamedTuple):
    """US dollars.

    Attributes:
        tokens_in: For a million tokens of prompts.
        tokens_out: For a million tokens of answers.
        hour: For an hour of the machine, where it is your own.
    """

    tokens_in: float = 0.0
    tokens_out: float = 0.0
    hour: float = 0.0

    def of(self, cost: Mapping[str, float]) -> float:
        """Return the dollars of a cost.

        >>> Prices(2.5, 10).of({"tokens_in": 900_000, "tokens_out": 90_000})
        3.15
        """
        tokens = cost.get("tokens_in", 0) * self.tokens_in + cost.get("tokens_out", 0) * self.tokens_out
        return round(tokens / MILLION + cost.get("seconds", 0) / 3600 * self.hour, DIGITS)


@dataclass
class Entry:
    """One line of the bill; adds up.

    Attributes:
        gold: Mentions there are.
        predicted: Mentions that were predicted.
        hits: Right ones.
        missed: Gold mentions whose span was not found.
        border: Those of the missed that a prediction overlaps.
        wrong_type: Gold mentions whose span was found, under another type.
        given_wrongly: Predicted mentions on a gold span of another type.
        spurious: Predicted mentions on no gold span.
        as_what: The types that were given instead, counted.
        cost: See :data:`eval.cascadener.costs.FIELDS`.
    """

    gold: int = 0
    predicted: int = 0
    hits: int = 0
    missed: int = 0
    border: int = 0
    wrong_type: int = 0
    given_wrongly: int = 0
    spurious: int = 0
    as_what: Counter[str] = field(default_factory=Counter)
    cost: Counter[str] = field(default_factory=Counter)

    @property
    def errors(self) -> int:
        """All that went wrong with mentions that are of this line by gold, and what is spurious."""
        return self.missed + self.wrong_type + self.spurious

    def pay(self, cost: Mapping[str, float], parts: int = 1) -> None:
        """Add a share of a cost; one that is not known adds nothing."""
        for name in FIELDS if cost else ():
            self.cost[name] += cost.get(name, 0) / parts  # type: ignore[assignment]  # shares are no whole numbers

    def to_dict(self, prices: Prices | None) -> dict[str, Any]:
        """Return the line as plain JSON values; ``None`` for a cost that nobody told."""
        cost = {name: round(self.cost[name], DIGITS) if self.cost else None for name in FIELDS}
        return {
            **{name: getattr(self, name) for name in COUNTED},
            **Counts(self.hits, self.predicted, self.gold).to_dict(),
            **cost,
            "usd": prices.of(cost) if prices and self.cost else None,
            "as_what": dict(sorted(self.as_what.items(), key=lambda pair: (-pair[1], pair[0]))),
        }


COUNTED = ("gold", "predicted", "hits", "missed", "border", "wrong_type", "given_wrongly", "spurious")
Entries = defaultdict[str, Entry]


def make_bill(stored: Stored, prices: Prices | None = None) -> dict[str, Any]:
    """Return the bill of stored predictions.

    Args:
        stored: Predictions with their sentences.
        prices: Without them there are no dollars.

    Returns:
        ``total``, ``stages``, ``languages``, ``branches`` (coarse types), ``types``: lines by name; ``costed``:
        sentences that say what they cost; ``staged``: those that say it by stage; ``dropped``: answers that were
        dropped, by reason.
    """
    total: Entries = defaultdict(Entry)
    languages: Entries = defaultdict(Entry)
    branches: Entries = defaultdict(Entry)
    types: Entries = defaultdict(Entry)
    branch_of = {name: path[0] for name, path in type_paths(stored.gold).items()}
    for one, said in zip(stored.gold, stored.said, strict=True):
        for lines, key in ((total, "all"), (languages, one.lang)):
            enter(one.mentions, said.mentions, lambda _, line=lines[key]: line)
            lines[key].pay(said.cost)
        for lines, key_of in ((branches, lambda name: branch_of.get(name, NO_BRANCH)), (types, str)):
            enter(one.mentions, said.mentions, lambda name, lines=lines, key_of=key_of: lines[key_of(name)])
            pay_types(said, lines, key_of)
    staged = read_stages(stored.path)
    return {
        "predictions": stored.name,
        "sentences": len(stored.gold),
        "costed": sum(bool(said.cost) for said in stored.said),
        "staged": len(staged),
        "total": total["all"].to_dict(prices),
        "stages": stages(total["all"], staged, prices),
        "languages": in_order(languages, prices),
        "branches": in_order(branches, prices),
        "types": in_order(types, prices),
        "dropped": dict(sorted(sum((Counter(said.dropped) for said in stored.said), Counter()).items())),
    }


def enter(gold: Sequence[Marked], said: Sequence[Marked], line_of: Callable[[str], Entry]) -> None:
    """Enter the hits and errors of one sentence.

    Args:
        gold: Its mentions.
        said: What was predicted.
        line_of: Returns the line of a type.
    """
    ours, theirs = ({one[:2]: one.type for one in side} for side in (said, gold))
    for span, right in theirs.items():
        line, answer = line_of(right), ours.get(span)
        line.gold += 1
        line.hits += answer == right
        line.missed += answer is None
        line.border += answer is None and any(overlap(span, other) for other in ours)
        if answer not in (None, right):
            line.wrong_type += 1
            line.as_what[answer] += 1
    for span, answer in ours.items():
        line, right = line_of(answer), theirs.get(span)
        line.predicted += 1
        line.given_wrongly += right not in (None, answer)
        line.spurious += right is None


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Say whether two spans (ends exclusive) share a character."""
    return one[0] < other[1] and other[0] < one[1]


def pay_types(said: Submitted, lines: Entries, key_of: Callable[[str], str]) -> None:
    """Share the cost of one sentence out over the types, or their branches, that were predicted in it."""
    if said.cost and not said.mentions:
        lines[NOTHING].pay(said.cost)
    for mention in said.mentions:
        lines[key_of(mention.type)].pay(said.cost, len(said.mentions))


def stages(total: Entry, staged: Sequence[Mapping[str, Any]], prices: Prices | None) -> dict[str, dict[str, Any]]:
    """Return the line of each stage.

    Extraction is judged by spans; classification is asked about the spans that were found, and answers all of them.
    """
    found = total.hits + total.wrong_type
    lines = {
        "extraction": Entry(total.gold, total.predicted, found, total.missed, total.border, spurious=total.spurious),
        "classification": Entry(
            found, found, total.hits, wrong_type=total.wrong_type, given_wrongly=total.given_wrongly
        ),
    }
    for one in staged:
        for name, line in lines.items():
            line.pay(one[name])
    return {name: line.to_dict(prices) for name, line in lines.items()}


def in_order(lines: Entries, prices: Prices | None) -> dict[str, dict[str, Any]]:
    """Return lines, those with the most errors first."""
    ordered = sorted(lines.items(), key=lambda pair: (-pair[1].errors, -pair[1].gold, pair[0]))
    return {name: line.to_dict(prices) for name, line in ordered}


def read_stages(path: Path) -> list[dict[str, dict[str, float]]]:
    """Return the costs by stage of the sentences that have them.

    A line of predictions may hold ``"stages": {"extraction": {"tokens_in": 9, ...}, "classification": {...}}``.

    Args:
        path: The file.

    Raises:
        InputError: With the line, if one is there and is no such object.
    """
    faults = Faults(path, Limits(faults=1))
    found = []
    for number, record in read_records(path, faults):
        if record and record.get("stages") is not None:
            with faults.collected(number):
                found.append(stages_of(record))
    if faults:
        raise faults.listed[0]
    return found


def stages_of(record: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the costs by stage of one line."""
    stated = take(record, "stages", dict, "the line")
    if set(stated) - set(STAGES):
        raise InputError(f"'stages' may have the keys {' and '.join(STAGES)} only")
    return {name: numbers(stated, name, FIELDS) for name in STAGES}


#: The groups of a bill's lines, but for its total.
GROUPS = ("stages", "languages", "branches", "types")


def csv_rows(bills: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield all lines of all bills as flat rows, for a table in CSV."""
    for run, bill in bills.items():
        groups = {"total": {"all": bill["total"]}} | {name: bill[name] for name in GROUPS}
        for group, lines in groups.items():
            for name, line in lines.items():
                flat = {key: value for key, value in line.items() if key != "as_what"}
                instead = "; ".join(f"{kind} ({count})" for kind, count in line["as_what"].items())
                yield {"run": run, "by": group, "name": name, **flat, "given_instead": instead}
