"""Long texts in windows: cut at sentence borders, every character in exactly one window, offsets mapped back.

Models read one sentence best, as they were taught, and none reads a book. Nothing is ever truncated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

import regex

from cascadener_models.prompts import Span

#: Longest window in characters; a few sentences.
MAX_CHARS = 600
#: Ends of sentences with the space after them: full stops of all eight languages, or line breaks.
SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+\s++|[。！？]++[」』”’）]*+\s*+|\n\s*+")
SPACE = re.compile(r"\s+")
#: Longer clusters (a letter under a heap of marks) may be cut.
CLUSTER_CHARS = 100
#: What is read as one character, with its combining marks and joiners (Unicode UAX 29).
CLUSTER = regex.compile(r"\X")


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
    near = start + max(0, limit - start - CLUSTER_CHARS) // 2 * 2  # even: flags are pairs
    clusters = CLUSTER.findall(text[near : limit + CLUSTER_CHARS])
    return max((end for end in accumulate(map(len, clusters), initial=near) if start < end <= limit), default=limit)
