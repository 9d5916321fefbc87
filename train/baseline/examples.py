"""From tagged sentences to what the encoder learns from."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from train.baseline.data import Tagged
from train.baseline.pieces import Cutter
from train.examples import IGNORED


@dataclass(frozen=True, slots=True)
class Example:
    """A window of a sentence with the class of each word at its first piece.

    Attributes:
        id: Of the sentence.
        sentence: Its number; ids of a file may repeat.
        input_ids: Pieces, with the tokens around them.
        labels: Class numbers; ``IGNORED`` at all other pieces, and at words that another window teaches.
    """

    id: str
    sentence: int
    input_ids: list[int]
    labels: list[int]


@dataclass(frozen=True, slots=True)
class Material:
    """All that is learnt from.

    Attributes:
        sentences: How many sentences were given.
        examples: Their windows.
        cut_words: Words of more pieces than a window holds; each has its tag at its first piece.
    """

    sentences: int
    examples: list[Example]
    cut_words: int

    def counts(self) -> dict[str, int]:
        """Return the sizes that a record names."""
        windows = Counter(example.sentence for example in self.examples)
        return {
            "sentences": self.sentences,
            "examples": len(self.examples),
            "split_sentences": sum(count > 1 for count in windows.values()),
            "words": sum(label != IGNORED for example in self.examples for label in example.labels),
            "cut_words": self.cut_words,
            "tokens": sum(len(example.input_ids) for example in self.examples),
        }

    def sha256(self) -> str:
        """Return the SHA-256 of all that is learnt from, in order."""
        state = hashlib.sha256()
        for example in self.examples:
            state.update(json.dumps([example.id, example.input_ids, example.labels]).encode())
        return state.hexdigest()


def make_material(tagged: Sequence[Tagged], cutter: Cutter) -> Material:
    """Return the examples of sentences, in their order; a long sentence gives several."""
    words = [[one.text[start:end] for start, end in one.words] for one in tagged]
    windows, cut_words = cutter.cut(words)
    examples = []
    for window in windows:
        sentence = tagged[window.sentence]
        labels = [IGNORED] * len(window.input_ids)
        for number, place in enumerate(window.places, window.first):
            labels[place] = sentence.tags[number]
        examples.append(Example(sentence.id, window.sentence, window.input_ids, labels))
    return Material(len(tagged), examples, cut_words)
