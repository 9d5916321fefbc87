"""The methods: hostile answers are read or counted, prompts are golden, no request is made twice, gold is not seen."""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cascadener_models.backends.base import Answer, BackendError, Extracted, Extraction, Found
from cascadener_models.prompts import Demonstration
from cascadener_models.results import StageCost
from dynamicner_dataset.command_line import with_clear_errors
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.sentences import Mention as Tagged
from eval.cascadener.matching import Marked
from eval.external.gold_file import gold_lines
from eval.gold import Gold, data_hash
from eval.methods.asking import Ask, Said
from eval.methods.base import UNNAMED, Task, task_of
from eval.methods.cascade import Cascade, Listening
from eval.methods.chat import RecordingChat
from eval.methods.command import predict, run
from eval.methods.data import chosen_gold, spread
from eval.methods.gliner_peer import Gliner, load_gliner
from eval.methods.gpt_ner import GptNer
from eval.methods.gpt_ner_prompts import extraction_ask, read_verdict, verification_ask
from eval.methods.jobs import chosen_jobs, jobs_of
from eval.methods.journal import Journal
from eval.methods.marks import marked, paired, read_marked, shown_text
from eval.methods.meanings import asked_types, definition, fine_types, spans_of_type
from eval.methods.options import CascadeOptions, GlinerOptions, GptNerOptions, PromptNerOptions
from eval.methods.overlaps import Candidate, flat
from eval.methods.pool import NEAREST, RANDOM, Pool, Pools, stratified
from eval.methods.prompt_ner import PromptNer
from eval.methods.prompt_ner_prompts import prompt_ner_ask
from eval.methods.rows import place_rows, places_of, read_rows
from eval.methods.suite import read_suite
from eval.methods.supervised import Supervised
from tests.chat_server import ChatServer, answer, error
from tests.strategies import LIGHT

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "rivals"
SUITES = sorted((ROOT / "eval" / "suites").glob("*.yaml"))
TEXT = "Rome fell to Alaric."


def gold(name, text, *mentions, types=("city", "person", "club"), fine=()):
    """A sentence whose mentions are given as (surface, type)."""
    found = []
    for surface, kind in mentions:
        start = text.index(surface, found[-1].end if found else 0)
        found.append(Marked(start, start + len(surface), kind, surface))
    return Gold(name, "en", text, types, tuple(found), tuple(fine))


FALLEN = gold("en-1", TEXT, ("Rome", "city"), ("Alaric", "person"), fine=("city", "politician"))
RAINED = gold("en-2", "It rained.")
LEFT = gold("en-3", "Ada left Paris.", ("Ada", "person"), ("Paris", "city"), fine=("scholar", "city"))


# What a method sees


def test_a_task_holds_nothing_of_the_gold_mentions():
    task = task_of(FALLEN)
    assert task == Task("en-1", "en", TEXT, ("city", "person", "club"))
    assert task_of(FALLEN, spans=True).spans == ((0, 4), (13, 19))
    assert "Marked" not in repr(task_of(FALLEN, spans=True))


def test_without_a_list_the_fine_types_are_asked_about():
    assert asked_types(Task("1", "en", "x")) == fine_types() and len(fine_types()) == 155
    assert asked_types(task_of(FALLEN)) == ("city", "person", "club")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("city", [(9, 14)]), ("location", [(9, 14)]), ("author", []), ("others", []), ("person", [(0, 3)])],
)
def test_a_training_sentence_shows_its_mentions_of_a_type_under_any_name(name, wanted):
    assert spans_of_type(LEFT, name) == wanted


def test_a_catch_all_is_looked_for_by_its_name():
    one = gold("1", "Ada left Paris.", ("Ada", "others"), types=("others", "city"), fine=("scholar",))
    assert spans_of_type(one, "others") == [(0, 3)]
    assert "none of the other types" in definition("others")
    assert definition("programming paradigm of mine") == ""


# Overlaps


@pytest.mark.parametrize(
    ("given_", "kept", "lost"),
    [
        ([(0, 4, "a", 0), (0, 9, "b", 0)], [(0, 9, "b", 0)], 1),  # the longer
        ([(0, 4, "a", 1), (0, 9, "b", 0)], [(0, 4, "a", 1)], 1),  # the verified before the longer
        ([(3, 7, "a", 0), (0, 4, "b", 0)], [(0, 4, "b", 0)], 1),  # the earlier
        ([(0, 4, "b", 0), (0, 4, "a", 0)], [(0, 4, "b", 0)], 1),  # the first given
        ([(0, 4, "b", 0), (0, 4, "b", 0)], [(0, 4, "b", 0)], 0),  # the same is one
        ([(5, 9, "a", 0), (0, 5, "b", 0)], [(0, 5, "b", 0), (5, 9, "a", 0)], 0),  # neighbours
    ],
)
def test_merging_across_types(given_, kept, lost):
    found, number = flat([Candidate(*one) for one in given_])
    assert ([tuple(one) for one in found], number) == (kept, lost)


