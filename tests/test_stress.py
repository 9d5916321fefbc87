"""Stress tests: label changes, the leak card, calibration of stored predictions, the bill."""

from __future__ import annotations

import csv
import json
import random
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cascadener_models.results import StageCost
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.loader import packaged_rows
from dynamicner_dataset.taxonomy import CATCH_ALL_NAMES, apart, load_taxonomy, name_key
from eval.cascadener.matching import Marked
from eval.external.gold_file import gold_lines
from eval.gold import Gold, data_hash, gold_of_row
from eval.methods.base import Mention, Predicted
from eval.methods.jobs import Job
from eval.methods.meanings import nodes_of
from eval.stress import nearness as near_module
from eval.stress.bill import NOTHING, Prices, make_bill, read_stages
from eval.stress.bill_report import to_csv
from eval.stress.changes import KINDS, ORIGINAL, Changed, extend, make_changes, prune, rename, reorder
from eval.stress.command import app
from eval.stress.flips import measure, stress
from eval.stress.label_jobs import stored_changes
from eval.stress.leak import Thresholds, make_cards, scores_without
from eval.stress.nearness import NONE, GramIndex, Sizes, exact_matches, grams, nearest
from eval.stress.reliability import calibrate
from eval.stress.seen import Seen, label_nearness
from eval.stress.stored import Stored, parse_source, read_stored
from eval.submissions.entities import Submitted
from tests.strategies import LIGHT

TREE = load_taxonomy()
ROWS = [
    gold_of_row(row)
    for version in ("dynamic", "base")
    for lang in ("en", "ja")
    for row in islice(packaged_rows(version, (lang,), "validation"), 12)
]
DYNAMIC = [one for one in ROWS if one.types is not None]


def sentence(text, mentions, types=None, *, key="s1", lang="en", fine=()):
    """A sentence from (surface, type) pairs, found from the left."""
    found, at = [], 0
    for surface, name in mentions:
        start = text.index(surface, at)
        at = start + len(surface)
        found.append(Marked(start, at, name, surface))
    return Gold(key, lang, text, tuple(types) if types else None, tuple(found), tuple(fine))


def unmarked(one):
    return one.id, one.lang, one.text, one.fine, [(m.start, m.end, m.text) for m in one.mentions]


def listed_nodes(one):
    if one.types is None:
        return [(node.name, node) for node in TREE.fine]
    return [(name, node) for name in one.types for node in nodes_of(name)]


class Fake:
    """Finds the gold spans it is given, and names each as ``answer`` says of its span and the list."""

    name = "fake"

    def __init__(self, gold, answer):
        self.spans = {(one.lang, one.id): [m[:2] for m in one.mentions] for one in gold}
        self.answer = answer

    def settings(self):
        return {}

    def predict(self, tasks):
        for task in tasks:
            spans = self.spans[task.lang, task.id]
            said = [Mention(*span, self.answer(task, span), 0.5) for span in spans]
            yield Predicted(tuple(said), StageCost(10, 2, 1, 0.5))


def first_type(task, span):
    return task.types[0]


# Label changes


@LIGHT
@given(st.sampled_from(ROWS), st.integers(0, 10_000))
def test_every_change_keeps_text_spans_and_meaning(one, seed):
    for change in (ORIGINAL, *make_changes(KINDS, seed=seed)):
        new, back = change.make(one)
        assert unmarked(new) == unmarked(one)
        assert new.types
        assert len({name_key(name) for name in new.types}) == len(new.types)
        assert all(mention.type in new.types for mention in new.mentions)
        # The way back gives the old labels and types exactly, each from one new name.
        assert [back[m.type] for m in new.mentions] == [m.type for m in one.mentions]
        assert len(set(back.values())) == len(back)
        assert back.keys() <= set(new.types)
        assert set(back.values()) <= {name for name, _ in listed_nodes(one)} | set(one.types or ())
        assert change.make(one) == (new, back)


