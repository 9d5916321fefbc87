"""How near sentences are to others: the same text, the same n-grams, the nearest vector."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from dynamicner_dataset.languages import CHARACTER_LANGUAGES
from dynamicner_dataset.tokens import token_spans
from eval.cascadener.bootstrap import FloatArray
from eval.cascadener.encoding import IntArray
from eval.gold import Gold

#: Cosines held at once: 16 MB.
BLOCK = 2**22
#: Training sentences embedded at once.
SENTENCES = 4096
#: Largest n-gram; each place in it has a multiplier of its own, odd and of 64 bits.
LARGEST_GRAM = 64
MULTIPLIERS = np.random.Generator(np.random.PCG64(5)).integers(1, 2**63, LARGEST_GRAM, dtype=np.uint64) * 2 + 1
LETTER = re.compile(r"\w")
NONE = -1

Vectors = NDArray[np.float32]
#: Texts to vectors of length 1, shape (texts, size).
Embed = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Units of an n-gram.

    Attributes:
        words: In languages with words between spaces (GPT-3's test for contamination takes 8 to 13).
        characters: In Chinese, Japanese and Korean.
    """

    words: int = 8
    characters: int = 13

    def of(self, lang: str) -> int:
        """Return the size for a language."""
        return self.characters if lang in CHARACTER_LANGUAGES else self.words


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near each sentence is to training; numbers of training sentences are ``NONE`` where there is none.

    Attributes:
        exact: A training sentence of the same text, but for case, width and spaces.
        share: Share of its n-grams that training has.
        ngram: A training sentence with one of them.
        cosine: Cosine to the nearest training sentence; NaN where it was not measured.
        closest: The nearest.
    """

    exact: IntArray
    share: FloatArray
    ngram: IntArray
    cosine: Vectors
    closest: IntArray


def plain(text: str) -> str:
    """Return what a text has in common with its other spellings: no case, no width, no spaces.

    >>> plain("Ｒome  fell") == plain("rome fell")
    True
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def exact_matches(train: Iterable[str], test: Iterable[str]) -> IntArray:
    """Return for each test text the first training text that is the same, or ``NONE``."""
    first: dict[bytes, int] = {}
    for at, text in enumerate(train):
        first.setdefault(text_key(text), at)
    return np.array([first.get(text_key(text), NONE) for text in test], dtype=np.int64)