# GPT-NER's marks


@st.composite
def marked_texts(draw):
    """A text and flat spans in it without spaces at their edges."""
    parts = draw(st.lists(st.text("abÄ京@# .\u0301", min_size=1, max_size=5), min_size=1, max_size=8))
    spans, at = [], 0
    for part in parts:
        if part.strip() == part and draw(st.booleans()):
            spans.append((at, at + len(part)))
        at += len(part)
    return "".join(parts), spans


@settings(LIGHT)
@given(marked_texts())
def test_marks_of_an_exact_copy_come_back_exactly(drawn):
    text, spans = drawn
    copy = marked(text, spans)
    assert copy.count("@@") == copy.count("##") == len(spans)
    found = read_marked(text, copy)
    if text.strip():
        assert (found.spans, found.unaligned) == (tuple(spans), 0)


@settings(LIGHT)
@given(st.text("Rome fl@#\ud800\n", max_size=30), st.text("Rome fl@#\ud800\n", max_size=60))
def test_any_answer_is_read_or_refused(text, said):
    found = read_marked(text, said)
    ends = [at for span in (found.spans if found else ()) for at in span]
    assert ends == sorted(ends) and all(0 <= at <= len(text) for at in ends)


@pytest.mark.parametrize(
    ("said", "spans", "unaligned"),
    [
        ("@@Rome## fell to Alaric.", [(0, 4)], 0),
        ("Output: @@Rome## fell to @@Alaric##.", [(0, 4), (13, 19)], 0),
        ("@@ROME## fell to alaric", [(0, 4)], 0),
        ("@@Rome## fell to @@Attila##.", [(0, 4)], 1),
        ("@@Rome## fell to @@Alaric.", [(0, 4)], 1),
        ("Rome## fell to @@Alaric##.", [(13, 19)], 1),
        ("@@@@Rome## fell## to Alaric.", [(0, 4)], 2),
        ("<think>@@fell##</think>Rome fell to @@Alaric##.", [(13, 19)], 0),
    ],
)
def test_marks_of_inexact_copies(said, spans, unaligned):
    found = read_marked(TEXT, said)
    assert (list(found.spans), found.unaligned) == (spans, unaligned)


def test_no_copy_is_no_answer():
    assert read_marked(TEXT, "I am sorry, I cannot help with that.") is None


def test_a_text_full_of_marks_is_shown_without_them():
    text = "a@@b ##c"
    assert len(shown_text(text)) == len(text) and not re.search("@@|##", shown_text(text))
    assert read_marked(text, marked(text, [(0, 4)])).spans == ((0, 4),)
    assert paired("##@@##@@") == ("####", 2)


# PromptNER's rows


@pytest.mark.parametrize(
    ("said", "mentions", "dropped"),
    [
        ("1. Rome | True | it is (city)", [(0, 4, "city")], {}),
        ("| **Alaric** | TRUE | a king (Person) |", [(13, 19, "person")], {}),
        ("Rome | False | no (city)", [], {}),
        ("Rome | True | x (town)", [], {"off_list": 1}),
        ("Rome | True | x", [], {"off_list": 1}),
        ("Attila | True | x (person)", [], {"absent": 1}),
        ("rome | True | x (city)\nROME | True | x (city)", [(0, 4, "city")], {}),
        ("Rome | True | x (city)\nRome | True | x (city)", [(0, 4, "city")], {"absent": 1}),
        ("Rome fell | True | x (club)\nRome | True | x (city)", [(0, 9, "club")], {"overlapping": 1}),
        ("Rome | maybe | x (city)", [], {"unparsed": 1}),
        ("I am sorry.", [], {}),
        ("", [], {"unanswered": 1}),
    ],
)
def test_rows_are_placed_or_counted(said, mentions, dropped):
    method = PromptNer(Scripted(lambda ask: said), PromptNerOptions())
    (found,) = method.predict([task_of(FALLEN)])
    assert [tuple(one)[:3] for one in found.mentions] == mentions
    assert found.dropped == dropped
    assert found.raw == (f"[rows] {said}" if said else "[rows] (no answer: empty answer)",)


