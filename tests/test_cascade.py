"""The cascade in one call: exact offsets for any text, types and options right or refused, costs that add up."""

import json
import re
from itertools import islice
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cascadener_models import CascadeNER, Prediction
from cascadener_models.backends.base import Answer, Extracted, Extraction, Found
from cascadener_models.cascade import GROUP_CHARS
from cascadener_models.prompts import UNKNOWN
from cascadener_models.results import Cost, StageCost
from cascadener_models.windows import MAX_CHARS, cut
from dynamicner_dataset.errors import InputError
from tests.strategies import LIGHT
from tests.tiny_models import (
    MODELS,
    adapter_folder,
    backend,
    corpus_texts,
    hostile_texts,
    model_folder,
    one_thread,  # noqa: F401
)

EACH_MODEL = pytest.mark.parametrize("model", MODELS)
TYPES = ["person", "city", "city hall"]
TEXTS = [text[:24] for text in corpus_texts()[:4]]
WITH_SURROGATES = st.one_of(
    hostile_texts(most=6), st.text(max_size=12), st.text("\ud83d\ude00\udfffaB #\n", max_size=12)
)


class Capitals:
    """Finds words that begin with a capital, and gives all names the same probability, the first a little more."""

    description = MappingProxyType({"server": "none"})
    gives_probabilities = True

    def __init__(self, unknown=0.0):
        self.texts, self.lists, self.closed, self.unknown = [], [], False, unknown

    def extract(self, texts, rounds):
        self.texts += texts
        return [self.found(text, rounds) for text in texts]

    def found(self, text, rounds):
        assert text.strip()
        text.encode()  # no halves of surrogate pairs
        mentions = tuple(Found(*match.span(), 0.5) for match in re.finditer(r"[A-Z]\w*", text))
        return Extracted((Extraction(mentions),) * rounds.k, StageCost(len(text), 2, rounds.k, 0.1))

    def classify(self, questions):
        self.lists += [question.types for question in questions]
        return [self.named(question) for question in questions]

    def named(self, question):
        left = 1 - self.unknown * question.zero_shot
        shares = {name: left / (len(question.types) + 1) for name in question.types}
        shares[question.types[0]] *= 2
        if question.zero_shot:
            shares[UNKNOWN] = self.unknown
        best = max(shares, key=shares.get)
        return Answer(best, shares, StageCost(7, 1, 1, 0.2))

    def forget(self):
        pass

    def close(self):
        self.closed = True


def cascade(unknown=0.0, **options):
    return CascadeNER(Capitals(unknown), **options)


def check(prediction, text):
    """Offsets are exact, mentions are flat and sorted, none is empty or of spaces at an end."""
    assert isinstance(prediction, Prediction) and prediction.text == text
    ends = [0]
    for entity in prediction:
        assert text[entity.start : entity.end] == entity.text
        assert entity.text.strip() and entity.text == entity.text.rstrip()
        assert 0 <= entity.score <= 1 and 0 <= entity.mention_score <= 1
        ends += [entity.start, entity.end]
    assert ends == sorted(ends) and ends[-1] <= len(text)


def bare(predictions):
    """All but the time it took."""
    return [
        (
            one.text,
            [entity.to_dict() for entity in one],
            one.dropped,
            *map(spent, (one.cost.extraction, one.cost.classification)),
        )
        for one in predictions
    ]


def spent(cost):
    return cost.tokens_in, cost.tokens_out, round(cost.passes, 6)


@EACH_MODEL
@settings(LIGHT, max_examples=4)
@given(texts=st.lists(WITH_SURROGATES, max_size=4), zero_shot=st.booleans())
def test_offsets_are_exact_for_any_texts(model, texts, zero_shot):
    ner = CascadeNER(backend(model), k=2, temperature=1.2, max_chars=40)
    predictions = ner(texts, TYPES, zero_shot=zero_shot)
    assert len(predictions) == len(texts)
    for prediction, text in zip(predictions, texts, strict=True):
        check(prediction, text)
        assert all(entity.type in TYPES and entity.path == (entity.type,) for entity in prediction)
        json.dumps(prediction.to_dict(cost=True))


@EACH_MODEL
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\u3000\t",
        "\x00",
        "\ud800",
        "\udfff\ud800 x",
        "א\u202eב",
        "\u200b",
        "##",
        "#",
        "<eos>",
        "\r\n",
        "🇫🇷",
        "\u0301",
    ],
    ids=ascii,
)
def test_hostile_text_alone_is_answered_with_exact_offsets(model, text):
    prediction = CascadeNER(backend(model), k=2)(text, TYPES)
    check(prediction, text)
    assert text.strip() or not prediction.entities


