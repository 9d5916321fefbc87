"""The leak card: how near a training set is to test sets, and what F1 is without the near sentences."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cascadener_models.offline import MINILM
from dynamicner_dataset.errors import shorten
from eval.cascadener.bootstrap import FIGURES, interval, resample
from eval.cascadener.comparison import figures_of, sentence_tables
from eval.cascadener.matching import Marked
from eval.cascadener.scoring import RESAMPLES
from eval.gold import Gold, data_hash
from eval.stress.nearness import NONE, Embed, GramIndex, Nearness, Sizes, nearness
from eval.stress.seen import Seen, label_nearness, recall_by_seen, share

#: Embedding models that know some languages only.
LANGUAGES_OF = {MINILM: frozenset({"en"})}
KINDS = ("exact", "ngram", "embedding", "any")
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
#: Pairs that the card shows, and characters of each of their texts.
MOST_PAIRS, TEXT = 10, 90

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on a sentence is near.

    Attributes:
        cosine: Of the nearest training sentence (the paper drops sentences above 0.8).
        share: Of n-grams that training has; any such n-gram at 0.
    """

    cosine: float = 0.8
    share: float = 0.0


@dataclass(frozen=True)
class Card:
    """One test set against training.

    Attributes:
        train: Its sentences.
        test: Likewise.
        near: How near each test sentence is.
        thresholds: What counts as near.
        seen: What training has of mentions and types.
        embed: What embedded them.
    """

    train: Sequence[Gold]
    test: Sequence[Gold]
    near: Nearness
    thresholds: Thresholds
    seen: Seen
    embed: Embed | None = None

    def flags(self) -> dict[str, BoolArray]:
        """Return for each kind of nearness which test sentences are near."""
        found = {
            "exact": self.near.exact != NONE,
            "ngram": (self.near.share > 0) & (self.near.share >= self.thresholds.share),
            "embedding": np.nan_to_num(self.near.cosine, nan=-1.0) >= np.float32(self.thresholds.cosine),
        }
        return found | {"any": np.logical_or.reduce(list(found.values()))}

    def of(self, sentences: Sequence[Gold]) -> Card:
        """Return the card of some of the test sentences, for predictions of a sample."""
        places = {(one.lang, one.id): at for at, one in enumerate(self.test)}
        chosen = [places[one.lang, one.id] for one in sentences]
        parts = [getattr(self.near, part.name)[chosen] for part in dataclasses.fields(self.near)]
        return dataclasses.replace(self, test=[self.test[at] for at in chosen], near=Nearness(*parts))

    def to_dict(self) -> dict[str, Any]:
        """Return all figures: of all sentences, and language by language."""
        flags = self.flags()
        langs = np.array([one.lang for one in self.test])
        everything = np.ones(len(self.test), dtype=bool)
        return {
            **self.part(flags, everything),
            "data_sha256": data_hash(self.test),
            "labels": label_nearness(self.seen, self.test, self.embed),
            "languages": {lang: self.part(flags, langs == lang) for lang in sorted(set(langs.tolist()))},
            "nearest": self.pairs(),
        }

    def part(self, flags: dict[str, BoolArray], inside: BoolArray) -> dict[str, Any]:
        """Return how many of some sentences are near, and how their cosines are spread."""
        count = int(inside.sum())
        near = {kind: int((flag & inside).sum()) for kind, flag in flags.items()}
        cosines = self.near.cosine[inside & ~np.isnan(self.near.cosine)]
        if not len(cosines):
            near["embedding"] = None
        return {
            "sentences": count,
            "near": near,
            "near_share": {kind: None if number is None else share(number, count) for kind, number in near.items()},
            "embedded": len(cosines),
            "cosine": {str(at): round(float(np.quantile(cosines, at)), 3) for at in QUANTILES} if len(cosines) else {},
        }

    def pairs(self) -> list[dict[str, Any]]:
        """Return the nearest pairs, near or not: the same text first, then by shared n-grams, then by cosine."""
        cosine = np.round(np.nan_to_num(self.near.cosine, nan=-1.0), 3)  # further digits are the machine's
        order = np.lexsort((np.arange(len(self.test)), -cosine, -self.near.share, self.near.exact == NONE))
        known = (self.near.share > 0) | (self.near.exact != NONE) | (self.near.closest != NONE)
        return [
            self.line(at) | {"text": shorten(self.test[at].text, TEXT), "near_text": self.near_text(at)}
            for at in order.tolist()
            if known[at]
        ][:MOST_PAIRS]

    def near_text(self, at: int) -> str:
        """Return the beginning of the training sentence that a near one is nearest to."""
        places = (self.near.exact[at], self.near.ngram[at], self.near.closest[at])
        return next((shorten(self.train[place].text, TEXT) for place in places if place != NONE), "")

    def line(self, at: int) -> dict[str, Any]:
        """Return how near one test sentence is, with the ids of training sentences."""
        one, near = self.test[at], self.near
        return {
            "lang": one.lang,
            "id": one.id,
            "exact": self.train_id(near.exact[at]),
            "ngram_share": round(float(near.share[at]), 4),
            "ngram": self.train_id(near.ngram[at]),
            "cosine": None if np.isnan(near.cosine[at]) else round(float(near.cosine[at]), 3),
            "closest": self.train_id(near.closest[at]),
        }

    def train_id(self, place: int) -> str | None:
        """Return language and id of a training sentence."""
        return None if place == NONE else f"{self.train[place].lang}/{self.train[place].id}"

    def lines(self, name: str) -> Iterator[str]:
        """Yield a line of JSON for each test sentence, so that near ones can be left out elsewhere."""
        for at in range(len(self.test)):
            yield json.dumps({"test": name, **self.line(at)}, ensure_ascii=False) + "\n"