def test_the_nth_row_is_the_nth_occurrence_false_rows_too():
    text = "Paris met Paris in Paris."
    rows, _ = read_rows("Paris | True | x (person)\nParis | False | x\nParis | True | x (city)")
    found, dropped = place_rows(text, rows, ["person", "city"])
    assert [tuple(one)[:3] for one in found] == [(0, 5, "person"), (19, 24, "city")]
    assert not dropped


@pytest.mark.parametrize(
    ("text", "candidate", "wanted"),
    [
        ("Art in Artois", "Art", [(0, 3)]),
        ("東京都の東京", "東京", [(0, 2), (4, 6)]),
        ("In İstanbul", "i̇stanbul", [(3, 11)]),
        ("Der Fuß", "FUSS", [(4, 7)]),
        ("“Ｒome”", "Rome", [(1, 5)]),
        ("aaa", "aa", [(0, 2)]),
        ("x", "", []),
    ],
)
def test_places_of_a_candidate(text, candidate, wanted):
    assert places_of(text, candidate) == wanted


@settings(LIGHT)
@given(st.text("aß İ|()\u200d\n1.", max_size=20), st.text("aß İ|TrueFals()\u200d\n1. ", max_size=80))
def test_any_rows_are_read(text, said):
    rows, unparsed = read_rows(said)
    found, _ = place_rows(text, rows, ["a", "b (c)"])
    ends = [at for one in found for at in one[:2]]
    assert unparsed >= 0 and ends == sorted(ends) and all(0 <= at <= len(text) for at in ends)
    assert all(one.start < one.end for one in found)


def test_endless_rows_are_counted():
    rows, unparsed = read_rows("a | True | b (c)\n" * 3_000)
    assert (len(rows), unparsed) == (1_000, 2_000)


# Prompts


def ask_of(name):
    """The requests whose words are golden."""
    options = PromptNerOptions()
    types = ("location", "company", "programming paradigm of mine")
    return {
        "gpt_ner_extraction": extraction_ask("#1: Paris@@home met Rome.", "city", [RAINED, FALLEN]),
        "gpt_ner_verification": verification_ask("Paris met Rome.", (0, 5), "city", [RAINED, LEFT]),
        "prompt_ner": prompt_ner_ask("Paris met Rome.", types, options),
        "prompt_ner_ablated": prompt_ner_ask(
            "Paris met Rome.",
            types,
            options.model_copy(update={"definitions": False, "reasons": False, "flags": False}),
        ),
    }[name]


@pytest.mark.parametrize("name", ["gpt_ner_extraction", "gpt_ner_verification", "prompt_ner", "prompt_ner_ablated"])
def test_prompts_are_golden(name):
    assert ask_of(name).plain() == (GOLDEN / f"{name}_prompt.txt").read_text("utf-8")


def test_a_chat_model_is_asked_in_turns():
    ask = ask_of("gpt_ner_extraction")
    assert [turn["role"] for turn in ask.messages()] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert ask.messages()[-1]["content"] == "Input: ＃1: Paris＠＠home met Rome."
    assert ask.key == ask_of("gpt_ner_extraction").key != ask_of("prompt_ner").key


@pytest.mark.parametrize(("said", "wanted"), [("Yes.", True), ("**no**, as", False), ("", None), ("Yesterday", None)])
def test_verdicts(said, wanted):
    assert read_verdict(said) is wanted


# Demonstrations


def vectors(texts):
    """Two letters a dimension: texts with the same beginning are near."""
    found = np.array([[text.startswith(letter) + 0.01 * len(text) for letter in "RAI"] for text in texts])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.mark.parametrize("how", [RANDOM, NEAREST])
def test_half_of_the_demonstrations_have_the_type_and_the_sentence_itself_is_never_shown(how):
    pool = Pool([FALLEN, RAINED, LEFT], vectors)
    task = Task("new", "en", "Rome rose.", ("city",))
    pool.look_up([task.text, TEXT])
    assert {one.id for one in pool.choose(task, "city", 2, how, 0)} in ({"en-1", "en-2"}, {"en-3", "en-2"})
    assert len(pool.choose(task, "city", 9, how, 0)) == 3
    assert "en-1" not in {one.id for one in pool.choose(task_of(FALLEN), "city", 9, how, 0)}
    assert (
        pool.choose(task, "city", 3, how, 0) == Pool([LEFT, RAINED, FALLEN], vectors).choose(task, "city", 3, RANDOM, 0)
        or how == NEAREST
    )


