"""PromptNER: one request a sentence, answered by a row for each candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eval.methods.asking import Completer, Said
from eval.methods.base import BLOCK, Mention, Predicted, Task, labelled
from eval.methods.meanings import asked_types
from eval.methods.options import PromptNerOptions
from eval.methods.prompt_ner_prompts import prompt_ner_ask
from eval.methods.rows import place_rows, read_rows


class PromptNer:
    """See :mod:`eval.methods.prompt_ner_prompts` for what is asked."""

    name = "prompt-ner"

    def __init__(self, completer: Completer, options: PromptNerOptions) -> None:
        """Take the model."""
        self.completer, self.options = completer, options

    def settings(self) -> Mapping[str, Any]:
        """Return the options."""
        return self.options.model_dump()

    def predict(self, tasks: Sequence[Task]) -> Iterator[Predicted]:
        """Yield the predictions; see :class:`eval.methods.base.Method`."""
        for at in range(0, len(tasks), BLOCK):
            block = tasks[at : at + BLOCK]
            answers = self.completer.complete(
                [prompt_ner_ask(one.text, asked_types(one), self.options) for one in block]
            )
            yield from (read_prompt_ner(task, said) for task, said in zip(block, answers, strict=True))


def read_prompt_ner(task: Task, said: Said) -> Predicted:
    """Return what an answer says of a sentence."""
    raw = (labelled("rows", said.raw),)
    if said.failure:
        return Predicted((), said.cost, Counter(unanswered=1), raw)
    rows, unparsed = read_rows(said.text)
    found, dropped = place_rows(task.text, rows, asked_types(task))
    dropped += Counter(unparsed=unparsed, cut_off=said.cut)
    mentions = tuple(Mention(one.start, one.end, one.type) for one in found)
    return Predicted(mentions, said.cost, +dropped, raw)