@EACH_MODEL
def test_long_text_is_answered_window_by_window_and_nothing_is_left_out(model):
    text = " ".join(corpus_texts()[:6])
    ner = CascadeNER(backend(model), k=1, max_chars=90)
    whole = ner(text)
    check(whole, text)
    windows = cut(text, 90)
    parts = ner([text[start:end] for start, end in windows])
    moved = [
        (start + entity.start, start + entity.end)
        for (start, _), part in zip(windows, parts, strict=True)
        for entity in part
    ]
    assert [(entity.start, entity.end) for entity in whole] == moved
    assert max(entity.end for entity in whole) > len(text) - 90


def test_megabyte_of_text_is_answered_in_windows_with_exact_offsets():
    text = "Ada wrote to 東京 and\n\ud83d left Rome. " * 31_000
    ner = cascade(k=1)
    prediction = ner(text, ["a", "b"])
    check(prediction, text)
    assert [entity.text for entity in prediction] == ["Ada", "Rome"] * 31_000
    assert all(len(window) <= MAX_CHARS for window in ner.backend.texts)


def test_halves_of_surrogate_pairs_are_shown_replaced_and_given_back_as_they_were():
    text = "\ud83dAda met \ude00 Bob\ud800"
    ner = cascade()
    prediction = ner(text)
    assert ner.backend.texts == ["\ufffdAda met \ufffd Bob\ufffd"]
    assert [(entity.start, entity.text) for entity in prediction] == [(1, "Ada"), (11, "Bob")]
    assert prediction.text == text


@pytest.mark.parametrize(
    "texts", [None, 5, b"Ada", {"a": "b"}, object(), ["Ada", None], ["Ada", b"x"], [["Ada"]], [1.5]]
)
def test_what_is_no_text_is_refused_in_one_line(texts):
    with pytest.raises(InputError, match=r"is wanted, not|is no string but") as caught:
        cascade()(texts)
    assert "\n" not in str(caught.value)


def test_text_that_is_none_is_named_by_its_number():
    with pytest.raises(InputError, match=r"^text 2 is no string but NoneType"):
        cascade()(["Ada", None])


def test_stream_over_one_string_is_refused():
    with pytest.raises(InputError, match="text"):
        list(cascade().stream("Ada"))


@pytest.mark.parametrize("texts", [[], (), iter([]), set()])
def test_no_texts_have_no_predictions(texts):
    assert cascade()(texts, TYPES) == []


@pytest.mark.parametrize(
    "types",
    [
        [],
        ["a", "a"],
        ["a, b"],
        ["a\nb"],
        [""],
        ["a", 1],
        5,
        "person",
        {"a": 5},
        pytest.param({1, "a"}, id="a set of mixed names"),
        {},
        ["\ud800"],
        b"a",
        [[]],
    ],
    ids=ascii,
)
def test_unsound_types_are_refused_in_one_line_before_any_work(types):
    ner = cascade()
    with pytest.raises(InputError) as caught:
        ner("Ada wrote.", types)
    assert "\n" not in str(caught.value)
    assert not ner.backend.texts


def test_one_type_names_all_and_names_are_kept_as_they_are():
    (entity,) = cascade()("Ada wrote.", ["only"])
    assert (entity.type, entity.path) == ("only", ("only",))
    (entity,) = cascade()("Ada wrote.", ['the "first" one\'s'])
    assert entity.type == 'the "first" one\'s'


def test_ten_thousand_types_are_asked_in_parts():
    names = [f"type {number}" for number in range(10_000)]
    ner = cascade(probabilities=True)
    (entity,) = ner("Ada wrote.", names)
    assert entity.type in names and set(entity.probabilities) == set(names)
    assert sum(entity.probabilities.values()) == pytest.approx(1)
    assert max(map(len, ner.backend.lists)) <= 256


def test_no_types_find_mentions_without_naming_them():
    ner = cascade()
    (entity,) = ner("Ada wrote.")
    assert (entity.type, entity.path, entity.type_score, entity.probabilities) == (None, (), None, None)
    assert entity.score == entity.mention_score == 0.5
    assert not ner.backend.lists


def test_each_text_may_have_its_own_types():
    found = cascade()(["Ada", "Bob", "Cyd", "Dan"], [["a", "b"], None, {"x": ["y", "z"], "w": []}, ("q",)])
    assert [one.entities[0].path for one in found] == [("a",), (), ("x", "y"), ("q",)]
    assert cascade()("Ada", [["a", "b"]]).entities[0].type == "a"
    assert cascade()("Ada", [None]).entities[0].type is None


@pytest.mark.parametrize("types", [[["a"]], [["a"], ["b"], ["c"]], [None]])
def test_wrong_number_of_type_lists_is_refused(types):
    with pytest.raises(InputError, match=f"{len(types)} type lists were given for 2 texts"):
        cascade()(["Ada", "Bob"], types)