def test_the_nearest_stands_last():
    pool = Pool([FALLEN, RAINED, LEFT], vectors)
    pool.look_up(["Rome rose.", "Ada rose."])
    for text, last in (("Rome rose.", "en-1"), ("Ada rose.", "en-3")):
        assert pool.choose(Task("new", "en", text), "city", 3, NEAREST, 0)[-1].id == last
    assert [one.id for one in pool.choose(Task("new", "en", "Ada rose."), "city", 1, NEAREST, 0)] == ["en-3"]


def test_random_demonstrations_depend_on_seed_sentence_and_type():
    many = [gold(f"en-{at:02}", f"Rome {at}.", ("Rome", "city"), fine=("city",)) for at in range(40)]
    pool = Pool(many)
    draws = {
        tuple(one.id for one in pool.choose(Task(name, "en", "x"), kind, 4, RANDOM, seed))
        for name in "ab"
        for kind in ("city", "location")
        for seed in (0, 1)
    }
    assert len(draws) == 8


def test_a_stratified_sample_has_every_type():
    many = [gold(f"en-{at:02}", f"Rome {at}.", ("Rome", "city"), fine=("city",)) for at in range(9)] + [LEFT]
    chosen = stratified(many, 4, 0)
    assert LEFT in chosen and len(chosen) <= 4
    assert stratified(many, 0, 0) == many
    with pytest.raises(InputError, match="too small"):
        stratified(many, 1, 0)


# GPT-NER


class Scripted:
    """A completer that answers by a script."""

    description = {"server": "none"}  # noqa: RUF012

    def __init__(self, script):
        self.script, self.asks = script, []

    def complete(self, asks):
        self.asks += asks
        said = [self.script(ask) for ask in asks]
        return [Said(text, "" if text else "empty answer", False, StageCost(5, 1, 1, 0.1)) for text in said]


def gpt_ner(script, **options):
    pools = Pools(lambda lang: [FALLEN, RAINED, LEFT], vectors)
    return GptNer(Scripted(script), pools, GptNerOptions(**{"demonstrations": 2} | options))


def say(marks, verdicts=None):
    """Return a script: an answer for each type, a verdict for each mention."""

    def script(ask):
        (name,) = re.findall("type '(.*?)'", ask.system)
        if "Verify" in ask.system:
            return (verdicts or {}).get(re.findall('Is "(.*?)"', ask.prompt)[0], "yes")
        return marks.get(name, ask.prompt.removeprefix("Input: "))

    return script


def test_every_type_is_asked_for_once_and_every_mention_verified():
    method = gpt_ner(say({"city": "@@Rome## fell to Alaric.", "person": "Rome fell to @@Alaric##."}))
    (found,) = method.predict([task_of(FALLEN)])
    assert [tuple(one) for one in found.mentions] == [(0, 4, "city", None, ()), (13, 19, "person", None, ())]
    assert len(method.completer.asks) == 3 + 2
    assert found.cost == StageCost(25, 5, 5, 0.5)
    assert found.raw[0] == "[city] @@Rome## fell to Alaric." and found.raw[-1] == "[verify person: Alaric] yes"
    assert not found.dropped


def test_verified_mentions_come_before_longer_ones():
    marks = {"city": "@@Rome## fell to Alaric.", "club": "@@Rome fell## to Alaric."}
    (plain,) = gpt_ner(say(marks), verify=False).predict([task_of(FALLEN)])
    assert [one.type for one in plain.mentions] == ["club"] and plain.dropped == {"overlapping": 1}
    (unclear,) = gpt_ner(say(marks, {"Rome fell": "well"})).predict([task_of(FALLEN)])
    assert [one.type for one in unclear.mentions] == ["city"] and unclear.dropped == {"overlapping": 1}
    (refuted,) = gpt_ner(say(marks, {"Rome fell": "No"})).predict([task_of(FALLEN)])
    assert [one.type for one in refuted.mentions] == ["city"] and refuted.dropped == {"refuted": 1}


def test_what_gpt_ner_cannot_use_is_counted():
    (found,) = gpt_ner(say({"city": "No.", "person": "", "club": "@@Rome fell to Alaric."})).predict([task_of(FALLEN)])
    assert not found.mentions
    assert found.dropped == {"unanswered": 2, "unaligned": 1}


def test_a_sentence_that_no_prompt_can_show_is_counted():
    text = "@@" + "".join(map(chr, (*range(0xE000, 0xF900), 0xFF20, 0xFE6B)))
    method = gpt_ner(say({}))
    (found,) = method.predict([Task("1", "en", text, ("city",))])
    assert found.dropped == {"unanswered": 1} and not method.completer.asks


