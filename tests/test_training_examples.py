"""Examples, batches and loss: sharing sentences changes nothing but the cost."""

from __future__ import annotations

import dataclasses
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from build.derived.sft import base_classifier_rows, dynamic_classifier_rows, extractor_rows
from cascadener_models.backends.local.loading import read_settings
from cascadener_models.backends.local.prompting import Templates
from cascadener_models.backends.local.vocabulary import Vocabulary
from cascadener_models.prompts import PROMPT_END, classification_prompt, split_question
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.taxonomy import load_taxonomy
from tests.tiny_models import model_folder, one_thread, tokenizer_text  # noqa: F401
from train.answer_loss import sampled_loss, teach_answers
from train.batches import collate, visible
from train.data import sentences
from train.examples import IGNORED, Example, make_examples
from train.order import in_order

ARCHITECTURES = {"gemma3_text": "byte-fallback", "qwen2": "byte-level", "mistral": "byte-level"}


def template(architecture):
    tokenizer = Tokenizer.from_str(tokenizer_text(ARCHITECTURES[architecture]))
    folder = model_folder(architecture)
    return Templates(tokenizer, Vocabulary(tokenizer), read_settings(folder / "tokenizer_config.json"), folder).make()


def some_rows(count=3, langs=("en", "ja", "ru")):
    base = [row for lang in langs for row in list(sentences("base", [lang], "train", None))[:count]]
    dynamic = [row for lang in langs for row in list(sentences("dynamic", [lang], "train", None))[:count]]
    rows = list(base_classifier_rows(base, load_taxonomy(), progressive=True)) + list(dynamic_classifier_rows(dynamic))
    return base, rows


def loss_and_gradients(architecture, examples):
    model = AutoModelForCausalLM.from_pretrained(model_folder(architecture), dtype=torch.float32)
    teach_answers(model)
    loss = model(**collate([dataclasses.asdict(one) for one in examples])).loss
    loss.backward()
    gradients = [parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None]
    return loss.item(), torch.cat(gradients)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_sharing_a_sentence_gives_the_loss_and_gradients_of_separate_rows(architecture):
    _, rows = some_rows(1)
    shared = make_examples(rows, template(architecture))
    apart = make_examples(rows, template(architecture), shared=False)
    assert len(shared) < len(apart) / 3
    loss, gradients = loss_and_gradients(architecture, shared)
    expected, expected_gradients = loss_and_gradients(architecture, apart)
    assert loss == pytest.approx(expected, rel=1e-4)
    assert torch.nn.functional.cosine_similarity(gradients, expected_gradients, dim=0) > 0.9999


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_loss_is_that_of_transformers_on_the_answers_alone(architecture):
    base, rows = some_rows(1)
    for row in [*extractor_rows(base), *rows[:3]]:
        (example,) = make_examples([row], template(architecture), shared=False)
        loss, _ = loss_and_gradients(architecture, [example])
        model = AutoModelForCausalLM.from_pretrained(model_folder(architecture), dtype=torch.float32).eval()
        answer = [label for label in example.labels if label != IGNORED]
        tokens = [*example.input_ids, answer[-1]]
        labels = [IGNORED] * (len(tokens) - len(answer)) + answer
        with torch.no_grad():
            theirs = model(input_ids=torch.tensor([tokens]), labels=torch.tensor([labels])).loss.item()
        assert loss == pytest.approx(theirs, rel=1e-4)


def test_examples_hold_what_the_local_back_end_asks_and_answers():
    base, rows = some_rows(2)
    asked = template("gemma3_text")
    vocabulary = asked.vocabulary
    by_prompt = {}
    for example in make_examples(rows, asked):
        for branch in range(1, max(example.branches) + 1):
            way = [at for at, number in enumerate(example.branches) if number in (0, branch)]
            read = vocabulary.spell([example.input_ids[at] for at in way][len(asked.head) :]).decode()
            learnt = vocabulary.spell([example.labels[at] for at in way if example.labels[at] != IGNORED][:-1]).decode()
            assert [example.position_ids[at] for at in way] == list(range(len(way)))
            by_prompt[example.id, read.partition(PROMPT_END)[0]] = learnt
    assert by_prompt == {(row["id"], row["prompt"].removesuffix(PROMPT_END)): row["completion"] for row in rows}
    for row, example in zip(base, make_examples(extractor_rows(base), asked), strict=True):
        learnt = [label for label in example.labels if label != IGNORED]
        assert learnt[-1] == asked.end
        assert vocabulary.spell(learnt[:-1]).decode().replace("##", "") == row["text"].replace("#", "＃")


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_tokens_see_the_stem_and_their_own_branch_before_them(numbers):
    branches = sorted(numbers)
    seen = visible(torch.tensor([branches]))[0, 0]
    for at, mine in enumerate(branches):
        for other, theirs in enumerate(branches):
            assert bool(seen[at, other]) == (other <= at and theirs in (0, mine))


@given(st.text(max_size=40), st.lists(st.sampled_from(["person", "city", "river or lake"]), min_size=1, unique=True))
def test_split_question_parts_every_prompt_before_its_list(text, types):
    text = f"x{text}"
    stem, rest = split_question(classification_prompt(text, (0, 1), types))
    assert stem + rest == classification_prompt(text, (0, 1), types)
    assert rest == f" {', '.join(types)}?"


def test_sampled_loss_is_the_true_one_on_average_and_exact_when_all_are_drawn():
    generator = torch.Generator().manual_seed(3)
    states, weight = torch.randn(40, 8, generator=generator), torch.randn(900, 8, generator=generator)
    targets = torch.randint(900, (40,), generator=generator)
    true = torch.nn.functional.cross_entropy(states @ weight.T, targets, reduction="sum")
    torch.manual_seed(0)
    estimates = torch.stack([sampled_loss(states, targets, targets[:5], weight, 300) for _ in range(60)])
    assert estimates.mean().item() == pytest.approx(true.item(), rel=0.03)
    everything = sampled_loss(states, targets, torch.arange(900), weight, 1)
    assert everything.item() == pytest.approx(true.item(), rel=1e-5)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=99), st.floats(0.2, 3), st.integers(1, 16), st.integers(0, 5))
def test_order_holds_every_example_as_often_as_epochs_say(lengths, epochs, batch_size, seed):
    order = in_order(lengths, epochs, batch_size, seed)
    assert order == in_order(lengths, epochs, batch_size, seed)
    assert len(order) == max(batch_size, round(len(lengths) * epochs))
    for start in range(0, len(order) - len(lengths) + 1, len(lengths)):
        assert sorted(order[start : start + len(lengths)]) == list(range(len(lengths)))


def test_order_puts_like_lengths_side_by_side():
    lengths = random.Random(1).choices(range(20, 300), k=2000)
    order = in_order(lengths, 1, 8, 0)
    batches = [[lengths[place] for place in order[at : at + 8]] for at in range(0, 2000, 8)]
    assert sum(max(batch) * len(batch) for batch in batches) < 1.05 * sum(lengths)


@pytest.mark.parametrize("row", [{"prompt": "a"}, {"prompt": "a", "completion": ""}, {"prompt": 3, "completion": "b"}])
def test_row_without_prompt_or_answer_is_refused(row):
    with pytest.raises(InputError, match=r"row 2 \(x\) has no (prompt|completion)"):
        make_examples([{"prompt": "a\n", "completion": "b"}, {"id": "x", **row}], template("gemma3_text"))


def test_longest_way_counts_one_branch_only():
    example = Example("x")
    example.append([1, 2, 3], 0, 0)
    example.append([4, 5], 1, 3)
    example.append([6], 2, 3)
    assert example.longest == 6
