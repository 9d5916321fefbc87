"""Long texts in windows: cut at sentence borders, every character in exactly one window, offsets mapped back.

Models read one sentence best, as they were taught, and none reads a book. Nothing is ever truncated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cascadener_models.prompts import Span

#: Longest window in characters; a few sentences.
MAX_CHARS = 600
#: Ends of sentences with the space after them: full stops of all eight languages, or line breaks.
SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*\s+|[。！？]+[」』”’）]*\s*|\s*\n\s*")
SPACE = re.compile(r"\s+")
#: What no text may be cut before: marks, joiners and selectors that belong to the character before.
CLINGING = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\u3099\u309a\U0001f3fb-\U0001f3ff]")


def cut(text: str, max_chars: int = MAX_CHARS) -> list[Span]:
    """Return windows of at most ``max_chars`` characters that cover the text, without those of spaces alone.

    A text that fits is one window. Else sentences are packed into windows; a sentence that is too long is cut at a
    space, and a word that is too long anywhere but inside a character.

    >>> cut("One sentence. Another one.", 16)
    [(0, 14), (14, 26)]
    """
    windows, start = [], 0
    for end in ends(text, max_chars):
        if text[start:end].strip():
            windows.append((start, end))
        start = end
    return windows


def ends(text: str, max_chars: int) -> Iterator[int]:
    """Yield where each window ends."""
    start = 0
    while len(text) - start > max_chars:
        start = best_end(text, start, start + max_chars)
        yield start
    yield len(text)


def best_end(text: str, start: int, limit: int) -> int:
    """Return the last good place to cut after ``start``, at most ``limit``."""
    for border in (SENTENCE_END, SPACE):
        found = [match.end() for match in border.finditer(text, start, limit) if match.end() > start]
        # A run of full stops or spaces that goes on behind the limit is no border yet, but cutting there is harmless.
        if found:
            return found[-1]
    while limit - start > 1 and (CLINGING.match(text[limit]) or text[limit - 1] == "\u200d"):
        limit -= 1
    return limit
