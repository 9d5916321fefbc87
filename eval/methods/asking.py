"""Free text from a model: what is asked, what comes back, and the door to whatever answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cascadener_models.prompts import Demonstration, base_prompt, chat_messages
from cascadener_models.results import FREE, StageCost
from dynamicner_dataset.textlines import well_formed


@dataclass(frozen=True, slots=True)
class Ask:
    """One question with an answer in free text.

    Attributes:
        prompt: The question itself.
        system: What the model is told before; may be empty.
        shown: Worked examples.
        most_tokens: Longest answer.
    """

    prompt: str
    system: str = ""
    shown: tuple[Demonstration, ...] = ()
    most_tokens: int = 256

    def messages(self) -> list[dict[str, str]]:
        """Return the turns for a chat model; half characters, which no request can carry, stand as U+FFFD."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        turns = [*system, *chat_messages(self.prompt, self.shown)]
        return [turn | {"content": well_formed(turn["content"])} for turn in turns]

    def plain(self) -> str:
        """Return what a model without a chat template reads; its answer ends with a blank line."""
        text = base_prompt(self.prompt, self.shown)
        return well_formed(f"{self.system}\n\n{text}" if self.system else text)

    @property
    def key(self) -> str:
        """A digest: the same for the same question."""
        return digest([self.messages(), self.most_tokens])


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one question.

    Attributes:
        text: The answer; empty if there is none.
        failure: Why there is none; empty if there is one.
        cut: Whether it was cut off by the limit of tokens.
        cost: What it cost.
    """

    text: str = ""
    failure: str = ""
    cut: bool = False
    cost: StageCost = FREE

    @property
    def raw(self) -> str:
        """What is kept for audit."""
        return f"(no answer: {self.failure})" if self.failure else self.text


class Completer(Protocol):
    """A model that continues text."""

    description: Mapping[str, str]

    def complete(self, asks: Sequence[Ask]) -> list[Said]:
        """Answer each question at temperature 0; the answers are in the order of the questions.

        Raises:
            BackendError: If the model or server cannot be used.
        """
        ...


def digest(value: Any) -> str:
    """Return a short digest of a JSON value."""
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=16).hexdigest()


def answer_tokens(copied: str, spare: int = 32) -> int:
    """Return room for an answer that copies a text with marks: a token has at least one byte."""
    return len(well_formed(copied).encode()) + spare