@LIGHT
@given(st.sampled_from(ROWS), st.integers(0, 10_000))
def test_reordering_moves_something_and_renaming_keeps_the_nodes(one, seed):
    original = ORIGINAL.make(one).gold.types
    other = reorder(one, seed=seed).gold.types
    assert sorted(other) == sorted(original)
    assert other != original or len(original) < 2
    before = dict(listed_nodes(one))
    for new, old in rename(one, seed=seed).back.items():
        if new != old:
            assert nodes_of(new) == (before[old],)
            assert one.types is None or name_key(old) not in CATCH_ALL_NAMES  # there a type of its own


@LIGHT
@given(st.sampled_from(DYNAMIC), st.integers(0, 10_000), st.integers(1, 9))
def test_added_types_are_strange_to_the_list_and_to_hidden_mentions(one, seed, added):
    new, back = extend(one, seed=seed, added=added)
    names = [name for name in new.types if name not in back]
    assert len(names) == added
    assert [name for name in new.types if name in back] == list(one.types)
    present = [node for _, node in listed_nodes(one)] + [TREE.leaf(name) for name in one.fine]
    for name in names:
        nodes = [node for node in TREE.nodes if TREE.shown_names[node] == name]  # nested types may share a name
        assert all(apart(node, other) for node in nodes for other in present)
        assert not {name_key(name) for name in one.types} & {name_key(other) for node in nodes for other in node.names}
        present += nodes


def test_a_type_hidden_in_the_catch_all_is_never_added():
    one = sentence("They saw Rome", [("Rome", "others")], ["person", "others"], fine=["city"])
    around = {name for node in TREE.leaf("city").path for name in node.names}
    below_person = {name for node in TREE.nodes if node.path[0].name == "person" for name in node.names}
    for seed in range(40):
        added = set(extend(one, seed=seed, added=9).gold.types) - {"person", "others"}
        assert len(added) == 9
        assert not added & (around | below_person)


def test_what_the_guide_does_not_know_is_left_alone():
    one = sentence("Prolog", [("Prolog", "gizmo")], ["gizmo", "misc"])
    assert rename(one).gold == one
    assert extend(one).gold == one
    unsure = sentence("The Rhine", [("Rhine", "others")], ["person", "others"])  # its fine type is not known
    assert extend(unsure).gold == unsure


def test_pruning_leaves_the_types_of_the_mentions_and_never_nothing():
    one = sentence("Rome fell", [("Rome", "city")], ["person", "city"])
    assert prune(one).gold.types == ("city",)
    assert prune(sentence("It fell", [], ["person", "city"])).gold.types == ("person", "city")


def test_a_sentences_lists_hang_on_no_other_sentence_and_on_the_seed():
    assert reorder(ROWS[1], seed=3) == [reorder(one, seed=3) for one in ROWS[:3]][1]
    assert any(reorder(one, seed=3) != reorder(one, seed=4) for one in DYNAMIC)
    assert any(reorder(one, number=1) != reorder(one, number=2) for one in DYNAMIC)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [((["reordr"],), "did you mean: reorder"), (([],), None)],
)
def test_unknown_changes_are_refused(arguments, problem):
    if problem is None:
        assert make_changes(*arguments) == []
        return
    with pytest.raises(InputError, match=problem):
        make_changes(*arguments)


