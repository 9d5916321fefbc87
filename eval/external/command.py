"""``python -m eval external``: one external set as gold in JSON lines, and a report of counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def external(
    set_name: Annotated[str, typer.Argument(metavar="SET", help="conll2003, crossner, few-nerd, panx or multiconer.")],
    out: Annotated[Path, typer.Option("--out", help="JSON lines; the report (.report.json) goes beside it.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="Local file in the set's usual format, or .jsonl.")
    ] = None,
    hub: Annotated[bool, typer.Option("--hub", help="Load the split from the Hub.")] = False,
    split: Annotated[
        str, typer.Option(help="train, validation or test: on the Hub, and of the intra setting.")
    ] = "test",
    lang: Annotated[str, typer.Option(help="Language: panx, multiconer.")] = "",
    domain: Annotated[str, typer.Option(help="crossner: politics, science, music, literature or ai.")] = "",
    types: Annotated[str, typer.Option(help="few-nerd: fine (66, the default) or coarse (8).")] = "",
    setting: Annotated[str, typer.Option(help="few-nerd: supervised (the default) or intra.")] = "",
    misc: Annotated[
        bool | None, typer.Option("--misc/--no-misc", help="Keep the type miscellaneous (default).")
    ] = None,
    shots: Annotated[int, typer.Option(min=0, help="k sentences a type; with --ways k to 2k mentions.")] = 0,
    ways: Annotated[int, typer.Option(min=0, help="Draw episodes of this many types.")] = 0,
    episodes: Annotated[int, typer.Option(min=1, help="How many, with --ways.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
) -> None:
    """Convert an external set (paper, Tables 7 to 10) to gold in JSON lines."""
    from eval.external.job import Sample, run
    from eval.external.options import Options

    options = Options(lang, domain, types, setting, split, misc)
    typer.echo(run(set_name, options, Sample(shots, ways, episodes, seed), out, file=file, hub=hub))