def test_stream_takes_texts_group_by_group_and_keeps_their_order():
    taken = []

    def texts():
        for number in range(100):
            taken.append(number)
            yield f"Ada{number} " + "x" * (GROUP_CHARS // 10)

    stream = cascade(k=1).stream(texts(), ["a"])
    assert not taken
    first = next(stream)
    assert first.entities[0].text == "Ada0" and len(taken) <= 11
    assert [one.entities[0].text for one in stream] == [f"Ada{number}" for number in range(1, 100)]


def test_stream_of_empty_texts_is_answered_as_it_comes():
    taken = []

    def texts():
        for number in range(100_000):
            taken.append(number)
            yield ""

    assert next(cascade().stream(texts())).entities == ()
    assert len(taken) <= GROUP_CHARS + 1


def test_stream_takes_types_from_a_generator_list_by_list():
    names = ([f"type {number}", "x"] for number in range(5))
    found = list(cascade().stream((f"Ada{number}" for number in range(5)), names))
    assert [one.entities[0].type for one in found] == [f"type {number}" for number in range(5)]
    listed = list(cascade().stream(["Ada", "Bob"], iter([["a"], ["b"]])))
    assert [one.entities[0].type for one in listed] == ["a", "b"]


@pytest.mark.parametrize("types", [[["a"], ["b"]], [["a"], ["b"], ["c"], ["d"]]])
def test_stream_with_too_few_or_too_many_lists_is_refused(types):
    with pytest.raises(InputError, match="type list"):
        list(cascade().stream((name for name in ("Ada", "Bob", "Cyd")), types))


def test_endless_stream_is_answered():
    def endless():
        while True:
            yield "Ada wrote to Bob. " * 100

    assert all(len(one) == 200 for one in islice(cascade(k=1).stream(endless(), ["a"]), 30))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 0}, "at least 1"),
        ({"k": -3}, "at least 1"),
        ({"k": "3"}, "k|extractions"),
        ({"k": 2.5}, "k|extractions"),
        ({"k": None}, "k|extractions"),
        ({"temperature": 0}, "above 0"),
        ({"temperature": float("nan")}, "above 0"),
        ({"temperature": "hot"}, "temperature"),
        ({"threshold": 0}, "between 0 and 1"),
        ({"threshold": 1.0}, "between 0 and 1"),
        ({"threshold": 0.5, "k": 3}, "k must be 1"),
        ({"threshold": "low"}, "threshold"),
        ({"decoding": "beam"}, "'greedy' or 'whole-path'"),
        ({"decoding": ["greedy"]}, "decoding"),
        ({"sure": 2}, "between 0 and 1"),
        ({"sure": "very"}, "sure"),
        ({"min_score": -1}, "between 0 and 1"),
        ({"min_score": float("nan")}, "between 0 and 1"),
        ({"min_score": "low"}, "min_score"),
        ({"max_chars": 0}, "at least 1"),
        ({"max_chars": 10.5}, "max_chars"),
        ({"max_chars": "long"}, "max_chars"),
        ({"treshold": 0.5}, "did you mean: threshold"),
        ({"batch": 3}, "unknown option 'batch'"),
    ],
    ids=str,
)
def test_unsound_option_is_refused_in_one_line_by_constructor_and_call(options, words):
    for work in (lambda: cascade(**options), lambda: cascade()("Ada", TYPES, **options)):
        with pytest.raises(InputError, match=words) as caught:
            work()
        assert "\n" not in str(caught.value)


def test_options_of_a_call_stand_for_that_call_only():
    ner = cascade(k=2)
    ner("Ada", threshold=0.3)
    assert ner.options.k == 2 and ner.options.threshold is None
    assert cascade(threshold=0.3).options.k == 1
    assert cascade(threshold=0.3)("Ada").entities[0].rounds == 1


def test_unknown_and_low_scores_are_dropped_and_counted():
    found = cascade(unknown=0.9)("Ada met Bob.", ["a", "b"], zero_shot=True)
    assert (found.entities, found.dropped) == ((), {"unknown": 2})
    found = cascade()("Ada met Bob.", ["a", "b"], min_score=0.9)
    assert (found.entities, found.dropped) == ((), {"below_min_score": 2})
    found = cascade()("Ada met Bob.", ["a", "b"], min_score=0.3)
    assert len(found) == 2 and not found.dropped


def test_scores_multiply_and_probabilities_come_on_request():
    (entity,) = cascade()("Ada.", ["a", "b"], probabilities=True)
    assert (entity.mention_score, entity.type_score) == (0.5, pytest.approx(2 / 3))
    assert entity.score == pytest.approx(1 / 3)
    assert list(entity.probabilities) == ["a", "b"]
    assert cascade()("Ada.", ["a", "b"]).entities[0].probabilities is None


