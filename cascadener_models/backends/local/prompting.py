"""From prompts to tokens: what all prompts of a stage begin with, one prompt, what ends an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cascadener_models.backends.base import BackendError
from cascadener_models.backends.local.vocabulary import Vocabulary
from cascadener_models.prompts import PROMPT_END, Demonstration, base_prompt, chat_messages

#: Stands for prompt and answer while a chat template is rendered, to find what lies around them.
PROMPT_HERE, ANSWER_HERE = "PROMPT-GOES-HERE", "ANSWER-GOES-HERE"


@dataclass(frozen=True)
class Template:
    """How a model is asked.

    Attributes:
        head: Tokens before the prompt: begin token, demonstrations, what a chat template puts there.
        tail: Text between prompt and answer, without special tokens; or tokens in :attr:`tail_tokens`.
        end: The token that ends an answer.
    """

    vocabulary: Vocabulary
    head: tuple[int, ...]
    tail_tokens: tuple[int, ...]
    tail: str
    end: int

    def prompt_tokens(self, prompt: str) -> list[int]:
        """Return the tokens of a prompt and of what stands between it and the answer."""
        return [*self.vocabulary.encode(prompt + self.tail), *self.tail_tokens]


class Templates:
    """Makes templates for one tokenizer: by its chat template if it has one, else plainly."""

    def __init__(self, tokenizer: Any, vocabulary: Vocabulary, config: dict[str, Any], folder: Path) -> None:
        """Take a ``tokenizers.Tokenizer``, its vocabulary, and the folder with its ``tokenizer_config.json``."""
        self.tokenizer, self.vocabulary, self.config = tokenizer, vocabulary, config
        separate = folder / "chat_template.jinja"
        self.chat_template = separate.read_text("utf-8") if separate.exists() else config.get("chat_template")

    def make(self, demonstrations: Sequence[Demonstration] = ()) -> Template:
        """Return the template with these demonstrations."""
        return self._chat(demonstrations) if self.chat_template else self._plain(demonstrations)

    def _plain(self, demonstrations: Sequence[Demonstration]) -> Template:
        """Return the template of a base model: prompt, newline, answer, end token."""
        begin = self.tokenizer.encode("", add_special_tokens=True).ids
        end = self._special("eos_token")
        if begin and begin[-1] == end:  # some tokenizers end every text
            begin = begin[:-1]
        shown = base_prompt("", demonstrations).removesuffix(PROMPT_END)
        head = (*begin, *self.vocabulary.encode(shown)) if shown else tuple(begin)
        return Template(self.vocabulary, head, (), PROMPT_END, end)

    def _chat(self, demonstrations: Sequence[Demonstration]) -> Template:
        """Return the template of a chat model."""
        messages = chat_messages(PROMPT_HERE, demonstrations)
        asked = self._render(messages, generation=True)
        answered = self._render([*messages, {"role": "assistant", "content": ANSWER_HERE}], generation=False)
        head, _, tail = asked.rpartition(PROMPT_HERE)
        end = self._with_special(answered.rpartition(ANSWER_HERE)[2])
        if not head or not tail or not end:
            raise BackendError("the model's chat template leaves out the prompt or does not end an answer")
        return Template(self.vocabulary, tuple(self._with_special(head)), tuple(self._with_special(tail)), "", end[0])

    def _render(self, messages: list[dict[str, str]], *, generation: bool) -> str:
        """Render the chat template (in jinja's sandbox, by transformers)."""
        from transformers import PreTrainedTokenizerFast

        names = ("bos_token", "eos_token", "pad_token", "unk_token")
        special = {name: text for name in names if (text := content(self.config.get(name)))}
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=self.tokenizer, chat_template=self.chat_template, **special
        )
        return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=generation)

    def _with_special(self, text: str) -> list[int]:
        """Return the tokens of a template's own text, in which special tokens count."""
        self.tokenizer.encode_special_tokens = False
        try:
            return self.tokenizer.encode(text, add_special_tokens=False).ids
        finally:
            self.tokenizer.encode_special_tokens = True

    def _special(self, name: str) -> int:
        """Return the id of a special token that ``tokenizer_config.json`` names."""
        number = self.tokenizer.token_to_id(content(self.config.get(name)) or "")
        if number is None:
            raise BackendError(f"the model's tokenizer names no {name}, so it cannot end an answer")
        return number


def content(token: Any) -> str | None:
    """Return a special token's text, which configs give as a string or a mapping."""
    return token.get("content") if isinstance(token, dict) else token