def make_cards(
    train: Sequence[Gold],
    tests: dict[str, Sequence[Gold]],
    *,
    sizes: Sizes | None = None,
    thresholds: Thresholds | None = None,
    embed: Embed | None = None,
    languages: frozenset[str] | None = None,
) -> dict[str, Card]:
    """Return the card of each test set.

    Args:
        train: What was trained on.
        tests: By name.
        sizes: Of n-grams.
        thresholds: What counts as near.
        embed: Sentence embeddings of length 1; ``None`` for no cosines.
        languages: Those the embeddings know; all by default.
    """
    sizes = sizes or Sizes()
    index, seen = GramIndex(train, sizes), Seen(train)
    cards = {}
    for name, test in tests.items():
        near = nearness(train, test, sizes=sizes, embed=embed, languages=languages, index=index)
        cards[name] = Card(train, test, near, thresholds or Thresholds(), seen, embed)
    return cards


def scores_without(
    card: Card, predictions: Sequence[Sequence[Marked]], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Any]:
    """Return F1 (span and type) with and without the near sentences, for each kind of nearness.

    Args:
        card: Of the test set.
        predictions: Of each of its sentences.
        resamples: Of the 95 % interval.
        seed: Of the resampling.

    Returns:
        By kind: the sentences that are ``near``; F1 of ``all``, ``without`` the near ones and ``near_only``; the
        ``difference`` (without less all) and its ``interval``, both taken from the same resamples. ``recall``: of
        mentions that training has and has not.
    """
    table = sentence_tables(predictions, [one.mentions for one in card.test])["strict"]
    found: dict[str, Any] = {}
    for kind, near in card.flags().items():
        left = table * ~near[:, None]
        parts = {"all": table, "without": left, "near_only": table - left}
        f1 = {name: figures_of(part)["f1"] for name, part in parts.items()}
        found[kind] = {"near": int(near.sum()), **f1, "difference": f1["without"] - f1["all"], "interval": None}
        if resamples and len(table):
            drawn = resample({"all": table, "without": left}, None, resamples, seed)
            found[kind]["interval"] = interval(drawn["without"] - drawn["all"])[FIGURES[-1]]
    return {"f1": found, "recall": recall_by_seen(card.seen, card.test, predictions)}