def text_key(text: str) -> bytes:
    """Return a digest of a text."""
    return blake2b(plain(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def units(text: str, lang: str) -> list[str]:
    """Return the words of a text (characters in zh, ja, ko), without punctuation, case and width.

    >>> units("Rome, ＡＤ 410!", "en"), units("东京。", "zh")
    (['rome', 'ad', '410'], ['东', '京'])
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = (folded[start:end] for start, end in token_spans(folded, lang))
    return [word for word in words if LETTER.search(word)]


@lru_cache(maxsize=2**16)
def unit_hash(unit: str) -> int:
    """Return 64 bits that stand for a word or character."""
    return int.from_bytes(blake2b(unit.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def grams(text: str, lang: str, sizes: Sizes) -> NDArray[np.uint64]:
    """Return hashes of the different n-grams of a text; a shorter text is one gram, and an empty one has none."""
    codes = np.array([unit_hash(unit) for unit in units(text, lang)], dtype=np.uint64)
    size = min(sizes.of(lang), len(codes))
    if not size:
        return codes
    windows = np.lib.stride_tricks.sliding_window_view(codes, size)
    return np.unique((windows * MULTIPLIERS[:size]).sum(axis=1, dtype=np.uint64))


class GramIndex:
    """The n-grams of training sentences, 12 bytes each, with the first sentence that has each."""

    def __init__(self, sentences: Iterable[Gold], sizes: Sizes) -> None:
        self.sizes = sizes
        hashes, owners = [np.empty(0, np.uint64)], [np.empty(0, np.int32)]
        for at, one in enumerate(sentences):
            hashes.append(grams(one.text, one.lang, sizes))
            owners.append(np.full(len(hashes[-1]), at, np.int32))
        self.hashes, first = np.unique(np.concatenate(hashes), return_index=True)
        self.owners = np.concatenate(owners)[first]

    def look_up(self, one: Gold) -> tuple[float, int]:
        """Return the share of a sentence's n-grams that are known, and the first sentence with one, or ``NONE``."""
        wanted = grams(one.text, one.lang, self.sizes)
        if not len(wanted) or not len(self.hashes):
            return 0.0, NONE
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        known = self.hashes[places] == wanted
        return float(known.mean()), int(self.owners[places[known]].min()) if known.any() else NONE


def nearest(queries: Vectors, blocks: Iterable[Vectors]) -> tuple[Vectors, IntArray]:
    """Return the largest cosine of each query, and which vector has it; the first of equals.

    Memory is bounded by the queries, one block, and :data:`BLOCK` cosines.

    Args:
        queries: Unit vectors, shape (n, d).
        blocks: Unit vectors to search, some at a time, each of shape (m, d).

    Returns:
        Cosines, NaN if there is nothing to search, and numbers counted over all blocks, ``NONE`` likewise.
    """
    best = np.full(len(queries), -np.inf, np.float32)
    place = np.full(len(queries), NONE, np.int64)
    offset = 0
    for block in blocks:
        rows = max(1, BLOCK // max(len(block), 1))
        for start in range(0, len(queries) if len(block) else 0, rows):
            part = slice(start, start + rows)
            cosines = queries[part] @ block.T
            winner = cosines.argmax(axis=1)
            value = cosines[np.arange(len(winner)), winner]
            better = value > best[part]
            best[part][better], place[part][better] = value[better], winner[better] + offset
        offset += len(block)
    return np.where(place == NONE, np.float32("nan"), best), place


def vector_blocks(texts: Sequence[str], embed: Embed) -> Iterator[Vectors]:
    """Yield the vectors of texts, :data:`SENTENCES` at a time."""
    for start in range(0, len(texts), SENTENCES):
        yield as_vectors(embed(texts[start : start + SENTENCES]))


def as_vectors(found: np.ndarray) -> Vectors:
    """Return vectors in 32 bits."""
    return np.asarray(found, dtype=np.float32)


def nearness(
    train: Sequence[Gold],
    test: Sequence[Gold],
    *,
    sizes: Sizes,
    embed: Embed | None = None,
    languages: frozenset[str] | None = None,
    index: GramIndex | None = None,
) -> Nearness:
    """Return how near test sentences are to training.

    Args:
        train: What was trained on.
        test: What is tested on.
        sizes: Of n-grams.
        embed: Sentence embeddings of length 1; ``None`` for no cosines.
        languages: Those that the embeddings know; sentences in others get no cosine. All by default.
        index: The n-grams of ``train``, if they are at hand.
    """
    known = index or GramIndex(train, sizes)
    found = [known.look_up(one) for one in test]
    cosine, closest = np.full(len(test), np.nan, np.float32), np.full(len(test), NONE, np.int64)
    ours, theirs = (places_in(side, languages) for side in (test, train))
    if embed is not None and ours and theirs:
        queries = np.concatenate(list(vector_blocks([test[at].text for at in ours], embed)))
        best, place = nearest(queries, vector_blocks([train[at].text for at in theirs], embed))
        cosine[ours], closest[ours] = best, np.asarray(theirs)[place]
    return Nearness(
        exact_matches((one.text for one in train), (one.text for one in test)),
        np.array([share for share, _ in found], dtype=np.float64),
        np.array([owner for _, owner in found], dtype=np.int64),
        cosine,
        closest,
    )


def places_in(sentences: Sequence[Gold], languages: frozenset[str] | None) -> list[int]:
    """Return the places of sentences in some languages."""
    return [at for at, one in enumerate(sentences) if languages is None or one.lang in languages]
