"""Words and the pieces that an encoder reads them as; long sentences as windows that overlap.

Each word is tagged at its first piece. A word that the tokenizer makes nothing of (a zero-width sign, say) stands as
the unknown token, so that no word goes without a tag and offsets come back exactly. SentencePiece gives a Chinese
character, or a comma, a bare sign for a space that is not there; it is left out, as the encoder learnt them without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dynamicner_dataset.textlines import well_formed

#: Tokens around a window: its beginning and its end.
AROUND = 2
#: Share of a window, on either side, that is read for its context alone.
CONTEXT = 4
#: SentencePiece's sign for the space before a word.
SPACE = "\u2581"


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a sentence that is read at once.

    Attributes:
        sentence: Number of the sentence among those that were cut together.
        input_ids: Its pieces, with the tokens around them.
        places: Where in ``input_ids`` the first pieces of the words are that are tagged here.
        first: Number of the first of these words; the others follow it.
    """

    sentence: int
    input_ids: list[int]
    places: list[int]
    first: int


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts sentences into windows.

    Attributes:
        tokenizer: A fast tokenizer of transformers.
        most: Most pieces of a window, the tokens around it included.
    """

    tokenizer: Any
    most: int

    def cut(self, sentences: Sequence[Sequence[str]]) -> tuple[list[Window], int]:
        """Return the windows of sentences given as words, and how many words were longer than a window.

        Of such a word the first pieces are read; it has its tag like any other.
        """
        windows, too_long = [], 0
        room = self.most - AROUND
        for number, words in enumerate(self.pieces(sentences)):
            too_long += sum(len(pieces) > room for pieces in words)
            words = [pieces[:room] for pieces in words]
            for bounds in window_bounds([len(pieces) for pieces in words], room):
                windows.append(self.window(number, words, *bounds))
        return windows, too_long

    def window(self, sentence: int, words: list[list[int]], first: int, start: int, end: int, last: int) -> Window:
        """Return the window over the words from ``first`` to ``last``, of which those from ``start`` are tagged."""
        ids, places = [self.tokenizer.cls_token_id], []
        for number in range(first, last):
            if start <= number < end:
                places.append(len(ids))
            ids += words[number]
        return Window(sentence, [*ids, self.tokenizer.sep_token_id], places, start)

    def pieces(self, sentences: Sequence[Sequence[str]]) -> Iterator[list[list[int]]]:
        """Yield the pieces of each word of each sentence."""
        given = [[well_formed(word) for word in words] for words in sentences]
        if not any(given):
            yield from ([] for _ in given)
            return
        encoded = self.tokenizer(given, is_split_into_words=True, add_special_tokens=False, verbose=False)
        space = self.tokenizer.get_vocab().get(SPACE)
        for number, words in enumerate(given):
            pieces: list[list[int]] = [[] for _ in words]
            for piece, word in zip(encoded["input_ids"][number], encoded.word_ids(number), strict=True):
                if word is not None:
                    pieces[word].append(piece)
            yield [one[one[0] == space and len(one) > 1 :] if one else [self.tokenizer.unk_token_id] for one in pieces]


def window_bounds(sizes: Sequence[int], room: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield windows over words as (first read, first tagged, end of tagged, end of read).

    Every word is tagged in exactly one of them.

    Args:
        sizes: Pieces of each word, none over ``room``.
        room: Most pieces of a window.

    >>> list(window_bounds([1, 1, 1], 4)), list(window_bounds([1, 1, 1, 1, 1], 4))
    ([(0, 0, 3, 3)], [(0, 0, 3, 4), (2, 3, 5, 5)])
    """
    edge, start = room // CONTEXT, 0
    while start < len(sizes):
        first, used, before = start, sizes[start], 0
        while first and before + sizes[first - 1] <= min(edge, room - sizes[start]):
            first -= 1
            before += sizes[first]
        used += before
        last = start + 1
        while last < len(sizes) and used + sizes[last] <= room:
            used += sizes[last]
            last += 1
        end, after = last, 0
        while last < len(sizes) and end - 1 > start and after + sizes[end - 1] <= edge:
            end -= 1
            after += sizes[end]
        yield first, start, end, last
        start = end
