"""The bytes behind every token, so that a copy can be locked to its source at byte level.

Two families of tokenizers cover today's language models: byte-level BPE (Qwen, Llama 3, GPT), whose token strings spell
bytes in a printable alphabet, and SentencePiece-like BPE with byte fallback (Gemma, Llama 2, Mistral), whose token
strings are text with ``▁`` for a space and ``<0xE4>`` for a single byte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cascadener_models.backends.base import BackendError

#: Longer tokens (runs of dots or spaces) are never needed, and make every look-up slower.
MAX_TOKEN_BYTES = 48
BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")
SPACE = "▁"
MARK = ord("#")
#: Bytes that occur in no UTF-8 text; a vocabulary need not have them.
NEVER_IN_UTF8 = frozenset([0xC0, 0xC1, *range(0xF5, 0x100)])


class Vocabulary:
    """Tokens by their bytes, and text into tokens.

    Attributes:
        ids: Token id of each byte string that is a token; special tokens are left out, so that no text can spell one.
        marked: Tokens that hold a ``#``, as (bytes, id), by the bytes before their first ``#``.
        max_bytes: Length of the longest token kept.
    """

    def __init__(self, tokenizer: Any) -> None:  # tokenizers.Tokenizer, which is imported nowhere here
        """Read the vocabulary of a ``tokenizers.Tokenizer``.

        Raises:
            BackendError: If it is of neither family, or has no token for some byte.
        """
        self.tokenizer = tokenizer
        tokenizer.encode_special_tokens = True
        added = tokenizer.get_added_tokens_decoder()
        spell = byte_level_spelling() if is_byte_level(tokenizer) else None
        self.ids: dict[bytes, int] = {}
        fallback: dict[bytes, int] = {}
        by_number = sorted(tokenizer.get_vocab(with_added_tokens=False).items(), key=lambda pair: -pair[1])
        for token, number in by_number:  # of two that spell the same, the lower number is kept
            if number in added:
                continue
            if spell is None and len(token) == 6 and (match := BYTE_TOKEN.fullmatch(token)):
                fallback[bytes([int(match[1], 16)])] = number
            elif (data := token_bytes(token, spell)) and len(data) <= MAX_TOKEN_BYTES:
                self.ids[data] = number
        # Added tokens stand for their text itself, and tokenizers look for them first.
        texts = {token.content.encode("utf-8"): number for number, token in added.items() if not token.special}
        self.ids |= {data: number for data, number in texts.items() if data and len(data) <= MAX_TOKEN_BYTES}
        # A byte token is only kept where no token spells the same: no model ever writes it otherwise.
        self.ids = {**fallback, **self.ids}
        self._check()
        self.max_bytes = max(map(len, self.ids))
        self.marked: dict[bytes, list[tuple[bytes, int]]] = {}
        for data, number in self.ids.items():
            if MARK in data:
                self.marked.setdefault(data[: data.index(MARK)], []).append((data, number))
        self.max_before_mark = max(map(len, self.marked))
        self._bytes_by_id = {number: data for data, number in self.ids.items()}

    def _check(self) -> None:
        """Refuse a vocabulary that cannot spell every text."""
        missing = [byte for byte in range(256) if byte not in NEVER_IN_UTF8 and bytes([byte]) not in self.ids]
        if missing:
            raise BackendError(
                f"the model's tokenizer has no token for byte 0x{missing[0]:02x}, so it cannot copy every text; a "
                "byte-level BPE tokenizer or one with byte fallback is wanted"
            )

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text; what looks like a special token in it is text like any other."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def spell(self, tokens: Sequence[int]) -> bytes:
        """Return the bytes of tokens that stand in :attr:`ids`; b"" for others."""
        return b"".join(self._bytes_by_id.get(token, b"") for token in tokens)

    def encode_exactly(self, text: str) -> list[int]:
        """Return tokens whose bytes are exactly the text's.

        The tokenizer's own where it changes nothing; else (Unicode normalisation, an added space) the longest known
        piece at a time.
        """
        data = text.encode("utf-8")
        tokens = self.encode(text)
        return tokens if self.spell(tokens) == data else self.longest_match(data)

    def longest_match(self, data: bytes) -> list[int]:
        """Return tokens that spell ``data``, the longest first."""
        tokens, at = [], 0
        while at < len(data):
            for size in range(min(self.max_bytes, len(data) - at), 0, -1):
                if (number := self.ids.get(data[at : at + size])) is not None:
                    tokens.append(number)
                    at += size
                    break
        return tokens


def is_byte_level(tokenizer: Any) -> bool:
    """Say whether token strings spell bytes in the printable alphabet.

    Raises:
        BackendError: If the tokenizer is of neither family.
    """
    decoder = tokenizer.decoder.__getstate__() if tokenizer.decoder else b""
    if b"ByteLevel" in decoder:
        return True
    if b"ByteFallback" in decoder:
        return False
    raise BackendError(
        "the model's tokenizer is neither byte-level BPE nor BPE with byte fallback, so its answers cannot be locked "
        "to the text; serve the model and use the server back end"
    )


def byte_level_spelling() -> dict[str, int]:
    """Return the byte each character of the printable alphabet stands for.

    Printable bytes stand for themselves; the others, in order, for the characters from U+0100 on.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + place): byte for place, byte in enumerate(others)}


def token_bytes(token: str, spell: dict[str, int] | None) -> bytes:
    """Return the bytes a token string stands for; b"" if it is not spelled in the alphabet."""
    if spell is None:
        return token.replace(SPACE, " ").encode("utf-8", "replace")
    try:
        return bytes(spell[character] for character in token)
    except KeyError:
        return b""
