"""What a run over many texts will cost, told from a few of them.

Cost follows length, so texts are parted into strata of like length, each with about as many characters; a few texts of
each are run, and their cost a character is carried over to their stratum (a stratified ratio estimate). The interval is
the usual one of that estimate at 95 %: it tells the chance of the draw, not of a machine that gets busier.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cascadener_models.results import Cost, StageCost

T = TypeVar("T")
#: Strata at most, and texts that are run in each of them at least: fewer tell too little of their spread.
STRATA, TEXTS_A_STRATUM = 4, 4
STAGES = ("extraction", "classification", "total")
MEASURES = ("tokens_in", "tokens_out", "passes", "seconds")
#: Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom.
STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18)


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float

    def scaled(self, factor: float) -> Interval:
        """Return the interval in another unit."""
        return Interval(self.estimate * factor, self.low * factor, self.high * factor)

    def __add__(self, other: Interval) -> Interval:
        """Return the sum; its ends are those of the worst case, in which both err the same way."""
        return Interval(self.estimate + other.estimate, self.low + other.low, self.high + other.high)

    def to_dict(self, digits: int = 2) -> dict[str, float]:
        """Return the interval as plain JSON values."""
        return {name: round(getattr(self, name), digits) for name in ("estimate", "low", "high")}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What all texts together will cost.

    Attributes:
        texts: Number of texts.
        characters: Their length in code points.
        sampled: Number of texts that were run.
        stages: By stage (``extraction``, ``classification``, ``total``), then by measure (``tokens_in``,
            ``tokens_out``, ``passes``, ``seconds``).
    """

    texts: int
    characters: int
    sampled: int
    stages: Mapping[str, Mapping[str, Interval]]


@dataclass(frozen=True, slots=True)
class Stratum:
    """Texts of like length.

    Attributes:
        texts: Number of texts.
        characters: Their length together.
        sample: Of each text that was run, its length and its place in the sample.
    """

    texts: int
    characters: int
    sample: list[tuple[int, int]]


def forecast(lengths: Mapping[int, int], sampled_lengths: Sequence[int], sampled_costs: Sequence[Cost]) -> Forecast:
    """Carry the cost of a sample over to all texts.

    Args:
        lengths: How many texts there are of each length, in code points; empty texts cost nothing.
        sampled_lengths: Length of each text that was run; none is 0.
        sampled_costs: What each of them cost.

    >>> costs = [Cost(StageCost(tokens_in=10)), Cost(StageCost(tokens_in=10))]
    >>> forecast({20: 50}, [20, 20], costs).stages["extraction"]["tokens_in"]
    Interval(estimate=500.0, low=500.0, high=500.0)
    """
    parted = part(lengths, sampled_lengths, strata_for(len(sampled_lengths)))
    stages = {
        stage: {
            measure: estimate(parted, [float(getattr(stage_cost(cost, stage), measure)) for cost in sampled_costs])
            for measure in MEASURES
        }
        for stage in STAGES
    }
    characters = sum(length * number for length, number in lengths.items())
    return Forecast(sum(lengths.values()), characters, len(sampled_lengths), stages)


