"""Training sentences as demonstrations of one type: at random, or those nearest to the sentence in question."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import numpy as np

from cascadener_models.offline import MINILM
from eval.gold import Gold
from eval.methods.base import Task
from eval.methods.meanings import spans_of_type

RANDOM, NEAREST = "random", "nearest"
#: Texts to vectors of length 1, shape (texts, size).
Embed = Callable[[Sequence[str]], np.ndarray]


class Pool:
    """The training sentences of one language."""

    def __init__(self, sentences: Sequence[Gold], embed: Embed | None = None) -> None:
        """Take the sentences.

        Args:
            sentences: Of the training split, sorted by id here, so that their order does not matter.
            embed: Needed for the nearest ones.
        """
        self.sentences = sorted(sentences, key=lambda one: one.id)
        self._embed = embed
        self._sides: dict[str, tuple[list[int], list[int]]] = {}
        self._near: dict[str, np.ndarray] = {}

    @cached_property
    def vectors(self) -> np.ndarray:
        """One vector a sentence."""
        return self._embed([one.text for one in self.sentences])

    def look_up(self, texts: Sequence[str]) -> None:
        """Measure how near the training sentences are to texts, all at once."""
        fresh = sorted(set(texts) - self._near.keys())
        if fresh and self.sentences:
            self._near |= dict(zip(fresh, self._embed(fresh) @ self.vectors.T, strict=True))

    def sides(self, name: str) -> tuple[list[int], list[int]]:
        """Return the places of the sentences with mentions of a type, and of those without."""
        if name not in self._sides:
            having = [at for at, one in enumerate(self.sentences) if spans_of_type(one, name)]
            without = sorted(set(range(len(self.sentences))) - set(having))
            self._sides[name] = having, without
        return self._sides[name]

    def choose(self, task: Task, name: str, count: int, how: str, seed: int) -> list[Gold]:
        """Return demonstrations for one sentence and type.

        Half of them (the larger half) have mentions of the type, the others none, as far as there are such sentences.
        The best stands last, next to the question: the nearest, or the last drawn. The sentence itself is never shown.

        Args:
            task: The sentence in question.
            name: The type.
            count: Demonstrations at most.
            how: ``random`` or ``nearest`` (inner product; :meth:`look_up` first).
            seed: Of the draw, keyed by sentence and type too.
        """
        draw = random.Random(f"{seed}:{task.lang}:{task.id}:{name}")
        having, without = (self._ranked(side, task.text, how, draw) for side in self.sides(name))
        most = max((count + 1) // 2, count - len(without))
        chosen = having[:most]
        chosen += without[: count - len(chosen)]
        if how == NEAREST:
            chosen.sort(key=lambda at: (self._near[task.text][at], -at))
        else:
            draw.shuffle(chosen)
        return [self.sentences[at] for at in chosen]

    def _ranked(self, places: Iterable[int], text: str, how: str, draw: random.Random) -> list[int]:
        """Return places, the first to be shown first, without the sentence itself."""
        left = [at for at in places if self.sentences[at].text != text]
        if how == NEAREST:
            return sorted(left, key=lambda at: (-self._near[text][at], at))
        draw.shuffle(left)
        return left


class Pools:
    """The pools of all languages, made when they are first needed."""

    def __init__(self, read: Callable[[str], Sequence[Gold]], embed: Embed | None = None) -> None:
        """Take what returns a language's training sentences."""
        self._read, self._embed = read, embed
        self._pools: dict[str, Pool] = {}

    def of(self, lang: str) -> Pool:
        """Return the pool of a language."""
        if lang not in self._pools:
            self._pools[lang] = Pool(self._read(lang), self._embed)
        return self._pools[lang]

    def look_up(self, tasks: Sequence[Task]) -> None:
        """Measure nearness for sentences, language by language."""
        by_language: defaultdict[str, list[str]] = defaultdict(list)
        for task in tasks:
            by_language[task.lang].append(task.text)
        for lang, texts in sorted(by_language.items()):
            self.of(lang).look_up(texts)


def sentence_embedder(model: str = MINILM) -> Embed:
    """Return what embeds sentences with a sentence-transformers model; vectors are cached on disk by text.

    Args:
        model: A Hub id or folder; the default comes from PyPI and was trained on English.
    """
    from build.embeddings import VectorCache, embed, to_units

    cache = VectorCache(model)
    return lambda texts: to_units(embed(texts, model, cache), centred=False)


def stratified(sentences: Sequence[Gold], total: int, seed: int) -> list[Gold]:
    """Return a sample of training sentences, stratified over fine types (paper, equation 8); all if ``total`` is 0.

    Raises:
        InputError: If the total is smaller than the number of types.
    """
    if not total:
        return list(sentences)
    from build.derived.kshot import needs_for_total, sample

    carriers: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in sentences:
        for name in sorted(set(one.fine) or {mention.type for mention in one.mentions}):
            carriers[name].append((one.lang, one.id))
    needs = needs_for_total({name: len(found) for name, found in carriers.items()}, total)
    drawn = sample(carriers, needs, seed=seed)
    return [one for one in sentences if (one.lang, one.id) in drawn]
