"""Demonstrations for models without an adapter: three sentences of the packaged corpus, the paper's few-shot setting.

They come from the train split, so that nothing of the test split is ever shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from cascadener_models.backends.base import CLASSIFIER, EXTRACTOR
from cascadener_models.prompts import (
    NUM_DEMONSTRATIONS,
    Demonstration,
    classification_prompt,
    extraction_answer,
    extraction_prompt,
)
from dynamicner_dataset.formats.inline import read_marked
from dynamicner_dataset.sentences import Sentence

#: Sentences of the train split by id, short, with mentions of different kinds; two languages, so that a model is not
#: led to expect one.
SENTENCES = {
    "en-0104": "[Banff|park] was set aside in 1885 after three workers of the [Canadian Pacific Railway|company] had "
    "stumbled on hot springs in the [Rockies|mountain].",
    "zh-0030": "1842年签订的《[南京条约|law]》规定开放五处通商口岸，并把[香港岛|island]割让给[英国|country]。",
    "en-0210": "[James Baldwin|author] wrote [Giovanni's Room|fiction] in [Paris|city], where he had arrived with "
    "forty dollars and no plan beyond escaping [Harlem|district].",
}


@cache
def packaged_sentences() -> tuple[Sentence, ...]:
    """Return the packaged demonstration sentences."""
    return tuple(Sentence(number, number[:2], *read_marked(marked)) for number, marked in SENTENCES.items())


def packaged_demonstrations() -> dict[str, list[Demonstration]]:
    """Return the packaged demonstrations by stage."""
    sentences = packaged_sentences()
    return {
        EXTRACTOR: extraction_demonstrations(sentences),
        CLASSIFIER: classification_demonstrations(sentences),
    }


def extraction_demonstrations(sentences: Sequence[Sentence]) -> list[Demonstration]:
    """Return one demonstration a sentence: the sentence, and its marked copy."""
    return [
        Demonstration(
            extraction_prompt(sentence.text),
            extraction_answer(sentence.text, [(mention.start, mention.end) for mention in sentence.mentions]),
        )
        for sentence in sentences[:NUM_DEMONSTRATIONS]
    ]


def classification_demonstrations(sentences: Sequence[Sentence]) -> list[Demonstration]:
    """Return one demonstration a sentence: its first mention, among the types of all their mentions."""
    types = sorted({mention.fine for sentence in sentences for mention in sentence.mentions})
    shown = []
    for place, sentence in enumerate(sentences[:NUM_DEMONSTRATIONS]):
        mention = sentence.mentions[place % len(sentence.mentions)]
        prompt = classification_prompt(sentence.text, (mention.start, mention.end), types)
        shown.append(Demonstration(prompt, mention.fine))
    return shown