@pytest.mark.parametrize("retrieval", [RANDOM, NEAREST])
def test_demonstrations_are_shown(retrieval):
    method = gpt_ner(say({}), retrieval=retrieval, demonstrations=3, verification_demonstrations=2)
    list(method.predict([Task("new", "en", "Rome rose.", ("city",))]))
    shown = {one.answer for one in method.completer.asks[0].shown}
    assert shown == {"Output: @@Rome## fell to Alaric.", "Output: It rained.", "Output: Ada left @@Paris##."}


# CascadeNER


class Capitals:
    """Finds words that begin with a capital; names everything by the first type offered."""

    description = {"server": "none"}  # noqa: RUF012
    gives_probabilities = True

    def __init__(self):
        self.lists = []

    def extract(self, texts, rounds):
        return [
            Extracted((Extraction(tuple(Found(*m.span(), 0.5) for m in re.finditer("[A-Z][a-z]+", text))),) * rounds.k)
            for text in texts
        ]

    def classify(self, questions):
        self.lists += [question.types for question in questions]
        rest = [dict.fromkeys(question.types, 0.0) | {question.types[0]: 1.0} for question in questions]
        return [Answer(question.types[0], found) for question, found in zip(questions, rest, strict=True)]

    def forget(self):
        pass

    def close(self):
        pass


def cascade(**options):
    return Cascade(Listening(Capitals()), CascadeOptions(**options))


def test_cascade_keeps_what_was_said_and_names_from_each_list():
    (found,) = cascade(k=2).predict([task_of(FALLEN)])
    assert [tuple(one) for one in found.mentions] == [(0, 4, "city", 0.5, ("city",)), (13, 19, "city", 0.5, ("city",))]
    assert found.raw == (
        "[extract 1] ##Rome## fell to ##Alaric##.",
        "[extract 2] ##Rome## fell to ##Alaric##.",
        "[classify Rome] city",
        "[classify Alaric] city",
    )


@pytest.mark.parametrize(
    ("options", "types", "lengths"),
    [
        ({}, None, {8, 2}),
        ({"asking": "flat"}, None, {155}),
        ({"asking": "extraction"}, None, set()),
        ({}, ("a", "b"), {2}),
    ],
)
def test_cascade_asks_down_the_tree_or_flat_or_nothing(options, types, lengths):
    method = cascade(**options)
    (found,) = method.predict([Task("1", "en", TEXT, types)])
    asked = {len(names) for names in method.backend.backend.lists}
    assert lengths <= asked and bool(lengths) == bool(asked)
    assert len(found.mentions) == 2 and (found.mentions[0].type == UNNAMED) == (not lengths)


def test_classification_alone_names_the_given_spans():
    (found,) = cascade(spans="gold").predict([task_of(FALLEN, spans=True)])
    assert [one[:3] for one in found.mentions] == [(0, 4, "city"), (13, 19, "city")]
    assert found.raw == ("[classify Rome] city", "[classify Alaric] city")


def test_cascade_settings_say_what_takes_effect():
    assert CascadeOptions(threshold=0.3).settings()["k"] == 1
    assert CascadeOptions().settings()["k"] == 3 and "seed" not in CascadeOptions().settings()


# Outside peers


def test_supervised_tagger_has_its_own_types_and_takes_no_lists():
    tagger = SimpleNamespace(mentions=lambda texts: [[Tagged(0, 4, "city")] for _ in texts])
    (found,) = Supervised(tagger).predict([Task("1", "en", TEXT)])
    assert [tuple(one)[:3] for one in found.mentions] == [(0, 4, "city")]
    with pytest.raises(InputError, match=r"fixed output layer.*cannot take dynamic lists"):
        list(Supervised(tagger).predict([task_of(FALLEN)]))


def test_gliner_is_optional(monkeypatch):
    monkeypatch.setitem(sys.modules, "gliner", None)
    with pytest.raises(BackendError, match="pip install gliner"):
        load_gliner("urchade/gliner_multi-v2.1")
    fake = ModuleType("gliner")
    fake.GLiNER = SimpleNamespace(from_pretrained=lambda name: (_ for _ in ()).throw(OSError("no such repo\nmore")))
    monkeypatch.setitem(sys.modules, "gliner", fake)
    with pytest.raises(BackendError, match=r"cannot be had \(no such repo\)"):
        load_gliner("x")