def test_flips_and_drop_by_hand():
    text = "Ada met Bob in Rome and Oslo"
    gold = sentence(text, [("Ada", "person"), ("Bob", "person"), ("Rome", "city")], ["person", "city", "river"])
    changed = Changed(gold, {"human": "person", "city": "city", "river": "river"})
    before = [Marked(0, 3, "person", "Ada"), Marked(8, 11, "city", "Bob"), Marked(15, 19, "city", "Rome")]
    after = [
        Marked(0, 3, "human", "Ada"),  # the same under its new name: no flip
        Marked(8, 11, "human", "Bob"),  # mended
        Marked(15, 19, "game", "Rome"),  # spoilt, went to an added type
        Marked(24, 28, "city", "Oslo"),  # gained
    ]
    found = measure([gold], [changed], [before], [after], resamples=20)
    flips = found["flips"]
    wanted = {"both": 3, "flipped": 2, "lost": 0, "gained": 1, "spoilt": 1, "mended": 1, "forced": 0, "to_added": 1}
    assert {key: flips[key] for key in wanted} == wanted
    assert flips["rate"] == pytest.approx(2 / 3)
    assert flips["frequent"] == [["city", "game", 1], ["city", "person", 1]]
    assert found["strict"]["before"] == pytest.approx(2 / 3)
    assert found["strict"]["after"] == pytest.approx(4 / 7)  # 2 hits, 4 predicted, 3 gold
    assert found["strict"]["drop"] == pytest.approx(2 / 3 - 4 / 7)
    assert found["strict"]["interval"] == pytest.approx([2 / 3 - 4 / 7] * 2)  # one sentence: every resample is it


def test_an_answer_that_is_no_longer_offered_is_a_forced_flip():
    gold = sentence("Ada met Bob", [("Ada", "person")], ["person", "city"])
    before, after = [Marked(0, 3, "city", "Ada")], [Marked(0, 3, "person", "Ada")]
    flips = measure([gold], [prune(gold)], [before], [after], resamples=5)["flips"]
    assert (flips["flipped"], flips["forced"], flips["mended"]) == (1, 1, 1)