@pytest.mark.parametrize("decoding", ["greedy", "whole-path"])
def test_tree_gives_paths_and_probabilities_of_every_level_asked(decoding):
    (entity,) = cascade(probabilities=True)("Ada.", {"x": ["y", "z"], "w": []}, decoding=decoding)
    assert entity.path[0] in ("x", "w") and entity.type == entity.path[-1]
    assert {"x", "w", "x > y", "x > z"} >= set(entity.probabilities) > {"x", "w"}
    (entity,) = cascade()("Ada.", "dynamicner", decoding=decoding)
    assert len(entity.path) == 3


def test_costs_are_the_sums_of_windows_and_mentions():
    text = "Ada met Bob. " * 100
    ner = cascade(k=2)
    found = ner(text, ["a", "b"])
    windows = cut(text)
    assert found.cost.extraction.passes == 2 * len(windows) > 2
    assert found.cost.extraction.tokens_in == sum(end - start for start, end in windows)
    asked = len(ner.backend.lists)
    assert found.cost.classification == StageCost(7 * asked, asked, asked, pytest.approx(0.2 * asked))
    assert found.cost.total.tokens_in == found.cost.extraction.tokens_in + 7 * asked
    assert ner(text, ["a", "b"]).cost.classification.tokens_in == 0  # remembered
    assert ner("", ["a"]).cost == Cost()


@EACH_MODEL
def test_passes_of_all_texts_are_those_that_the_model_made(model):
    ner = CascadeNER(backend(model), k=2)
    ner("Warm up in Rome.", TYPES)  # runs what all prompts begin with
    before = ner.backend.runner.passes
    found = ner(TEXTS, TYPES)
    made = ner.backend.runner.passes - before
    assert sum(one.cost.total.passes for one in found) == pytest.approx(made)
    assert all(one.cost.extraction.tokens_in > 0 and one.cost.total.seconds >= 0 for one in found)


@EACH_MODEL
@pytest.mark.parametrize("options", [{"k": 3}, {"threshold": 0.2}], ids=str)
def test_two_runs_are_the_same_but_for_the_seconds(model, options):
    from cascadener_models.backends.local.backend import LocalBackend

    first, again = (
        CascadeNER(LocalBackend(model_folder(model), device="cpu", dtype="float32"), probabilities=True, **options)
        for _ in range(2)
    )
    assert bare(first(TEXTS, TYPES)) == bare(again(TEXTS, TYPES))


@EACH_MODEL
def test_seed_changes_the_sampled_rounds_only(model):
    ner = CascadeNER(backend(model))
    rounds = [
        [one.rounds for one in ner.backend.extract(TEXTS, ner.options.change({"seed": seed}).rounds)] for seed in (0, 1)
    ]
    assert [group[0].mentions for group in rounds[0]] == [group[0].mentions for group in rounds[1]]
    assert rounds[0] != rounds[1]


@EACH_MODEL
def test_order_and_neighbours_change_no_entity(model):
    ner = CascadeNER(backend(model), k=2)
    together, backwards = ner(TEXTS, TYPES), ner(TEXTS[::-1], TYPES)[::-1]
    alone = [CascadeNER(backend(model), k=2)(text, TYPES) for text in TEXTS]
    for one, other, third in zip(together, backwards, alone, strict=True):
        spans = [
            [(entity.start, entity.end, entity.type, entity.rounds) for entity in found]
            for found in (one, other, third)
        ]
        assert spans[0] == spans[1] == spans[2]


@EACH_MODEL
def test_rounds_of_an_entity_are_at_most_k_and_scores_lie_between_0_and_1(model):
    for found in CascadeNER(backend(model), k=4, temperature=2.0)(TEXTS, TYPES):
        check(found, found.text)
        assert all(1 <= entity.rounds <= 4 for entity in found)


def test_from_pretrained_takes_folders_and_says_where_all_came_from(tmp_path):
    ner = CascadeNER.from_pretrained(
        str(model_folder("gemma3_text")),
        extractor=str(adapter_folder("extractor")),
        device="cpu",
        dtype="float32",
        k=1,
    )
    check(ner(TEXTS[0], TYPES), TEXTS[0])
    info = ner.info()
    assert "adapter-extractor" in info["extractor"] and "three demonstrations" in info["classifier"]
    assert "gemma3_text" in info["base_model"] and info["options"]["k"] == 1
    json.dumps(info)
    with pytest.raises(InputError, match="unknown option"):
        CascadeNER.from_pretrained(str(tmp_path / "never loaded"), no_such=1)


def test_close_closes_the_back_end():
    ner = cascade()
    ner.close()
    assert ner.backend.closed
