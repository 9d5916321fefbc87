"""Copy speculation: whatever is drafted, batched or branched, the answer is that of choosing token by token."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadener_models.backends.base import Rounds
from cascadener_models.backends.local import copying
from cascadener_models.backends.local.choosing import Greedy, Sampled, Threshold, draw_key, gumbel, probabilities
from cascadener_models.backends.local.copy_lock import CopyLock, Legal
from cascadener_models.backends.local.copying import (
    Copy,
    branch,
    copy_greedily,
    draft_size,
    finish_branches,
    step_by_step,
)
from cascadener_models.prompts import extraction_prompt
from tests.strategies import LIGHT
from tests.tiny_models import MODELS, backend, corpus_texts, hostile_texts, one_thread  # noqa: F401

EACH_MODEL = pytest.mark.parametrize("model", MODELS)
FEW = settings(LIGHT, max_examples=3)
#: Beginnings of corpus sentences in all eight languages, and hostile ones; of very different lengths.
TEXTS = [
    *(text[: 8 + 5 * place].rstrip() for place, text in enumerate(corpus_texts()[:8:2])),
    *("x", "#a ## b#", "👨\u200d👩\u200d👧 e\u0301\r\n東京", "\x00\u202eשלום", "🇫🇷" * 3),
]


def made(model, text, choose):
    """A copy that is yet to be made, and the head before its prompt."""
    one = backend(model)
    template = one.template["extractor"]
    return Copy(CopyLock(text, one.vocabulary), template.prompt_tokens(extraction_prompt(text)), choose)


def head_of(model):
    one = backend(model)
    one.runner.use("extractor")
    return one.runner.head(one.template["extractor"].head)


def slowly(model, text, choose):
    """Tokens and scores of an answer made token by token."""
    return told(step_by_step(backend(model).runner, head_of(model), made(model, text, choose)))


def told(copy):
    return copy.tokens, copy.mentions()


def same(one, other):
    """Whether two answers have the same tokens and mentions, and scores that differ by rounding only."""
    assert one[0] == other[0]
    assert [mention[:2] for mention in one[1]] == [mention[:2] for mention in other[1]]
    assert np.allclose([mention[2] for mention in one[1]], [mention[2] for mention in other[1]], atol=1e-4)


def quickly(model, texts, choose):
    """Answers made together with speculation, the cache, and the copies."""
    copies = [made(model, text, choose) for text in texts]
    cache = copy_greedily(backend(model).runner, head_of(model), copies)
    return cache, copies


def sampled(model, texts, seed, temperature=1.0, rounds=2):
    """Greedy copies and their branches, as the back end makes them."""
    cache, copies = quickly(model, texts, Greedy())
    branches = [
        [branch(copy, Sampled(draw_key(seed, copy.lock.text, number), temperature)) for number in range(1, rounds + 1)]
        for copy in copies
    ]
    finish_branches(backend(model).runner, cache, [copy for group in branches for copy in group])
    return copies, branches


@pytest.fixture(scope="module")
def plain():
    """Answers token by token, each made once."""
    known = {}

    def answer(model, text, choose):
        key = (model, text, choose)
        if key not in known:
            known[key] = slowly(model, text, choose)
        return known[key]

    return answer


@EACH_MODEL
@pytest.mark.parametrize("choose", [Greedy(), Threshold(0.05), pytest.param(Threshold(0.9), marks=pytest.mark.slow)])
def test_batch_of_mixed_lengths_answers_as_token_by_token(model, choose, plain):
    _, copies = quickly(model, TEXTS, choose)
    for copy in copies:
        assert copy.done
        same(told(copy), plain(model, copy.lock.text, choose))


@EACH_MODEL
@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 3, 40])
def test_length_of_drafts_changes_no_answer(model, size, plain, monkeypatch):
    monkeypatch.setattr(copying, "draft_size", lambda rows, device: size)
    copies, branches = sampled(model, TEXTS, seed=3, rounds=1)
    for copy, group in zip(copies, branches, strict=True):
        for one in [copy, *group]:
            assert one.done
            same(told(one), plain(model, copy.lock.text, one.choose))


@EACH_MODEL
@FEW
@given(texts=st.lists(hostile_texts(most=5), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_hostile_texts_are_answered_as_token_by_token(model, texts, seed):
    copies, branches = sampled(model, texts, seed, temperature=1.5, rounds=1)
    for copy, (other,) in zip(copies, branches, strict=True):
        same(told(copy), slowly(model, copy.lock.text, Greedy()))
        same(told(other), slowly(model, copy.lock.text, other.choose))


@EACH_MODEL
@pytest.mark.parametrize("temperature", [pytest.param(0.3, marks=pytest.mark.slow), 2.0])
def test_sampled_answers_are_those_of_token_by_token(model, temperature, plain):
    copies, branches = sampled(model, TEXTS[2:7], seed=1, temperature=temperature)
    for copy, group in zip(copies, branches, strict=True):
        for other in group:
            assert other.done
            same(told(other), plain(model, copy.lock.text, other.choose))


@EACH_MODEL
def test_neighbours_and_order_change_no_answer(model):
    order = list(range(len(TEXTS)))
    random.Random(0).shuffle(order)
    together, branches = sampled(model, TEXTS, seed=5)
    mixed, mixed_branches = sampled(model, [TEXTS[number] for number in order], seed=5)
    alone = [sampled(model, [text], seed=5) for text in TEXTS[:2]]
    for place, number in enumerate(order):
        same(told(mixed[place]), told(together[number]))
        for one, other in zip(mixed_branches[place], branches[number], strict=True):
            same(told(one), told(other))
    for number, ((copy,), (group,)) in enumerate(alone):
        same(told(copy), told(together[number]))
        for one, other in zip(group, branches[number], strict=True):
            same(told(one), told(other))


@EACH_MODEL
def test_same_seed_draws_the_same_and_another_seed_otherwise(model):
    first, again, other = (
        [copy.tokens for group in sampled(model, TEXTS[:6], seed)[1] for copy in group] for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


@EACH_MODEL
def test_rounds_of_one_text_differ_from_each_other(model):
    _, branches = sampled(model, TEXTS[:6], seed=7)
    assert any(one.tokens != other.tokens for one, other in branches)


@EACH_MODEL
def test_tiny_model_opens_and_closes_mentions_of_all_kinds(model):
    """Else the tests above would prove little."""
    _, copies = quickly(model, TEXTS, Greedy())
    spans = [end - start for copy in copies for start, end, _ in copy.mentions()]
    assert len(spans) > 15
    assert max(spans) > 5 > 2 >= min(spans)
    assert sum(copy.passes for copy in copies) < sum(len(copy.steps) for copy in copies)


@EACH_MODEL
def test_answers_that_part_at_no_step_need_no_pass(model):
    cache, copies = quickly(model, TEXTS[:4], Greedy())
    others = [branch(copy, Greedy()) for copy in copies]
    assert all(other.done and other.tokens == copy.tokens for other, copy in zip(others, copies, strict=True))
    before = backend(model).runner.passes
    finish_branches(backend(model).runner, cache, others)
    assert backend(model).runner.passes == before
    assert all(other.passes == 0 and other.fed == 0 for other in others)


@EACH_MODEL
def test_scores_are_the_product_of_the_steps_from_opening_to_closing(model):
    _, copies = quickly(model, TEXTS[:6], Greedy())
    for copy in copies:
        for (_, _, score), (_, opened, closed) in zip(copy.mentions(), copy.lock.spans(copy.tokens), strict=True):
            chances = [
                1.0 if step.logits is None else probabilities(step.logits)[step.choice]
                for step in copy.steps[opened : closed + 1]
            ]
            assert score == pytest.approx(np.prod(chances))
            assert 0 <= score <= 1


@EACH_MODEL
def test_lower_threshold_opens_where_it_first_parts_from_a_higher_one(model):
    parted = 0
    for low, high in [(0.02, 0.4), (0.4, 0.98)]:
        _, lower = quickly(model, TEXTS, Threshold(low))
        _, higher = quickly(model, TEXTS, Threshold(high))
        for one, other in zip(lower, higher, strict=True):
            pairs = zip(one.steps, other.steps, strict=False)
            first = next(((a, b) for a, b in pairs if a.choice != b.choice), None)
            if first:
                parted += 1
                assert first[0].legal.opens[first[0].choice]
                assert not first[1].legal.opens[first[1].choice]
    assert parted > 5


@LIGHT
@given(
    logits=st.lists(st.floats(-20, 20), min_size=2, max_size=8),
    opens=st.lists(st.booleans(), min_size=8, max_size=8),
    thresholds=st.tuples(st.floats(0.001, 0.999), st.floats(0.001, 0.999)).map(sorted),
)
def test_threshold_that_opens_is_not_undone_by_a_lower_one(logits, opens, thresholds):
    legal = Legal([*range(len(logits))], [], opens[: len(logits)])
    lower, higher = (Threshold(value)(np.array(logits), legal, 0) for value in thresholds)
    assert legal.opens[lower] or not legal.opens[higher] or all(legal.opens)


def test_draws_follow_the_softmax_at_their_temperature():
    logits, temperature, draws = np.array([0.0, 1.0, 2.0, -1.0]), 0.7, 6_000
    legal = Legal([3, 70, 900, 262_143], [], [False] * 4)
    counts = np.bincount([Sampled(11, temperature)(logits, legal, step) for step in range(draws)], minlength=4)
    wanted = probabilities(logits / temperature)
    assert np.abs(counts / draws - wanted).max() < 0.03


def test_noise_depends_on_key_step_and_token_alone():
    tokens = np.array([5, 9, 2**31], dtype=np.uint64)
    noise = gumbel(1, 2, tokens)
    assert np.isfinite(gumbel(2**64 - 1, 10**6, tokens)).all()
    assert (gumbel(1, 2, tokens[::-1]) == noise[::-1]).all()
    assert not (gumbel(2, 2, tokens) == noise).any()
    assert not (gumbel(1, 3, tokens) == noise).any()


def test_key_of_draws_parts_seed_text_and_round():
    keys = {draw_key(seed, text, number) for seed in (0, 1) for text in ("a", "b", "1\na") for number in (1, 2)}
    assert len(keys) == 12
    assert all(0 <= key < 2**64 for key in keys)


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_drafts_are_longer_where_passes_are_dear_and_shorter_where_few_tokens_hold(device):
    def size(rows, judged=0, refused=0):
        copies = [made("qwen2", "x", Greedy()) for _ in range(rows)]
        for copy in copies:
            copy.judged, copy.refused = judged, refused
        return draft_size(copies, device)

    sizes = [size(rows) for rows in (1, 4, 16, 256)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(1 <= one <= copying.LONGEST_DRAFT for one in sizes)
    assert size(2, judged=200, refused=100) < size(2) < size(2, judged=200, refused=0)
    assert draft_size([made("qwen2", "x", Greedy())], "cuda") >= draft_size([made("qwen2", "x", Greedy())], "cpu")


@EACH_MODEL
def test_back_end_gives_the_same_rounds_in_any_batches(model, monkeypatch):
    one = backend(model)
    rounds = Rounds(k=3, temperature=1.0, seed=2)
    mentions = []
    for size in (16, 3):
        monkeypatch.setattr(one, "batch_size", size)
        mentions.append([[part.mentions for part in found.rounds] for found in one.extract(TEXTS, rounds)])
    for first, *others in zip(*mentions, strict=True):
        for other in others:
            for a, b in zip(first, other, strict=True):
                assert [found[:2] for found in a] == [found[:2] for found in b]
                assert np.allclose([found.score for found in a], [found.score for found in b], atol=1e-4)