def test_a_method_that_knows_meanings_never_flips_and_one_that_takes_the_first_does():
    right = {(one.lang, one.id): dict(zip([m[:2] for m in one.mentions], one.fine, strict=True)) for one in DYNAMIC}

    def by_meaning(task, span):
        fine = TREE.leaf(right[task.lang, task.id][span])
        fits = [name for name in task.types if any(fine in node for node in nodes_of(name))]
        catch_all = [name for name in task.types if name_key(name) in CATCH_ALL_NAMES]
        return (fits or catch_all)[0]

    changes = make_changes(KINDS)
    for one in stress(Fake(DYNAMIC, by_meaning), DYNAMIC, changes, resamples=10).values():
        assert (one["flips"]["flipped"], one["strict"]["before"], one["strict"]["drop"]) == (0, 1.0, 0.0)
    found = stress(Fake(DYNAMIC, first_type), DYNAMIC, changes, resamples=10)
    assert found["repeat"]["flips"]["rate"] == found["rename"]["flips"]["rate"] == 0
    low, high = found["reorder-1"]["flips"]["interval"]
    assert 0 < low <= found["reorder-1"]["flips"]["rate"] <= high < 1
    assert found["extend"]["flips"]["to_added"] > 0
    assert found["prune"]["flips"]["flipped"] == found["prune"]["flips"]["forced"] > 0


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def write_predictions(path, gold, entities_of, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for one in gold:
            record = {"lang": one.lang, "id": one.id, "entities": entities_of(one), **more}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_gold(path, gold):
    path.write_text("".join(gold_lines(gold)), encoding="utf-8")
    return path


def right_entities(one):
    return [{"start": m.start, "end": m.end, "type": m.type, "score": 0.9} for m in one.mentions]


def first_entities(one):
    return [{"start": m.start, "end": m.end, "type": one.types[0]} for m in one.mentions]


def test_label_command_runs_a_method_once_and_reports_the_same_again(tmp_path, monkeypatch):
    gold = write_gold(tmp_path / "mine.jsonl", DYNAMIC)
    asked = []

    def method(job, doors):
        asked.append(job.name)
        return Fake(DYNAMIC, first_type)

    monkeypatch.setattr(Job, "method", method)
    arguments = (
        *("labels", "--method", "prompt-ner", "--gold", gold, "--out", tmp_path / "out", "--permutations", 1),
        *("--model", "server=http://localhost:1/v1", "--model", "model=none"),
    )
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    assert asked == [f"labels/model/mine/{name}" for name in ("original", "reorder-1", "rename", "extend", "prune")]
    files = [tmp_path / "out" / f"labels.{end}" for end in ("json", "md", "png")]
    first = [file.read_bytes() for file in files]
    report = json.loads(first[0])["runs"]["labels/model/mine"]
    assert report["changes"]["reorder-1"]["flips"]["rate"] > 0
    assert report["data_sha256"] == data_hash(DYNAMIC)
    assert report["settings"]["method"] == "prompt-ner"
    assert run(*arguments).exit_code == 0
    assert len(asked) == 5
    assert [file.read_bytes() for file in files] == first


def test_label_command_writes_lists_for_other_systems_and_scores_their_answers(tmp_path):
    gold = write_gold(tmp_path / "mine.jsonl", DYNAMIC)
    done = run("labels", "--gold", gold, "--out", tmp_path / "a", "--change", "reorder", "--permutations", 1)
    assert done.exit_code == 0, done.output
    assert sorted(one.name for one in (tmp_path / "a/lists").iterdir()) == [
        *("changes.json", "original.jsonl", "reorder-1.jsonl")
    ]
    changes = make_changes(["reorder"], permutations=1)
    for change in (ORIGINAL, *changes):
        made = [change.make(one).gold for one in DYNAMIC]
        write_predictions(tmp_path / "mine" / change.name / "predictions.jsonl", made, first_entities)
    report = stored_changes(DYNAMIC, changes, tmp_path / "mine")
    assert report["changes"]["reorder-1"]["flips"]["flipped"] > 0
    done = run(
        *("labels", "--gold", gold, "--out", tmp_path / "b", "--change", "reorder", "--permutations", 1),
        *("--stored", tmp_path / "mine"),
    )
    assert done.exit_code == 0, done.output
    assert "reorder-1" in (tmp_path / "b/labels.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--method", "cascadenr", "--config", "dynamic-en"], "did you mean: cascadener"),
        (["--method", "gliner"], "either --config or --gold"),
        (["--config", "dynamic-en", "--change", "shuffle"], "unknown change 'shuffle'"),
        (["--method", "gliner", "--stored", "x", "--config", "dynamic-en"], "exclude each other"),
        (["--config", "dynamic-xx"], "unknown config"),
        (["--suite", "x.yaml", "--config", "dynamic-en"], "names configs"),
    ],
)
def test_label_command_refuses_what_makes_no_sense(tmp_path, arguments, problem):
    done = run("labels", "--out", tmp_path / "out", *arguments)
    assert done.exit_code == 2
    assert problem in done.output
    assert not (tmp_path / "out").exists()


# Leaks


