"""``cascadener estimate``: what a run over a file will cost, before it is started."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cascadener_models.command import choices
from cascadener_models.command.choices import check_tree_options, choose_source, choose_types
from cascadener_models.command.forecast import MEASURES, STAGES, Forecast, Interval, draw, forecast
from cascadener_models.command.options import CascadeOptions, ModelOptions, ReadingOptions, TypeOptions
from cascadener_models.command.progress import waiting
from cascadener_models.command.readers import Row, Source
from cascadener_models.command.results import Predictor, finish, in_blocks
from cascadener_models.results import Cost
from dynamicner_dataset.errors import InputError

NAMES = {"tokens_in": "tokens in", "tokens_out": "tokens out", "passes": "passes", "seconds": "seconds"}


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .jsonl, .txt or .csv file.")],
    sample: Annotated[int, typer.Option("--sample", min=2, help="Texts that are run.")] = 16,
    price_in: Annotated[
        float | None, typer.Option("--price-in", min=0, help="USD for a million tokens of prompts.")
    ] = None,
    price_out: Annotated[
        float | None, typer.Option("--price-out", min=0, help="USD for a million tokens of answers.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the forecast as JSON.")] = False,
    *,
    types: TypeOptions,
    reading: ReadingOptions,
    cascade: CascadeOptions,
    model: ModelOptions,
) -> None:
    """Forecast tokens, seconds and price of a run over a file, from a sample of its texts.

    Takes the options of predict, as the cost depends on them.

    cascadener estimate corpus.jsonl --types scientist,city --price-in 0.15 --price-out 0.60
    """
    if file == "-":
        raise InputError("the file is read twice, so that standard input cannot be estimated; save it first")
    source = choose_source(None, file, reading)
    chosen = choose_types(types)
    check_tree_options(cascade, chosen)
    lengths, rows = draw_rows(source, sample, cascade.seed)
    begun = time.perf_counter()
    with waiting("loading the model"):
        ner = choices.open_cascade(model, cascade)
        warm_up(ner, rows, chosen)
    start = time.perf_counter() - begun
    with waiting(f"running {len(rows)} texts"):
        costs = costs_of(ner, rows, chosen, model.batch_size)
    found = forecast(lengths, [len(row.text) for row in rows], costs)
    price = price_of(found, price_in, price_out)
    if as_json:
        typer.echo(json.dumps(to_dict(found, price, start), indent=2))
    else:
        show(found, price, start)


def draw_rows(source: Source, sample: int, seed: int) -> tuple[Counter[int], list[Row]]:
    """Return how many texts there are of each length, and the rows of the sample; the file is read twice.

    Raises:
        InputError: With file and line of a bad row, or if there is nothing to run.
    """
    with waiting("reading"):
        lengths = Counter(len(row.text) for row in source.rows())
        if not any(lengths):
            raise InputError("holds empty texts only", source.name)
        rows = draw(((len(row.text), row) for row in source.rows()), lengths, sample, seed)
    return lengths, rows


def costs_of(ner: Predictor, rows: list[Row], types: Any, batch_size: int) -> list[Cost]:
    """Run the sample, in the batches of a real run, and return what each text cost."""
    blocks = in_blocks(rows, batch_size)
    return [each.prediction.cost for block in blocks for each in finish(ner, block, types, cost=False)]


def warm_up(ner: Predictor, rows: list[Row], types: Any) -> None:
    """Run one short text: the first of a run pays for what is set up once, such as the cache of the demonstrations."""
    finish(ner, [min(rows, key=lambda row: len(row.text))], types, cost=False)


def price_of(found: Forecast, price_in: float | None, price_out: float | None) -> Interval | None:
    """Return the price in USD; ``None`` if no price is given. One that is not given counts as 0."""
    if price_in is None and price_out is None:
        return None
    total = found.stages["total"]
    return total["tokens_in"].scaled((price_in or 0) / 1e6) + total["tokens_out"].scaled((price_out or 0) / 1e6)


def to_dict(found: Forecast, price: Interval | None, start: float) -> dict[str, Any]:
    """Return the forecast as plain JSON values."""
    stages: Mapping[str, Mapping[str, Interval]] = found.stages
    record: dict[str, Any] = {
        "texts": found.texts,
        "characters": found.characters,
        "sampled": found.sampled,
        "confidence": 0.95,
        "start_seconds": round(start, 2),
        "stages": {stage: {name: stages[stage][name].to_dict() for name in MEASURES} for stage in STAGES},
    }
    if price is not None:
        record["usd"] = price.to_dict(digits=4)
    return record


def show(found: Forecast, price: Interval | None, start: float) -> None:
    """Print the forecast as a table."""
    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("stage")
    for name in ("measure", "forecast", "from", "to"):
        grid.add_column(name, justify="left" if name == "measure" else "right")
    for stage in STAGES:
        for measure in MEASURES:
            shown = "" if measure != MEASURES[0] else stage
            grid.add_row(shown, NAMES[measure], *figures(found.stages[stage][measure], measure))
    if price is not None:
        grid.add_row("price", "USD", *(f"{value:,.4f}" for value in (price.estimate, price.low, price.high)))
    console = Console(highlight=False)
    console.print(grid)
    texts, characters = f"{found.texts:,} texts", f"{found.characters:,} characters"
    console.print(
        f"{texts}, {characters}; told from {found.sampled} of them (95 % interval). "
        f"Starting the model took {duration(start)}, once a run."
    )


def figures(interval: Interval, measure: str) -> list[str]:
    """Return the three figures of an interval, seconds in units that people read."""
    values = (interval.estimate, interval.low, interval.high)
    return [duration(value) if measure == "seconds" else f"{value:,.0f}" for value in values]


def duration(seconds: float) -> str:
    """Return seconds for people to read.

    >>> duration(3.24), duration(62), duration(4000)
    ('3.2 s', '1:02 min', '1:06:40 h')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{minutes}:{rest:02} min" if not hours else f"{hours:,}:{minutes:02}:{rest:02} h"