def test_entities_of_gliner_are_checked():
    entities = [
        {"start": 0, "end": 9, "text": "Rome fell", "label": "club", "score": 0.4},
        {"start": 0, "end": 4, "text": "Rome", "label": "city", "score": 0.9},
        {"start": 13, "end": 99, "label": "person", "score": 0.8},
        {"start": 13, "end": 19, "label": "king", "score": float("nan")},
        {"start": True, "end": None},
        "x",
    ]
    model = SimpleNamespace(predict_entities=lambda text, labels, flat_ner, threshold: entities)
    (found,) = Gliner(model, GlinerOptions()).predict([task_of(FALLEN)])
    assert [tuple(one)[:4] for one in found.mentions] == [(0, 4, "city", 0.9)]
    assert found.dropped == {"overlapping": 1, "absent": 2, "off_list": 1}


# Servers


def chat(url, **options):
    return RecordingChat(url, extractor="m", api_key="", retries=0, **options)


def test_a_server_answers_in_free_text_and_is_never_asked_twice(tmp_path):
    path = tmp_path / "answers.jsonl"
    with ChatServer(
        lambda prompt, attempt, body: answer("No rows." if "Paris" in prompt else "Rome | True | x (city)")
    ) as server:
        for _ in range(2):
            door = chat(server.url)
            door.use(Journal(path))
            found = list(PromptNer(door, PromptNerOptions()).predict([task_of(FALLEN), task_of(LEFT)]))
            door.close()
        assert len(server.requests) == 2
    assert [tuple(one)[:3] for one in found[0].mentions] == [(0, 4, "city")] and not found[1].mentions
    assert (found[0].cost.tokens_in, found[0].cost.tokens_out, found[0].cost.passes) == (11, 7, 1)
    assert server.requests[0]["temperature"] == 0 and server.requests[0]["messages"][0]["role"] == "system"


def test_a_failed_request_is_counted_and_made_again_later(tmp_path):
    with ChatServer(
        lambda prompt, attempt, body: error(500) if attempt == 0 and "Rome" in prompt else answer("x")
    ) as server:
        journal = Journal(tmp_path / "answers.jsonl")
        door = chat(server.url)
        door.use(journal)
        first = list(PromptNer(door, PromptNerOptions()).predict([task_of(LEFT), task_of(FALLEN)]))
        second = list(PromptNer(door, PromptNerOptions()).predict([task_of(LEFT), task_of(FALLEN)]))
        door.close()
    assert [one.dropped for one in first] == [Counter(), {"unanswered": 1}]
    assert "(no answer: status 500" in first[1].raw[0]
    assert not second[1].dropped and len(server.requests) == 3


@pytest.mark.parametrize("context_free", [False, True])
def test_cascade_on_a_server_keeps_raw_answers(context_free):
    def script(prompt, attempt, body):
        return answer("city") if "belongs to" in prompt else answer("Sure: ##Rome## fell to Alaric.")

    with ChatServer(script) as server:
        door = chat(server.url, context_free=context_free)
        (found,) = Cascade(door, CascadeOptions(k=1)).predict([task_of(FALLEN)])
        door.close()
        prompt = server.requests[-1]["messages"][-1]["content"]
    assert [tuple(one)[:3] for one in found.mentions] == [(0, 4, "city")]
    assert found.raw == ("[extract 1] Sure: ##Rome## fell to Alaric.", "[classify Rome] city")
    assert prompt.startswith("##Rome## belongs to" if context_free else '##Rome## in the sentence "##Rome## fell')


# Suites


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_shipped_suites_are_sound(path):
    suite = read_suite(path)
    names = [job.name for job in jobs_of(suite)]
    assert names and len(names) == len(set(names))


def test_all_wanted_suites_are_shipped():
    wanted = {"embedded", "paper-qwen-1.5b", "paper-qwen-7b", "paper-gpt-4o"}
    assert wanted <= {path.stem for path in SUITES}
    tables = {path.stem: set(read_suite(path).tables) for path in SUITES}
    assert all({2, 4, 5, 7, 8, 9, 10, 11, 12} <= tables[name] for name in wanted - {"embedded"})


