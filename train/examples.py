"""From training rows to tokens; questions about one mention share its marked sentence.

A mention is asked about several times: at each level of the tree, and from its sentence's own list. The marked sentence
is the longest part of each of these prompts, so it stands in the example once, and each question with its answer is a
branch behind it that sees the sentence and itself alone. Loss and gradients are those of separate rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cascadener_models.backends.local.prompting import Template
from cascadener_models.prompts import PROMPT_END, split_question
from dynamicner_dataset.errors import InputError

#: In ``labels``: nothing is learnt here (the value that torch's cross-entropy passes over).
IGNORED = -100


@dataclass
class Example:
    """A stem and the branches behind it, token by token.

    Attributes:
        id: Of the sentence.
        input_ids: All tokens, the stem's first, then branch by branch.
        labels: At each token the token that is to follow it, or :data:`IGNORED`.
        branches: At each token the number of its branch; 0 is the stem.
        position_ids: At each token its place on the way from the beginning.
    """

    id: str
    input_ids: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    position_ids: list[int] = field(default_factory=list)

    def append(self, tokens: Sequence[int], branch: int, start: int) -> None:
        """Append tokens of which nothing is learnt, the first of them at position ``start``."""
        self.input_ids += tokens
        self.labels += [IGNORED] * len(tokens)
        self.branches += [branch] * len(tokens)
        self.position_ids += range(start, start + len(tokens))

    @property
    def longest(self) -> int:
        """The number of tokens on the longest way from the beginning to the end of an answer."""
        return max(self.position_ids) + 2  # the last token of an answer is predicted, never read


def make_examples(rows: Iterable[dict[str, Any]], template: Template, *, shared: bool = True) -> list[Example]:
    """Return the examples of rows with ``prompt`` and ``completion``, in the order of each one's first row.

    Args:
        rows: As :mod:`build.derived.sft` yields them, as plain strings.
        template: How the stage's model is asked.
        shared: Whether questions about one mention share its sentence; else each row is an example.

    Raises:
        InputError: If a row has no prompt or no answer.
    """
    groups: dict[tuple[str, str, int], list[tuple[str, str]]] = {}
    for number, row in enumerate(rows):
        identity = str(row.get("id", number))
        if lacking := missing_part(row):
            raise InputError(f"row {number + 1} ({identity}) has no {lacking}; a string is wanted there")
        stem, question = split_question(row["prompt"].removesuffix(PROMPT_END))
        if shared and question:
            groups.setdefault((identity, stem, -1), []).append((question, row["completion"]))
        else:
            groups[identity, stem + question, number] = [("", row["completion"])]
    return [
        make_example(Example(identity), stem, questions, template) for (identity, stem, _), questions in groups.items()
    ]


def missing_part(row: dict[str, Any]) -> str:
    """Return which of prompt and completion is missing, empty or no string; empty if none is."""
    return next((name for name in ("prompt", "completion") if not isinstance(row.get(name), str) or not row[name]), "")


def make_example(example: Example, stem: str, questions: Sequence[tuple[str, str]], template: Template) -> Example:
    """Fill an example; without a question, the answer stands right behind the stem.

    Stem and question are tokenised apart, as the local back end does it.
    """
    encode = template.vocabulary.encode
    if questions[0][0]:
        example.append([*template.head, *encode(stem)], 0, 0)
    else:
        example.append([*template.head, *template.prompt_tokens(stem)], 0, 0)
    start = len(example.input_ids)
    for branch, (question, completion) in enumerate(questions, 1):
        asked = template.prompt_tokens(question) if question else []
        answer = [*template.vocabulary.encode_exactly(completion), template.end]
        example.append([*asked, *answer[:-1]], branch if question else 0, start)
        first = len(example.input_ids) - len(answer)  # the token before the answer
        example.labels[first:] = answer
    return example