@LIGHT
@given(st.integers(1, 30), st.integers(0, 30), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_blocked_search_finds_what_a_full_search_finds(queries, known, block, seed):
    draw = np.random.default_rng(seed)
    # Small whole numbers: products are exact, and many are equal, so that ties are tested too.
    ours, theirs = (draw.integers(-2, 3, (count, 4)).astype(np.float32) for count in (queries, known))
    parts = [theirs[at : at + block] for at in range(0, known, block)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_module, "BLOCK", 5)
        best, place = nearest(ours, iter([*parts, theirs[:0]]))
    if not known:
        assert np.isnan(best).all()
        assert (place == NONE).all()
        return
    full = ours @ theirs.T
    assert (place == full.argmax(axis=1)).all()
    assert (best == full.max(axis=1)).all()


def test_same_text_is_found_whatever_its_case_width_and_spaces():
    train = ["Ada  met Bob.", "Ｒome fell", "rome fell"]
    assert exact_matches(train, ["ada met bob.", "Rome fell", "Rome fell!", ""]).tolist() == [0, 1, NONE, NONE]


def test_ngrams_of_words_and_characters_by_hand():
    train = [
        sentence("one two three four five", [], key="a"),
        sentence("东京大学很大", [], key="b", lang="zh"),
        sentence("six seven", [], key="c"),
    ]
    index = GramIndex(train, Sizes(words=3, characters=4))
    # Two of its four 3-grams are known: "two three four", "three four five".
    assert index.look_up(sentence("So, two THREE four-five. Now?", [])) == (0.5, 0)
    assert index.look_up(sentence("我在东京大学。", [], lang="zh")) == (pytest.approx(1 / 3), 1)
    assert index.look_up(sentence("two four three", [])) == (0.0, NONE)
    # A text that is shorter than an n-gram is one gram of its own.
    assert index.look_up(sentence("Six seven!", [])) == (1.0, 2)
    assert index.look_up(sentence("six", [])) == (0.0, NONE)
    assert index.look_up(sentence("!?", [])) == (0.0, NONE)
    assert GramIndex([], Sizes()).look_up(train[0]) == (0.0, NONE)
    assert len(grams("a b a b a b", "en", Sizes(words=2))) == 2


def bag_of_letters(texts):
    counts = np.array([[text.lower().count(chr(97 + at)) for at in range(26)] for text in texts], dtype=float)
    return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


TRAIN = [
    sentence("Ada lives in Rome", [("Ada", "person"), ("Rome", "city")], key="t1"),
    sentence("The river Rhine is long and wide at Basel", [("Rhine", "river")], key="t2"),
]
TEST = [
    sentence("ada lives in rome", [("ada", "person"), ("rome", "city")], key="e1"),
    sentence("The river Rhine is long and deep at Bonn", [("Rhine", "river"), ("Bonn", "city")], key="e2"),
    sentence("Quizzes vex", [("Quizzes", "event")], key="e3"),
    sentence("罗马", [("罗马", "city")], key="e4", lang="zh"),
]


def card(**more):
    sizes, known = Sizes(words=4), frozenset({"en"})
    return make_cards(TRAIN, {"mine": TEST}, sizes=sizes, embed=bag_of_letters, languages=known, **more)["mine"]


def test_leak_card_by_hand():
    made = card(thresholds=Thresholds(cosine=0.95))
    flags = {kind: flag.tolist() for kind, flag in made.flags().items()}
    assert flags == {
        "exact": [True, False, False, False],
        "ngram": [True, True, False, False],
        "embedding": [True, False, False, False],
        "any": [True, True, False, False],
    }
    found = made.to_dict()
    assert found["near"] == {"exact": 1, "ngram": 2, "embedding": 1, "any": 2}
    assert found["languages"]["zh"]["near"]["embedding"] is None  # the model does not know the language
    assert found["embedded"] == 3
    assert [one["id"] for one in found["nearest"]] == ["e1", "e2", "e3"]
    assert found["nearest"][0]["exact"] == "en/t1"
    labels = found["labels"]
    assert (labels["mentions"], labels["pair_seen"], labels["text_seen"], labels["type_seen"]) == (6, 3, 3, 5)
    assert (labels["types"], labels["types_seen"]) == (4, 3)
    assert labels["unseen"][0][:2] == ["event", 1]
    lines = [json.loads(line) for line in made.lines("mine")]
    assert [one["cosine"] is None for one in lines] == [False, False, False, True]


def test_share_of_ngrams_can_be_asked_for():
    assert card(thresholds=Thresholds(share=0.9)).flags()["ngram"].tolist() == [True, False, False, False]


def test_f1_without_near_sentences_by_hand():
    # The near sentences e1, e2 are all right (4 of 4); of the others one of two is found.
    said = [one.mentions for one in TEST[:3]] + [()]
    found = scores_without(card(), said, resamples=50)
    f1 = found["f1"]["ngram"]
    assert (f1["near"], f1["near_only"]) == (2, 1.0)
    assert f1["all"] == pytest.approx(10 / 11)
    assert f1["without"] == pytest.approx(2 / 3)
    assert f1["difference"] == pytest.approx(2 / 3 - 10 / 11)
    assert f1["interval"][0] <= f1["interval"][1]
    assert found["recall"] == {
        "seen": {"mentions": 3, "recall": 1.0},
        "unseen": {"mentions": 3, "recall": pytest.approx(2 / 3)},
    }
    part = card().of(TEST[2:])  # predictions of a sample
    assert scores_without(part, said[2:], resamples=0)["f1"]["any"]["all"] == pytest.approx(2 / 3)


def test_labels_of_dynamic_lists_compare_by_fine_type():
    train = [sentence("Rome", [("Rome", "place")], ["place"], fine=["city"])]
    test = [sentence("ROME", [("ROME", "town")], ["town"], fine=["city"])]
    assert label_nearness(Seen(train), test)["pair_share"] == 1.0


def test_leak_command_writes_card_items_and_plot(tmp_path):
    train, test = write_gold(tmp_path / "train.jsonl", DYNAMIC[:8]), write_gold(tmp_path / "test.jsonl", DYNAMIC[6:])
    write_predictions(tmp_path / "p/predictions.jsonl", DYNAMIC[6:], right_entities)
    done = run(
        *("leak", "--train", train, "--test", test, "--predictions", tmp_path / "p", "--model", "none"),
        *("--out", tmp_path / "out"),
    )
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "out/leak.json").read_text(encoding="utf-8"))
    found = report["tests"][str(test)]
    assert found["near"]["exact"] == 2
    assert found["near"]["embedding"] is None
    assert found["scores"]["f1"]["any"]["all"] == 1.0
    assert len((tmp_path / "out/leak.jsonl").read_text(encoding="utf-8").splitlines()) == len(DYNAMIC[6:])
    assert (tmp_path / "out/leak.png").read_bytes().startswith(b"\x89PNG")
    assert "same text" in (tmp_path / "out/leak.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--train", "base-en", "--test", "base-en:test"], "no CONFIG:SPLIT"),
        (["--train", "base-xx:train", "--test", "base-en:test"], "unknown config"),
        (["--train", "base-en:train", "--test", "a:b", "--test", "a:b"], "twice"),
        (["--train", "base-en:train", "--test", "a:b", "--predictions", "x", "--predictions", "y"], "one each"),
    ],
)
def test_leak_command_refuses_what_makes_no_sense(tmp_path, arguments, problem):
    done = run("leak", "--out", tmp_path / "out", "--model", "none", *arguments)
    assert (done.exit_code, (tmp_path / "out").exists()) == (2, False)
    assert problem in done.output