def strata_for(sample: int) -> int:
    """Return the number of strata for a sample of so many texts."""
    return max(1, min(STRATA, sample // TEXTS_A_STRATUM))


def stage_cost(cost: Cost, stage: str) -> StageCost:
    """Return one stage of a cost."""
    return getattr(cost, stage)


def part(lengths: Mapping[int, int], sampled_lengths: Sequence[int], strata: int) -> list[Stratum]:
    """Return the strata that hold any text."""
    borders = borders_of(lengths, strata)
    numbers, characters = [0] * len(borders), [0] * len(borders)
    for length, number in lengths.items():
        if length:
            at = stratum_of(length, borders)
            numbers[at] += number
            characters[at] += length * number
    samples: list[list[tuple[int, int]]] = [[] for _ in borders]
    for place, length in enumerate(sampled_lengths):
        samples[stratum_of(length, borders)].append((length, place))
    return [Stratum(*each) for each in zip(numbers, characters, samples, strict=True)]


def estimate(strata: Sequence[Stratum], costs: Sequence[float]) -> Interval:
    """Return the sum of one measure over all texts.

    Args:
        strata: The strata with their samples.
        costs: The measure of each sampled text.
    """
    sampled = [length_and_place for stratum in strata for length_and_place in stratum.sample]
    if not sampled:
        return Interval(0.0, 0.0, 0.0)
    overall = sum(costs) / sum(length for length, _ in sampled)
    # For strata with too few texts to tell their own spread: that of the cost a character, over all of the sample.
    squares = sum((costs[place] / length - overall) ** 2 for length, place in sampled)
    spread = squares / max(1, len(sampled) - 1)
    total = variance = 0.0
    for stratum in strata:
        ratio = ratio_of(stratum, costs, overall)
        total += ratio * stratum.characters
        variance += variance_of(stratum, costs, ratio, spread)
    half = student(len(sampled) - sum(bool(stratum.sample) for stratum in strata)) * math.sqrt(variance)
    return Interval(total, max(total - half, min(sum(costs), total)), total + half)


def ratio_of(stratum: Stratum, costs: Sequence[float], overall: float) -> float:
    """Return the cost a character in a stratum; the overall one where none of its texts was run."""
    if not stratum.sample:
        return overall
    return sum(costs[place] for _, place in stratum.sample) / sum(length for length, _ in stratum.sample)


def variance_of(stratum: Stratum, costs: Sequence[float], ratio: float, spread: float) -> float:
    """Return the variance of a stratum's total; none if all of its texts were run."""
    count = len(stratum.sample)
    if count >= stratum.texts:
        return 0.0
    if count < 2:
        mean_length = stratum.characters / stratum.texts
        residual = spread * mean_length**2
    else:
        residual = sum((costs[place] - ratio * length) ** 2 for length, place in stratum.sample) / (count - 1)
    return stratum.texts**2 * (1 - count / stratum.texts) * residual / max(count, 1)


def student(freedom: int) -> float:
    """Return the 95 % quantile of Student's t; from 13 degrees of freedom by an approximation good to 1 %."""
    return STUDENT[max(freedom, 1) - 1] if freedom <= len(STUDENT) else 1.96 + 2.5 / freedom


def borders_of(lengths: Mapping[int, int], strata: int) -> list[int]:
    """Return the greatest length of each stratum; all have about as many characters.

    >>> borders_of({10: 100, 100: 10, 1000: 1}, 3)
    [10, 100, 1000]
    """
    total = sum(length * number for length, number in lengths.items())
    borders: list[int] = []
    reached = filled = 0  # characters so far, and whole shares of the total in them
    for length in sorted(length for length in lengths if length):
        reached += length * lengths[length]
        if reached * strata // total > filled:
            filled = reached * strata // total
            borders.append(length)
    return borders


def stratum_of(length: int, borders: Sequence[int]) -> int:
    """Return the number of a text's stratum."""
    return bisect_left(borders, length)


def shares(counts: Sequence[int], wanted: int) -> list[int]:
    """Divide a sample evenly over strata that may hold fewer texts than their share.

    >>> shares([100, 100, 2], 12)
    [5, 5, 2]
    """
    given = [0] * len(counts)
    while sum(given) < min(wanted, sum(counts)):
        open_strata = [at for at, count in enumerate(counts) if given[at] < count]
        given[min(open_strata, key=lambda at: given[at])] += 1
    return given


def draw(items: Iterable[tuple[int, T]], lengths: Mapping[int, int], wanted: int, seed: int) -> list[T]:
    """Draw a sample over all strata in one pass over (length, item), in bounded memory; empty texts are passed over.

    Items come back in the order of the input; the same seed draws the same ones.
    """
    strata = strata_for(wanted)
    borders = borders_of(lengths, strata)
    counts = [stratum.texts for stratum in part(lengths, (), strata)]
    sizes = shares(counts, wanted)
    generator = random.Random(f"cascadener estimate {seed}")
    seen = [0] * len(borders)
    drawn: list[list[tuple[int, T]]] = [[] for _ in borders]
    for number, (length, item) in enumerate(items):
        at = stratum_of(length, borders)
        if not length or not sizes[at]:
            continue
        seen[at] += 1
        if len(drawn[at]) < sizes[at]:
            drawn[at].append((number, item))
        elif (place := generator.randrange(seen[at])) < sizes[at]:
            drawn[at][place] = (number, item)
    return [item for _, item in sorted((each for chosen in drawn for each in chosen), key=lambda each: each[0])]
