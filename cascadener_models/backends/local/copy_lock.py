"""The copy lock: at every point of an answer, the tokens that keep it a marked copy of the text.

An answer is the text's bytes with ``##`` around each mention (:mod:`cascadener_models.prompts`). The only legal
continuations are the next bytes of the text or a marker; markers alternate, no mention is empty or of spaces alone, no
marker stands inside a character or a word, and the answer is over when the text is. Every answer under the lock is a
copy by construction, for every language and every tokenizer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

import regex

from cascadener_models.backends.local.vocabulary import MARK, Vocabulary
from cascadener_models.prompts import Span, neutralise

#: What is read as one character: with its combining marks, emoji sequences, pairs of flags, CR LF (Unicode UAX 29).
CLUSTER = regex.compile(r"\X")


class Mode(IntEnum):
    """Where an answer stands between markers."""

    OUTSIDE = 0
    OPENING = 1  # one sign of the marker that opens a mention
    OPENED = 2  # a mention is open and holds nothing but spaces so far
    INSIDE = 3
    CLOSING = 4  # one sign of the marker that closes a mention


class State(NamedTuple):
    """A point of an answer: bytes of the text copied so far, and the mode."""

    at: int
    mode: Mode


class Legal(NamedTuple):
    """The legal tokens of a state, by rising id.

    Attributes:
        tokens: Their ids.
        states: The state each leads to.
        opens: Whether each holds the first sign of a marker that opens a mention here.
    """

    tokens: list[int]
    states: list[State]
    opens: list[bool]


START = State(0, Mode.OUTSIDE)


class CopyLock:
    """The legal answers for one text, token by token.

    Attributes:
        text: The text as it is; the answer copies it neutralised.
        source: The bytes to be copied.
        end: The state in which the answer is whole.
    """

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.shown = neutralise(text)
        self.source = self.shown.encode("utf-8")
        self.vocabulary = vocabulary
        self.end = State(len(self.source), Mode.OUTSIDE)
        self.offset: list[int] = []  # of each byte, the character it belongs to
        for number, character in enumerate(self.shown):
            self.offset += [number] * len(character.encode("utf-8"))
        self.offset.append(len(self.shown))
        clusters = CLUSTER.findall(self.shown)
        self.blank = [cluster.isspace() for cluster in clusters for _ in cluster]
        self.border = self._borders(clusters)
        self.solid = [not self.blank[number] for number in self.offset[:-1]]
        self.last_solid = max((at for at, solid in enumerate(self.solid) if solid), default=-1)
        self._legal: dict[State, Legal] = {}
        self._pieces: dict[int, tuple[int, ...]] | None = None

    def _borders(self, clusters: Sequence[str]) -> list[bool]:
        """Say for each byte, and the end, whether a marker may stand before it."""
        borders = [False] * (len(self.source) + 1)
        at, before = 0, " "
        for cluster in clusters:
            borders[at] = parts(before, cluster)
            at, before = at + len(cluster.encode("utf-8")), cluster
        borders[at] = True
        return borders

    def step(self, state: State, data: bytes) -> State | None:
        """Return the state after more bytes of an answer, or ``None`` if they break the lock."""
        at, mode = state
        for byte in data:
            if byte == MARK:
                following = self._after_sign(at, mode)
                if following is None:
                    return None
                mode = following
            elif mode in (Mode.OPENING, Mode.CLOSING) or at >= len(self.source) or self.source[at] != byte:
                return None
            else:
                if mode is Mode.OPENED and self.solid[at]:
                    mode = Mode.INSIDE
                at += 1
        return State(at, mode)

    def _after_sign(self, at: int, mode: Mode) -> Mode | None:
        """Return the mode after one sign of a marker, or ``None`` if none may stand here."""
        if mode is Mode.OPENING:
            return Mode.OPENED
        if mode is Mode.CLOSING:
            return Mode.OUTSIDE
        if mode is Mode.OUTSIDE and self.border[at] and at <= self.last_solid:
            return Mode.OPENING
        if mode is Mode.INSIDE and self.border[at]:
            return Mode.CLOSING
        return None

    def legal(self, state: State) -> Legal:
        """Return the tokens that may follow; there is at least one, except in the end state."""
        if state not in self._legal:
            found = sorted(self._continuations(state))
            opens = [self._opens(state, number) for number, _ in found]
            self._legal[state] = Legal([number for number, _ in found], [after for _, after in found], opens)
        return self._legal[state]

    def _continuations(self, state: State) -> Iterator[tuple[int, State]]:
        """Yield each legal token with the state it leads to."""
        at = state.at
        for size in range(min(self.vocabulary.max_bytes, len(self.source) - at) + 1):
            piece = self.source[at : at + size]
            if size and (number := self.vocabulary.ids.get(piece)) is not None:
                after = self.step(state, piece)
                if after is not None:
                    yield number, after
            if size <= self.vocabulary.max_before_mark:
                for data, number in self.vocabulary.marked.get(piece, ()):
                    after = self.step(state, data)
                    if after is not None:
                        yield number, after

    def _opens(self, state: State, number: int) -> bool:
        """Say whether a token's first sign opens a mention: it is a marker token and no mention is open."""
        return state.mode is Mode.OUTSIDE and MARK in self.vocabulary.spell([number])

    def draft(self, state: State, size: int) -> list[int]:
        """Return up to ``size`` tokens that copy the text on without another marker, as the tokenizer would have it."""
        if state.mode in (Mode.OPENING, Mode.CLOSING):  # a marker that was begun is ended first
            sign = bytes([MARK])
            return [self.vocabulary.ids[sign], *self.draft(self.step(state, sign), size - 1)][:size]
        if self._pieces is None:
            self._pieces = self._tokenise()
        tokens: list[int] = []
        at = state.at
        while len(tokens) < size and at < len(self.source):
            if at not in self._pieces:
                self._bridge(at)
            tokens += self._pieces[at]
            at += len(self.vocabulary.spell(self._pieces[at]))
        return tokens[:size]

    def _tokenise(self) -> dict[int, tuple[int, ...]]:
        """Return the token that starts at each byte at which one does when the whole text is tokenised."""
        pieces, at = {}, 0
        for token in self.vocabulary.encode_exactly(self.shown):
            pieces[at] = (token,)
            at += len(self.vocabulary.spell([token]))
        return pieces

    def _bridge(self, at: int) -> None:
        """Tokenise from a byte inside a token (a marker has parted it) to the next that starts one."""
        following = at + 1
        while following < len(self.source) and not (following in self._pieces and self.border[following]):
            following += 1
        piece = self.source[at:following]
        text = piece.decode("utf-8", "replace")
        whole = text.encode("utf-8") == piece
        tokens = self.vocabulary.encode_exactly(text) if whole else self.vocabulary.longest_match(piece)
        self._pieces[at] = tuple(tokens)

    def spans(self, tokens: list[int]) -> list[tuple[Span, int, int]]:
        """Return the mentions of a whole answer: span (without outer spaces), and the steps that open and close it.

        Spans are code points of :attr:`text`. Steps are places in ``tokens``.
        """
        found, at, mode, start, opened = [], 0, Mode.OUTSIDE, 0, 0
        for place, token in enumerate(tokens):
            for byte in self.vocabulary.spell([token]):
                if byte != MARK:
                    at += 1
                    continue
                mode = Mode((mode + 1) % 4)  # four signs a mention: two that open, two that close
                if mode == 1:
                    start, opened = at, place
                elif mode == 3:
                    found.append((self._strip(start, at), opened, place))
        return found

    def _strip(self, start: int, end: int) -> Span:
        """Return the code points between two bytes, without outer spaces."""
        first, last = self.offset[start], self.offset[end]
        while first < last and self.blank[first]:
            first += 1
        while first < last and self.blank[last - 1]:
            last -= 1
        return first, last


def parts(before: str, cluster: str) -> bool:
    """Say whether a marker may stand between two of what are read as one character each: not inside a word.

    Inside a word means between two letters of a script that has upper and lower case (Latin, Greek, Cyrillic): scripts
    that write several words as one, or none apart, have none. Of the corpus's 39,455 mentions not one begins or ends
    there, and a model that has lost its way marks every letter.

    >>> parts(" ", "b"), parts("日", "本"), parts("울", "은"), parts("5", "k"), parts("a", "b")
    (True, True, True, True, False)
    """
    return not (is_cased(before[0]) and is_cased(cluster[0]))


def is_cased(character: str) -> bool:
    """Say whether a character is a letter with an upper and a lower case."""
    return character.lower() != character.upper()