def suite_text(**changes):
    run_ = {"name": "one", "method": "cascadener", "models": ["m"], "configs": ["base"], "langs": ["en"]}
    return json.dumps({"models": {"m": {}}, "runs": [run_ | changes]})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("models: {m: {}}", "key 'runs' is missing"),
        ("[1]", "a suite is a mapping"),
        ("modls: {}\nruns: []", "unknown key 'modls'; did you mean: models"),
        (suite_text(metod="x"), "unknown key 'runs.0.metod'; did you mean: method"),
        (suite_text(method="gptner"), "unknown method 'gptner'; did you mean: gpt-ner"),
        (suite_text(options={"kk": 1}), "unknown key 'kk'; did you mean: k"),
        (suite_text(options={"k": 0}), "at least 1"),
        (suite_text(options={"k": "3"}), "valid integer"),
        (suite_text(options={"asking": "extraction", "spans": "gold"}), "nothing is named"),
        (suite_text(models=["n"]), "model 'n' is unknown"),
        (suite_text(configs=["basic"]), "config 'basic' is unknown"),
        (suite_text(langs=["it"]), "unknown language 'it'"),
        (suite_text(split="tset"), "'test'"),
        (suite_text(name="../up"), "should match pattern"),
        (suite_text(method="supervised", configs=["dynamic"]), "takes no dynamic lists"),
        ("models: {m: {sever: x}}\nruns: []", "unknown key 'models.m.sever'; did you mean: server"),
        ("models: {m: {server: 'http://me:secret@host'}}\nruns: []", "no user, password"),
        ("models: {m: {server: openai}}\nruns: []", "a server needs model"),
    ],
)
def test_unsound_suites_are_refused_in_one_line(tmp_path, text, told):
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_suite(path)
    assert told in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


def test_only_chooses_by_run_model_config_or_pattern():
    suite = read_suite(ROOT / "eval" / "suites" / "embedded.yaml")
    every = list(jobs_of(suite))
    assert {job.config for job in chosen_jobs(suite, ["*-en"])} == {"base-en", "dynamic-en"}
    assert chosen_jobs(suite, []) == every
    assert [job.name for job in chosen_jobs(suite, [every[0].name])] == [every[0].name]
    with pytest.raises(InputError, match="matches no job"):
        chosen_jobs(suite, ["base-xx"])


def test_a_sample_is_spread_evenly():
    assert spread(range(10), 3) == [0, 3, 6] and spread([1, 2], 5) == [1, 2] and spread([1, 2], 0) == [1, 2]


# The commands


app = typer.Typer()
app.command("run")(with_clear_errors(run))
app.command("predict")(with_clear_errors(predict))


def command(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "three.jsonl"
    path.write_text("".join(gold_lines([FALLEN, RAINED, LEFT])), "utf-8")
    return path


def suite_file(folder, url, data, **options):
    entry = {"name": "one", "method": "gpt-ner", "models": ["m"], "configs": ["three"], "options": options}
    suite = {
        "models": {"m": {"server": url, "model": "m", "retries": 0, "concurrency": 1}},
        "files": {"three": {"path": str(data), "train": str(data)}},
        "runs": [entry, entry | {"name": "two", "method": "prompt-ner", "options": {}}],
    }
    path = folder / "suite.yaml"
    path.write_text(json.dumps(suite))
    return path


def test_run_goes_on_after_a_server_that_died_without_repeating_a_request(tmp_path, data):
    answered = []

    def script(prompt, attempt, body):
        if len(answered) >= 5 and not script.alive:
            return error(401)
        answered.append(json.dumps(body["messages"]))
        return answer(prompt.removeprefix("Input: ").replace("Rome", "@@Rome##"))

    script.alive = False
    out = tmp_path / "out"
    with ChatServer(script) as server:
        suite = suite_file(tmp_path, server.url, data, demonstrations=1, verify=False)
        first = command("run", "--suite", suite, "--out", out)
        assert first.exit_code == 2 and "2 of 2 jobs are not finished" in first.stderr and "401" in first.stderr
        script.alive = True
        second = command("run", "--suite", suite, "--out", out)
        assert second.exit_code == 0, second.stderr
        assert "6 sentences predicted in 2 jobs, 0 left" in second.stdout
        assert len(answered) == len(set(answered)) == 3 * 3 + 3  # three types, three sentences; three sentences
        third = command("run", "--suite", suite, "--out", out)
        assert third.exit_code == 0 and len(answered) == 12
        other = suite_file(tmp_path, server.url, data, demonstrations=2)
        refused = command("run", "--suite", other, "--out", out)
    assert refused.exit_code == 2 and "options.demonstrations: 1, now 2" in refused.stderr
    folder = out / "one" / "m" / "three"
    lines = [json.loads(line) for line in (folder / "predictions.jsonl").read_text("utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["en-1", "en-2", "en-3"]
    assert len(lines[0]["raw"]) == 3 and not (folder / "answers.jsonl").exists()
    made = json.loads((folder / "settings.json").read_text("utf-8"))
    assert made["method"] == "gpt-ner" and made["options"]["demonstrations"] == 1
    assert made["data_sha256"] == data_hash(chosen_gold(made)) and made["train_sha256"]
    assert {"versions", "machine", "command", "seed", "config", "split", "model"} <= made.keys()


def test_limit_stops_and_goes_on_without_it(tmp_path, data):
    arguments = ("predict", "--method", "prompt-ner", "--file", data, "--out", tmp_path / "out", "--model", "model=m")
    with ChatServer(lambda prompt, attempt, body: answer("none")) as server:
        arguments += ("--model", f"server={server.url}", "--set", "examples=1")
        assert "2 sentences predicted in 1 jobs, 1 left" in command(*arguments, "--limit", 2).stdout
        assert "1 sentences predicted in 1 jobs, 0 left" in command(*arguments).stdout
        assert len(server.requests) == 3 and len(server.requests[0]["messages"]) == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "--suite", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["predict", "--method", "x", "--out", "o"], "either --config or --file"),
        (["predict", "--method", "x", "--out", "o", "--config", "dynamic-en"], "unknown method"),
        (["predict", "--method", "gliner", "--out", "o", "--config", "dynamic-xx"], "unknown language"),
        (["predict", "--method", "gliner", "--out", "o", "--config", "dinamic-en"], "config 'dinamic' is unknown"),
        (["predict", "--method", "gpt-ner", "--out", "o", "--config", "base-en", "--set", "verify"], "key=value"),
        (["predict", "--method", "gpt-ner", "--out", "o", "--config", "base-en", "--set", "verifi=1"], "mean: verify"),
    ],
)
def test_bad_commands_are_one_line_and_exit_code_2(arguments, told):
    done = command(*arguments)
    assert done.exit_code == 2 and told in done.stderr and done.stderr.count("\n") == 1
    assert not (ROOT / "o").exists()


