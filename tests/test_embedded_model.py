"""The embedded default, Gemma 3 270M from its PyPI package: unpacked once into the user's cache, then run for real."""

import pytest

from cascadener_models import CascadeNER
from cascadener_models.backends.base import EXTRACTOR
from cascadener_models.backends.local.choosing import Greedy, Sampled, draw_key
from cascadener_models.backends.local.copy_lock import CopyLock
from cascadener_models.backends.local.copying import Copy, step_by_step
from cascadener_models.demonstrations import SENTENCES
from cascadener_models.prompts import extraction_prompt
from dynamicner_dataset.corpus import read_corpus, read_splits
from dynamicner_dataset.formats.inline import write_marked
from dynamicner_dataset.languages import LANGUAGES
from dynamicner_dataset.taxonomy import load_taxonomy

SHORT = 90


@pytest.fixture(scope="module")
def ner():
    return CascadeNER.from_pretrained()


def short_sentences(lang, count):
    splits = read_splits()
    found = [one for one in read_corpus(lang) if splits[one.id] == "validation" and len(one.text) < SHORT]
    return found[:count]


def test_demonstrations_are_sentences_of_the_train_split():
    splits = read_splits()
    corpus = {one.id: one for lang in ("en", "zh") for one in read_corpus(lang)}
    for number, marked in SENTENCES.items():
        assert splits[number] == "train"
        assert write_marked(corpus[number].text, corpus[number].mentions) == marked


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_in_every_language_offsets_are_exact_and_types_are_of_the_tree(ner, lang):
    (sentence,) = short_sentences(lang, 1)
    text = sentence.text + " #Lyon## 👩‍👩‍👧"
    prediction = ner(text, types="dynamicner")
    ends = [0]
    for entity in prediction:
        assert text[entity.start : entity.end] == entity.text == entity.text.strip() != ""
        assert entity.start >= ends[-1]
        assert load_taxonomy().by_id[" > ".join(entity.path)].children == []
        assert 0 < entity.score <= entity.mention_score <= 1
        assert 1 <= entity.rounds <= 3
        ends.append(entity.end)


@pytest.mark.slow
def test_speculation_equals_choosing_step_by_step(ner):
    backend = ner.backend
    backend.runner.use(EXTRACTOR)
    template = backend.template[EXTRACTOR]
    head = backend.runner.head(template.head)
    for lang in ("en", "ja"):
        (sentence,) = short_sentences(lang, 1)
        (extracted,) = backend.extract([sentence.text], ner.options.rounds)
        for number, extraction in enumerate(extracted.rounds[:2]):
            choose = Sampled(draw_key(0, sentence.text, number), 0.7) if number else Greedy()
            prompt = template.prompt_tokens(extraction_prompt(sentence.text))
            copy = step_by_step(backend.runner, head, Copy(CopyLock(sentence.text, backend.vocabulary), prompt, choose))
            assert [one[:2] for one in copy.mentions()] == [one[:2] for one in extraction.mentions]


@pytest.mark.slow
def test_twice_the_same_answer(ner):
    text = "Marie Curie moved to Paris in 1891 to study at the Sorbonne."
    one, other = (ner(text, types=["scientist", "city", "university"], probabilities=True) for _ in range(2))
    assert one.entities == other.entities
