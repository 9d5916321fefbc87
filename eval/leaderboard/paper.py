"""The paper's figures, which stand below ours and are never ranked with them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from dynamicner_dataset.textlines import read_text

FILE = Path(__file__).with_name("paper.yaml")
#: Micro F1 in percent, by language.
Percents = dict[str, Annotated[float, Field(ge=0, le=100)]]


class PaperRow(BaseModel):
    """What the paper says of one system and model on one version of its data; figures in percent, by language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    model: str = ""
    setting: Literal["supervised", "few-shot"]
    version: Literal["base", "dynamic"]
    table: str
    f1: Percents
    coarse: Percents = {}
    medium: Percents = {}

    @property
    def name(self) -> str:
        """The system with its model."""
        return f"{self.system}, {self.model}" if self.model else self.system


@cache
def paper_rows() -> tuple[PaperRow, ...]:
    """Return the rows of ``paper.yaml``."""
    return tuple(PaperRow.model_validate(row) for row in yaml.safe_load(read_text(FILE))["rows"])