# Stored predictions: calibration and the bill


def stored(gold, said, path):
    path.write_text("".join('{"id": "x", "entities": []}\n' for _ in gold), encoding="utf-8")
    return Stored("mine", path, gold, said)


def test_calibration_by_hand(tmp_path):
    gold = [sentence("Ada met Bob in Rome", [("Ada", "person"), ("Rome", "city")], ["person", "city"])]
    mentions = (Marked(0, 3, "city", "Ada"), Marked(8, 11, "person", "Bob"), Marked(15, 19, "city", "Rome"))
    said = [Submitted("s1", "en", mentions, (0.8, None, 0.8))]
    found = calibrate(stored(gold, said, tmp_path / "p.jsonl"), 10)
    assert found["unscored"] == 1
    assert found["strict"]["ece"] == pytest.approx(0.3)  # half of two are right at 0.8
    assert found["span"]["ece"] == pytest.approx(0.2)
    assert found["languages"]["en"]["accuracy"] == 0.5
    with pytest.raises(InputError, match="no predicted mention has a score"):
        calibrate(stored(gold, [Submitted("s1", "en")], tmp_path / "p.jsonl"), 10)


GOLD = [
    sentence("Ada met Bob in New Rome", [("Ada", "person"), ("Bob", "person"), ("New Rome", "city")], key="s1"),
    sentence("It rains", [], key="s2"),
]
SAID = [
    Submitted(
        *("s1", "en", (Marked(0, 3, "person", "Ada"), Marked(8, 11, "city", "Bob"), Marked(19, 23, "city", "Rome"))),
        cost={"tokens_in": 30, "tokens_out": 9, "passes": 3, "seconds": 3.0},
    ),
    Submitted("s2", "en", cost={"tokens_in": 10, "tokens_out": 1, "passes": 1, "seconds": 1.0}),
]


