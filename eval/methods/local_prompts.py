"""From free-text questions to tokens for a local model, in which no text can spell a special token."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerFast

from cascadener_models.backends.base import BackendError
from cascadener_models.backends.local.loading import Loaded
from cascadener_models.backends.local.prompting import content
from eval.methods.asking import Ask

#: Stand for the texts of turns while a chat template is rendered.
HERE = "TURN-{}-GOES-HERE"
PLACE = re.compile(r"TURN-(\d+)-GOES-HERE")
SPECIAL = ("bos_token", "eos_token", "pad_token", "unk_token")
Turns = list[dict[str, str]]


class Prompter:
    """Asks by the model's chat template if it has one, else plainly.

    Attributes:
        is_chat: Whether it has one.
        ends: The tokens that end an answer.
    """

    def __init__(self, loaded: Loaded, folder: Path) -> None:
        """Take a loaded model and its folder.

        Raises:
            BackendError: If nothing tells what ends an answer.
        """
        self.tokenizer, self.vocabulary = loaded.tokenizer, loaded.vocabulary
        config = loaded.tokenizer_config
        separate = folder / "chat_template.jinja"
        template = separate.read_text("utf-8") if separate.exists() else config.get("chat_template")
        named = {name: text for name in SPECIAL if (text := content(config.get(name)))}
        self.fast = PreTrainedTokenizerFast(tokenizer_object=loaded.tokenizer, chat_template=template, **named)
        self.is_chat = bool(template)
        self.ends = end_tokens(self.fast.eos_token_id, loaded.model.generation_config)

    def tokens(self, ask: Ask) -> list[int]:
        """Return the tokens of a question, up to where the answer begins."""
        return self._chat_tokens(ask) if self.is_chat else [*self._begin(), *self.vocabulary.encode(ask.plain())]

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of an answer."""
        return self.tokenizer.decode(list(tokens), skip_special_tokens=True)

    def _begin(self) -> list[int]:
        """Return the tokens that begin every text, without an end token that some tokenizers put behind it."""
        return [number for number in self.tokenizer.encode("", add_special_tokens=True).ids if number not in self.ends]

    def _chat_tokens(self, ask: Ask) -> list[int]:
        """Return the tokens of a rendered chat template: its own text with special tokens, that of turns without."""
        turns = ask.messages()
        empty = [turn | {"content": HERE.format(at)} for at, turn in enumerate(turns)]
        try:
            shown = self._render(empty)
        except TemplateError:  # it knows no system turn
            shown = self._render(without_system(empty))
        parts = PLACE.split(shown)
        tokens = self._with_special(parts[0])
        for number, after in zip(parts[1::2], parts[2::2], strict=True):
            tokens += self.vocabulary.encode(turns[int(number)]["content"])
            tokens += self._with_special(after)
        return tokens

    def _render(self, turns: Turns) -> str:
        """Render the chat template (in jinja's sandbox, by transformers)."""
        return self.fast.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)

    def _with_special(self, text: str) -> list[int]:
        """Return the tokens of a template's own text, in which special tokens count."""
        self.tokenizer.encode_special_tokens = False
        try:
            return self.tokenizer.encode(text, add_special_tokens=False).ids
        finally:
            self.tokenizer.encode_special_tokens = True


def without_system(turns: Turns) -> Turns:
    r"""Return turns with what the system turn says at the head of the first question.

    >>> without_system([{"role": "system", "content": "a"}, {"role": "user", "content": "b"}])
    [{'role': 'user', 'content': 'a\n\nb'}]
    """
    if turns[0]["role"] != "system":
        return turns
    head, first, *rest = turns
    return [first | {"content": f"{head['content']}\n\n{first['content']}"}, *rest]


def end_tokens(own: int | None, generation: Any) -> list[int]:
    """Return the tokens that end an answer, the tokenizer's own first.

    Raises:
        BackendError: If none is known, so that answers would be endless.
    """
    known = getattr(generation, "eos_token_id", None)
    several = known if isinstance(known, list) else [known]
    ends = [number for number in (own, *several) if number is not None]
    if not ends:
        raise BackendError("the model's tokenizer names no eos_token, so it cannot end an answer")
    return list(dict.fromkeys(ends))