def test_a_job_without_its_model_is_told_and_nothing_is_left(tmp_path, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "gliner", None)
    out = tmp_path / "out"
    done = command("predict", "--method", "gliner", "--file", data, "--out", out, "--model", "base_model=x/y")
    assert done.exit_code == 2 and "pip install gliner" in done.stderr and not out.exists()


# Local models


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_local_model_answers_in_free_text_the_same_alone_and_side_by_side(architecture, tmp_path):
    from eval.methods.local import LocalCompleter
    from tests.tiny_models import model_folder

    door = LocalCompleter(model_folder(architecture), device="cpu", dtype="float32", batch_size=3)
    asks = [extraction_ask(one.text, "city", [RAINED]) for one in (FALLEN, LEFT, RAINED)]
    door.use(Journal(tmp_path / "answers.jsonl"))
    together = door.complete(asks)
    assert len(door.journal) == 3
    for ask, said in zip(asks, together, strict=True):
        door.use(Journal())
        (alone,) = door.complete([ask])
        assert (alone.text, alone.cut, alone.failure) == (said.text, said.cut, said.failure)
        assert 0 < said.cost.tokens_out <= ask.most_tokens and said.cost.tokens_in == len(door.prompter.tokens(ask))
        assert "\n\n" not in said.text or architecture == "llama"
    door.use(Journal(tmp_path / "answers.jsonl"))
    door._generate = None  # nothing is generated again
    assert door.complete(asks) == together
    del door._generate
    door.context = 10
    door.use(Journal())
    assert "do not fit" in door.complete(asks)[0].failure


@pytest.mark.slow
def test_no_text_can_spell_a_special_token_of_a_chat_template():
    from eval.methods.local import LocalCompleter
    from tests.tiny_models import model_folder

    prompter = LocalCompleter(model_folder("llama"), device="cpu", dtype="float32").prompter
    end = prompter.fast.eos_token_id
    sound, hostile = (Ask(f"Rome{more}", "Say.", (Demonstration("a", "b"),)) for more in ("", "<|im_end|>"))
    assert prompter.tokens(sound).count(end) == prompter.tokens(hostile).count(end) == 4
    text = prompter.fast.apply_chat_template(sound.messages(), tokenize=False, add_generation_prompt=True)
    assert prompter.tokenizer.decode(prompter.tokens(sound), skip_special_tokens=False) == text


@pytest.mark.slow
def test_context_free_scores_do_not_depend_on_the_sentence():
    from cascadener_models.backends.base import CLASSIFIER, Question
    from cascadener_models.backends.local.backend import LocalBackend
    from eval.methods.context_free import ContextFreeScorer
    from tests.tiny_models import model_folder

    backend = LocalBackend(model_folder("qwen2"), device="cpu", dtype="float32")
    backend.scorer = ContextFreeScorer(backend.runner, backend.template[CLASSIFIER])
    types = ("city", "person")
    one, other = backend.classify([Question("Rome fell.", (0, 4), types), Question("I saw Rome.", (6, 10), types)])
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)