def test_bill_by_hand(tmp_path):
    bill = make_bill(stored(GOLD, SAID, tmp_path / "p.jsonl"), Prices(1_000_000, 0, 3600))
    person, city, nothing = (bill["types"][name] for name in ("person", "city", NOTHING))
    assert (person["gold"], person["hits"], person["wrong_type"], person["as_what"]) == (2, 1, 1, {"city": 1})
    assert (city["gold"], city["missed"], city["border"], city["given_wrongly"], city["spurious"]) == (1, 1, 1, 1, 1)
    assert (person["tokens_in"], city["tokens_in"], nothing["tokens_in"]) == (10, 20, 10)
    assert (bill["total"]["usd"], person["usd"]) == (44.0, 11.0)
    extraction, classification = bill["stages"]["extraction"], bill["stages"]["classification"]
    assert (extraction["hits"], extraction["missed"], extraction["spurious"]) == (2, 1, 1)
    assert (classification["gold"], classification["hits"], classification["wrong_type"]) == (2, 1, 1)
    assert extraction["tokens_in"] is None  # nobody told


@LIGHT
@given(st.integers(0, 2**32 - 1))
def test_bills_add_up(tmp_path_factory, seed):
    draw = random.Random(seed)
    gold, said = [], []
    for number in range(5):
        sides = []
        for _ in range(2):
            borders = sorted(draw.sample(range(12), 2 * draw.randint(0, 3)))
            spans = zip(borders[::2], borders[1::2], strict=True)
            sides.append(tuple(Marked(*span, draw.choice("abc"), "x") for span in spans))
        key, lang = f"s{number}", draw.choice(["en", "ja"])
        gold.append(Gold(key, lang, "x" * 12, tuple("abc"), sides[0]))
        said.append(Submitted(key, lang, sides[1], cost={"tokens_in": draw.randint(0, 99)}))
    bill = make_bill(stored(gold, said, tmp_path_factory.mktemp("bill") / "p.jsonl"))
    for group in ("types", "branches", "languages"):
        lines = bill[group].values()
        for key in ("gold", "predicted", "hits", "missed", "border", "wrong_type", "given_wrongly", "spurious"):
            assert sum(line[key] for line in lines) == bill["total"][key]
        assert sum(line["tokens_in"] or 0 for line in lines) == pytest.approx(bill["total"]["tokens_in"], abs=1e-4)
    for line in (bill["total"], *bill["types"].values()):
        assert line["gold"] == line["hits"] + line["missed"] + line["wrong_type"]
        assert line["predicted"] == line["hits"] + line["given_wrongly"] + line["spurious"]
        assert line["border"] <= line["missed"]


def test_costs_by_stage_are_read_and_checked(tmp_path):
    path = tmp_path / "p.jsonl"
    line = {"id": "s1", "entities": [], "stages": {"extraction": {"tokens_in": 7}, "classification": {"seconds": 2}}}
    path.write_text(json.dumps(line) + "\n" + '{"id": "s2", "entities": []}\n', encoding="utf-8")
    assert read_stages(path) == [{"extraction": {"tokens_in": 7}, "classification": {"seconds": 2}}]
    bill = make_bill(Stored("mine", path, GOLD, SAID))
    assert (bill["staged"], bill["stages"]["extraction"]["tokens_in"]) == (1, 7)
    for wrong in ('{"extraction": {"tokens_in": -1}}', '{"thinking": {}}', "[]"):
        path.write_text(f'{{"id": "s1", "entities": [], "stages": {wrong}}}\n', encoding="utf-8")
        with pytest.raises(InputError, match=r"the line|stages|extraction") as error:
            read_stages(path)
        assert error.value.line == 1


