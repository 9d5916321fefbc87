"""The options that commands share, in groups, and the decorator that gives a command all options of a group."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from typer import Option

from cascadener_models.backends.base import Rounds
from dynamicner_dataset.errors import InputError

ROUNDS = 3
TYPES, READING, CASCADE, MODEL = "Types", "Reading", "How it is done", "Model"


class InputFormat(StrEnum):
    """What can be read."""

    JSONL = "jsonl"
    TXT = "txt"
    CSV = "csv"


class Decoding(StrEnum):
    """How a type is found in a tree."""

    GREEDY = "greedy"
    WHOLE_PATH = "whole-path"


@dataclass(frozen=True)
class TypeOptions:
    """Which types are asked for; none of them: extraction only."""

    types: Annotated[
        list[str] | None,
        Option("--types", metavar="A,B,...", help="Type names between commas; may be repeated.", rich_help_panel=TYPES),
    ] = None
    types_file: Annotated[
        Path | None,
        Option("--types-file", metavar="FILE", help="Type names, one a line.", rich_help_panel=TYPES),
    ] = None
    tree: Annotated[
        str | None,
        Option(
            "--tree",
            metavar="dynamicner|FILE.yaml",
            help="A tree of types, asked level by level: the packaged one or your own.",
            rich_help_panel=TYPES,
        ),
    ] = None


@dataclass(frozen=True)
class ReadingOptions:
    """How an input file is read."""

    input_format: Annotated[
        InputFormat | None,
        Option("--input-format", help="By default told from the file's ending.", rich_help_panel=READING),
    ] = None
    column: Annotated[
        str,
        Option("--column", help="Field (jsonl) or column (csv) that holds the text.", rich_help_panel=READING),
    ] = "text"
    ignore_row_types: Annotated[
        bool,
        Option(
            "--ignore-row-types",
            help="Leave a jsonl row's own 'types' aside; otherwise they come before the types given here.",
            rich_help_panel=READING,
        ),
    ] = False


@dataclass(frozen=True)
class CascadeOptions:
    """How texts are extracted and mentions classified.

    Raises:
        InputError: For values out of range, and options that exclude each other.
    """

    rounds: Annotated[
        int | None,
        Option(
            "-k",
            "--rounds",
            min=1,
            help="Extractions of each text, fused into one. By default 3, with --threshold 1.",
            rich_help_panel=CASCADE,
        ),
    ] = None
    temperature: Annotated[
        float, Option("--temperature", help="Of all extractions but the first.", rich_help_panel=CASCADE)
    ] = 0.7
    seed: Annotated[int, Option("--seed", help="Of the sampled extractions.", rich_help_panel=CASCADE)] = 0
    threshold: Annotated[
        float | None,
        Option(
            "--threshold",
            help="One extraction that marks wherever it is this sure, from 0 to 1: lower finds more.",
            rich_help_panel=CASCADE,
        ),
    ] = None
    decoding: Annotated[
        Decoding,
        Option("--decoding", help="In a tree: the best step each time, or the best path.", rich_help_panel=CASCADE),
    ] = Decoding.GREEDY
    zero_shot: Annotated[
        bool, Option("--zero-shot", help="Drop mentions that no type applies to.", rich_help_panel=CASCADE)
    ] = False
    sure: Annotated[
        float,
        Option(
            "--sure",
            help="In a tree: stop at the deepest type that is at least this probable, from 0 to 1.",
            rich_help_panel=CASCADE,
        ),
    ] = 0.0
    probabilities: Annotated[
        bool, Option("--probabilities", help="Give the probability of each candidate type.", rich_help_panel=CASCADE)
    ] = False
    min_score: Annotated[
        float, Option("--min-score", help="Drop entities with a lower score, from 0 to 1.", rich_help_panel=CASCADE)
    ] = 0.0
    max_chars: Annotated[
        int,
        Option("--max-chars", min=1, help="Longer texts are cut at sentence borders.", rich_help_panel=CASCADE),
    ] = 600

    def __post_init__(self) -> None:
        for name, value in (("--min-score", self.min_score), ("--sure", self.sure)):
            if not 0 <= value <= 1:
                raise InputError(f"{name} must lie between 0 and 1, not {value}")
        if not math.isfinite(self.temperature):
            raise InputError(f"--temperature must be a number above 0, not {self.temperature}")
        Rounds(self.k, self.temperature, self.seed, self.threshold)

    @property
    def k(self) -> int:
        """Number of extractions of each text."""
        return self.rounds or (ROUNDS if self.threshold is None else 1)

    def for_cascade(self) -> dict[str, Any]:
        """Return the options as the cascade takes them."""
        named = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "rounds"}
        return {"k": self.k} | named | {"decoding": self.decoding.value}


@dataclass(frozen=True)
class ModelOptions:
    """Which model answers, and where it runs."""

    base_model: Annotated[
        str | None,
        Option("--base-model", metavar="NAME|FOLDER", help="By default Gemma 3 270M.", rich_help_panel=MODEL),
    ] = None
    revision: Annotated[
        str | None, Option("--revision", help="Of the base model on the Hub.", rich_help_panel=MODEL)
    ] = None
    extractor: Annotated[
        str | None,
        Option(
            "--extractor",
            metavar="NAME|FOLDER|none",
            help="Adapter (none: examples in the prompt); on a server, its model.",
            rich_help_panel=MODEL,
        ),
    ] = None
    classifier: Annotated[
        str | None,
        Option(
            "--classifier",
            metavar="NAME|FOLDER|none",
            help="Adapter (none: examples in the prompt); on a server, its model.",
            rich_help_panel=MODEL,
        ),
    ] = None
    device: Annotated[str | None, Option("--device", help="cpu, cuda, cuda:1, mps.", rich_help_panel=MODEL)] = None
    dtype: Annotated[str | None, Option("--dtype", help="float32, bfloat16, float16.", rich_help_panel=MODEL)] = None
    batch_size: Annotated[int, Option("--batch-size", min=1, help="Texts side by side.", rich_help_panel=MODEL)] = 32
    server: Annotated[
        str | None,
        Option(
            "--server",
            metavar="URL",
            help="OpenAI-compatible server, such as http://127.0.0.1:8000/v1; its key: OPENAI_API_KEY.",
            rich_help_panel=MODEL,
        ),
    ] = None
    demonstrations: Annotated[
        bool,
        Option(
            "--demonstrations",
            help="Show a server's model three worked examples: for models without training for the task.",
            rich_help_panel=MODEL,
        ),
    ] = False

    def __post_init__(self) -> None:
        if self.server is None:
            if self.demonstrations:
                raise InputError(
                    "--demonstrations goes with --server; a local model without an adapter has them anyway"
                )
            return
        for name in ("base_model", "revision", "device", "dtype"):
            if getattr(self, name) is not None:
                raise InputError(f"--{name.replace('_', '-')} does not go with --server, which has its own")
        if self.extractor is None:
            raise InputError("--server needs --extractor MODEL: the name under which the server knows its model")


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with each parameter that is a group of options (a dataclass) spread into its fields.

    Typer sees one parameter a field; the command gets the groups.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            parameters += group_parameters(groups[name])
        else:
            parameters.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def run(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def group_parameters(group: type) -> list[inspect.Parameter]:
    """Return one parameter for each field of a group of options."""
    hints = get_type_hints(group, include_extras=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(field.name, kind, default=field.default, annotation=hints[field.name])
        for field in fields(group)
    ]
