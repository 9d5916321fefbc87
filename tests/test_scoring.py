"""Closed-list classification: the trie's bookkeeping, and probabilities against a slow plain reference."""

import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.backends.base import Question
from cascadener_models.backends.local.choosing import probabilities
from cascadener_models.backends.local.scoring import StemCache
from cascadener_models.backends.local.type_trie import TypeTrie
from cascadener_models.prompts import UNKNOWN, UNKNOWN_CLAUSE
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.taxonomy import load_taxonomy
from tests.strategies import LIGHT
from tests.tiny_models import MODELS, backend, one_thread, reference  # noqa: F401

EACH_MODEL = pytest.mark.parametrize("model", MODELS)
TEXT = "Marie Curie moved to 東京 in Paris #2."
LISTS = {
    "two": ("person", "city"),
    "prefixes": ("city", "city hall", "city hall clock", "c", "ci"),
    "hostile": ("C#", 'it\'s "quoted"', "東京", "e\u0301", "<eos>", "<im_end>", "👍🏽", "ﬁ", "\x00"),
    "cases": ("City", "city", "CITY"),
    "packaged": tuple(node.name for node in load_taxonomy().fine[:40]),
}
TOKENS = st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple)
TRIES = st.lists(TOKENS, min_size=1, max_size=12, unique=True)
END = 0


def shares(model, types, *, text=TEXT, span=(0, 11), zero_shot=False):
    """Probabilities of one question by the back end, none of its stems saved."""
    one = backend(model)
    one.scorer.stems.clear()
    (answer,) = one.classify([Question(text, span, types, zero_shot)])
    return answer.probabilities


def slow_shares(model, question):
    """Each name scored token by token, among the tokens that some name has there, by plain forward passes."""
    one = backend(model)
    scoring = one.scorer.prepare(question)
    template = one.template["classifier"]
    prompt = [*template.head, *scoring.stem, *scoring.rest]
    ended = {name: [*one.vocabulary.encode_exactly(name), template.end] for name in scoring.names}
    found = {}
    for name, tokens in ended.items():
        with torch.inference_mode():
            logits = reference(model)(input_ids=torch.tensor([prompt + tokens])).logits[0].double().numpy()
        share = 1.0
        for place, token in enumerate(tokens):
            legal = sorted({other[place] for other in ended.values() if other[:place] == tokens[:place]})
            share *= probabilities(logits[len(prompt) - 1 + place, legal])[legal.index(token)]
        found[name] = share
    return found


def agree(one, other):
    assert one.keys() == other.keys()
    assert all(one[name] == pytest.approx(other[name], abs=1e-4) for name in one)


@LIGHT
@given(names=TRIES, seed=st.integers(0, 99))
def test_distribution_sums_to_one_and_is_the_product_of_decisions(names, seed):
    trie = TypeTrie(names, END)
    rng = np.random.default_rng(seed)
    logits = [rng.normal(0, 3, len(fork.tokens)) for fork in trie.forks]
    found = trie.distribution(logits)
    assert found.sum() == pytest.approx(1)
    for number in range(len(names)):
        share = 1.0
        for fork, values in zip(trie.forks, logits, strict=True):
            for place, below in enumerate(fork.names):
                if number in below:
                    share *= probabilities(values)[place]
        assert found[number] == pytest.approx(share)


@LIGHT
@given(names=TRIES)
def test_trie_runs_each_common_beginning_once_and_parents_come_first(names):
    trie = TypeTrie(names, END)
    assert all(parent < place for place, parent in enumerate(trie.parents))
    paths = []
    for place, parent in enumerate(trie.parents):
        paths.append((*(paths[parent] if parent >= 0 else ()), trie.tokens[place]))
    assert len(paths) == len(set(paths))
    ended = [(*name, END) for name in names]
    for fork in trie.forks:
        before = paths[fork.place] if fork.place >= 0 else ()
        below = {name[len(before)] for name in ended if name[: len(before)] == before}
        assert set(fork.tokens) == below and len(fork.tokens) == len(below) > 1
        for token, numbers in zip(fork.tokens, fork.names, strict=True):
            after = (*before, token)
            assert numbers == [number for number, name in enumerate(ended) if name[: len(after)] == after]
    parted = sum(len(fork.tokens) - 1 for fork in trie.forks)
    assert parted == len(names) - 1


@LIGHT
@given(names=TRIES, seed=st.integers(0, 99))
def test_order_of_the_names_changes_nothing_in_the_trie(names, seed):
    mixed = list(names)
    random.Random(seed).shuffle(mixed)

    def decisions(order):
        trie = TypeTrie(order, END)
        return len(trie.tokens), sorted(
            sorted((token, sorted(order[number] for number in numbers)) for token, numbers in pairs)
            for pairs in (zip(fork.tokens, fork.names, strict=True) for fork in trie.forks)
        )

    assert decisions(names) == decisions(mixed)


def test_one_name_has_no_fork_and_nothing_to_run():
    trie = TypeTrie([(1, 2, 3)], END)
    assert not trie.tokens and not trie.forks
    assert trie.distribution([]).tolist() == [1.0]


def test_names_that_begin_each_other_are_parted_by_the_end():
    trie = TypeTrie([(1,), (1, 1), (1, 1, 1)], END)
    assert [fork.tokens for fork in trie.forks] == [[END, 1], [END, 1]]
    assert trie.tokens == [1, 1]