def test_csv_has_every_line_and_no_formula(tmp_path):
    gold = [Gold("s1", "en", "x" * 9, ("=1+1", "b"), (Marked(0, 1, "=1+1", "x"),))]
    bill = make_bill(stored(gold, [Submitted("s1", "en", (Marked(0, 1, "b", "x"),))], tmp_path / "p.jsonl"))
    rows = list(csv.DictReader(to_csv({"mine": bill}).splitlines()))
    assert {row["name"] for row in rows} == {"all", "extraction", "classification", "en", "(no branch)", "'=1+1", "b"}
    assert next(row for row in rows if row["name"] == "'=1+1")["given_instead"] == "b (1)"


def test_bill_and_calibration_commands(tmp_path):
    gold = write_gold(tmp_path / "gold.jsonl", DYNAMIC)
    cost = {"tokens_in": 5, "tokens_out": 5, "passes": 1, "seconds": 1}
    write_predictions(tmp_path / "a/predictions.jsonl", DYNAMIC, right_entities, cost=cost)
    write_predictions(tmp_path / "b/predictions.jsonl", DYNAMIC, first_entities)
    done = run(
        *(
            "bill",
            tmp_path / "a",
            tmp_path / "b/predictions.jsonl",
            "--gold",
            gold,
            "--price-in",
            2.5,
            "--price-out",
            10,
        ),
        *("--out", tmp_path / "out"),
    )
    assert done.exit_code == 0, done.output
    bills = json.loads((tmp_path / "out/bill.json").read_text(encoding="utf-8"))["bills"]
    right, first = bills[str(tmp_path / "a")]["total"], bills[str(tmp_path / "b")]["total"]
    assert (right["f1"], first["usd"]) == (1.0, None)
    assert right["usd"] == pytest.approx(len(DYNAMIC) * 5 * 12.5e-6)
    done = run("calibration", tmp_path / "a", "--gold", gold, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out/calibration.json").read_text(encoding="utf-8"))["calibration"]
    assert found["strict"]["ece"] == pytest.approx(0.1)
    names = {f"{name}.{end}" for name in ("bill", "calibration") for end in ("json", "md", "png")} | {"bill.csv"}
    assert {one.name for one in (tmp_path / "out").iterdir()} == names


def test_stored_predictions_say_what_they_are_for_or_are_refused(tmp_path):
    path = tmp_path / "predictions.jsonl"
    with pytest.raises(InputError, match="is not there"):
        read_stored(path)
    write_predictions(path, DYNAMIC[:1], right_entities)
    with pytest.raises(InputError, match="--config and --split are wanted"):
        read_stored(tmp_path)
    settings = tmp_path / "settings.json"
    settings.write_text('{"config": 3, "split": "test"}', encoding="utf-8")
    with pytest.raises(InputError, match="--config and --split are wanted"):
        read_stored(tmp_path)
    settings.write_text('{"file": "/dev/zero", "split": "test"}', encoding="utf-8")
    with pytest.raises(InputError, match="name it with --gold"):
        read_stored(tmp_path)
    settings.write_text('{"data_sha256": "0"}', encoding="utf-8")
    with pytest.raises(InputError, match="other data"):
        read_stored(tmp_path, gold_file=write_gold(tmp_path / "gold.jsonl", DYNAMIC[:1]))
    settings.unlink()
    assert read_stored(tmp_path, gold_file=tmp_path / "gold.jsonl").references == [DYNAMIC[0].mentions]
    assert parse_source(str(tmp_path / "gold.jsonl"))[2] == tmp_path / "gold.jsonl"
