"""Result files, read as what they are: files that others may have written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.formats.jsonl import parse_json, take
from dynamicner_dataset.textlines import read_text
from eval.submissions.entry import Entry
from eval.submissions.faults import printable
from eval.submissions.result import FORMAT, RESULT

#: Longest result file, in bytes.
MAX_BYTES = 20_000_000
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=1e18, allow_inf_nan=False)]
Name = Annotated[str, Field(max_length=200)]
Language = Literal["en", "zh", "es", "fr", "de", "ja", "ko", "ru"]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """A part of a result; what is not shown is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Figures(Part):
    """Precision, recall and F1, shares in [0, 1]."""

    precision: Share
    recall: Share
    f1: Share
    gold: Annotated[int, Field(ge=0)] = 0


class Interval(Part):
    """The 95 % interval of F1, from and to."""

    f1: Annotated[list[Share], Field(min_length=2, max_length=2)]


class Intervals(Part):
    """The interval that is shown."""

    strict: Interval | None = None


class Found(Part):
    """The share of right types among the spans found."""

    accuracy: Share


class Classification(Part):
    """How well found spans are named."""

    found: Found


class Counted(Part):
    """How much was scored."""

    sentences: Annotated[int, Field(ge=1)]
    gold: Annotated[int, Field(ge=0)]


class Cost(Part):
    """What all sentences together cost."""

    tokens_in: Amount | None = None
    tokens_out: Amount | None = None


class OneLanguage(Part):
    """The figures of one language of a result."""

    data_sha256: Hash
    strict: Figures
    intervals: Intervals


def read_entry(value: object) -> Entry:
    """Return the submission's head; raise :class:`InputError` if it is not sound."""
    return Entry(*(take(value, key, str, "the submission") for key in ("name", "model_id", "url", "date")))


class Result(Part):
    """What ``submit check`` wrote, as far as it is shown.

    Attributes:
        path: The file.
    """

    path: str
    format: Literal["dynamicner-result/1"]
    submission: Annotated[Entry, BeforeValidator(read_entry)]
    config: Annotated[str, Field(pattern=r"^(base|dynamic)-(en|zh|es|fr|de|ja|ko|ru|all)$")]
    split: Literal["train", "validation", "test"]
    data_sha256: Hash
    strict: Figures
    text: Figures
    extraction: Figures
    macro: Figures
    levels: dict[Name, Figures]
    per_type: Annotated[dict[Name, Figures], Field(max_length=50_000)]
    intervals: Intervals
    classification: Classification
    counts: Counted
    cost: Cost
    languages: dict[Language, OneLanguage]

    @property
    def version(self) -> str:
        """``base`` or ``dynamic``."""
        return self.config.partition("-")[0]

    @property
    def lang(self) -> str:
        """The code of the config's language, or ``all``."""
        return self.config.partition("-")[2]

    @property
    def tokens(self) -> float | None:
        """Tokens read and written for a sentence, if that is known of all."""
        if self.cost.tokens_in is None or self.cost.tokens_out is None:
            return None
        return (self.cost.tokens_in + self.cost.tokens_out) / self.counts.sentences


def read_results(folder: Path) -> list[Result]:
    """Return the results in a folder and the folders below it, sorted by path.

    Raises:
        InputError: If there is no folder or no result file in it, or a file is no sound result.
    """
    if not folder.is_dir():
        raise InputError("is no folder", printable(folder))
    found = [read_result(path) for path in sorted(result_files(folder))]
    if not found:
        raise InputError(f"holds no {RESULT}; `python -m eval submit check ... --out` writes one", printable(folder))
    return found


def result_files(folder: Path) -> Iterator[Path]:
    """Yield the result files of a folder; links, which may lead anywhere, are passed over."""
    return (path for path in folder.rglob(RESULT) if path.is_file() and not path.is_symlink())


def read_result(path: Path) -> Result:
    """Return one result.

    Raises:
        InputError: If the file is no sound result; the message names the first value that is wrong.
    """
    shown = printable(path)
    value = parse_json(read_text(path, MAX_BYTES), path)
    if type(value) is not dict or value.get("format") != FORMAT:
        raise InputError(f"is no result of this format ({FORMAT}); score the predictions anew", shown)
    try:
        return Result.model_validate({**value, "path": shown})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = shorten(".".join(map(str, first["loc"])))
        raise InputError(f"{where}: {first['msg'].removeprefix('Value error, ')}", shown) from error