def test_hundreds_of_nested_names_make_a_trie():
    trie = TypeTrie([(1,) * size for size in range(1, 301)], END)
    assert len(trie.forks) == 299
    assert trie.distribution([np.zeros(2)] * 299).sum() == pytest.approx(1)


@EACH_MODEL
@pytest.mark.parametrize("zero_shot", [False, True])
@pytest.mark.parametrize("types", LISTS.values(), ids=LISTS)
def test_probabilities_are_those_of_scoring_each_name_alone(model, types, zero_shot):
    found = shares(model, types, zero_shot=zero_shot)
    assert sum(found.values()) == pytest.approx(1)
    assert found.keys() == {*types, *([UNKNOWN] if zero_shot else [])}
    agree(found, slow_shares(model, Question(TEXT, (0, 11), types, zero_shot)))


@EACH_MODEL
def test_saved_stem_gives_the_same_numbers_as_none(model):
    one = backend(model)
    one.scorer.stems.clear()
    questions = [Question(TEXT, (0, 11), LISTS[name], zero) for name in ("two", "prefixes") for zero in (False, True)]
    fresh = [shares(model, question.types, zero_shot=question.zero_shot) for question in questions]
    one.scorer.stems.clear()
    one.classify(questions[:1])
    scoring = one.scorer.prepare(questions[1])
    assert scoring.saved is not None and scoring.prompt == scoring.rest
    for answer, wanted in zip(one.classify(questions), fresh, strict=True):
        agree(answer.probabilities, wanted)


@EACH_MODEL
def test_neighbours_in_a_batch_change_no_probability(model, monkeypatch):
    one = backend(model)
    texts = [(TEXT, (0, 11)), (TEXT, (21, 23)), ("x", (0, 1)), ("И" * 60 + " è", (0, 5))]
    questions = [Question(*place, types) for place in texts for types in (LISTS["two"], LISTS["hostile"], ("only",))]
    alone = [shares(model, one.types, text=one.text, span=one.span) for one in questions]
    for size, order in [(16, 1), (5, -1), (1, 1)]:
        monkeypatch.setattr(one, "batch_size", size)
        one.scorer.stems.clear()
        answers = one.classify(questions[::order])[::order]
        for answer, wanted in zip(answers, alone, strict=True):
            agree(answer.probabilities, wanted)
            assert answer.type == next(iter(answer.probabilities))


@EACH_MODEL
def test_one_name_is_answered_without_a_pass(model):
    one = backend(model)
    before = one.runner.passes
    (answer,) = one.classify([Question(TEXT, (0, 11), ("person",))])
    assert (answer.type, answer.probabilities) == ("person", {"person": 1.0})
    assert answer.cost.passes == answer.cost.tokens_in == 0
    assert one.runner.passes - before <= 1  # the template's head, once


@EACH_MODEL
def test_unknown_that_the_user_lists_is_a_type_and_offered_once(model):
    found = shares(model, (UNKNOWN, "city"), zero_shot=True)
    assert found.keys() == {UNKNOWN, "city"}


def test_three_hundred_names_are_scored_in_one_pass():
    one = backend("qwen2")
    types = tuple(f"type {number} of {number % 7}" for number in range(300))
    one.scorer.stems.clear()
    one.classify([Question("warm", (0, 4), ("a", "b"))])
    before = one.runner.passes
    (answer,) = one.classify([Question(TEXT, (0, 11), types)])
    assert one.runner.passes == before + 1
    assert answer.probabilities.keys() == set(types)
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert list(answer.probabilities.values()) == sorted(answer.probabilities.values(), reverse=True)


@EACH_MODEL
def test_prompt_in_two_pieces_is_the_prompt(model):
    one = backend(model)
    for zero_shot in (False, True):
        scoring = one.scorer.prepare(Question(TEXT, (0, 11), ("a", "b"), zero_shot))
        stem, rest = (one.vocabulary.spell(part).decode() for part in (scoring.stem, scoring.rest))
        assert stem == f'##Marie Curie## in the sentence "##{TEXT[:11]}##{TEXT[11:].replace("#", "＃")}"' + (
            " belongs to which entity in the list:"
        )
        asked, _, _ = rest.partition("\n")
        assert asked == f" a, b?{UNKNOWN_CLAUSE if zero_shot else ''}"


@pytest.mark.parametrize("span", [(0, 0), (3, 2), (-1, 2), (0, 999)])
def test_unsound_span_is_refused(span):
    with pytest.raises(InputError, match="span"):
        backend("qwen2").classify([Question(TEXT, span, ("a", "b"))])


def test_oldest_stems_are_thrown_out_when_their_memory_is_used_up():
    def saved(slots):
        return [(torch.zeros(1, slots, 4), torch.zeros(1, slots, 4))]

    stems = StemCache(limit=3 * 10 * 32)
    for number in range(3):
        stems.put((str(number), (0, 1)), saved(10))
    assert stems.get(("0", (0, 1))) is not None
    stems.put(("3", (0, 1)), saved(10))
    assert stems.get(("1", (0, 1))) is None
    assert stems.get(("0", (0, 1))) is not None
    assert stems.held == 3 * 10 * 32
    stems.put(("large", (0, 1)), saved(1000))
    assert stems.held == 0 and stems.get(("large", (0, 1))) is None
    stems.clear()
    assert stems.held == 0
