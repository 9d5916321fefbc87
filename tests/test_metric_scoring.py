"""The scorer: hand-worked figures, seqeval's figures on flat BIO, intervals, comparison, calibration, cost."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities

from eval.cascadener.bootstrap import draws, ratios
from eval.cascadener.calibration import calibration, plot_reliability
from eval.cascadener.comparison import compare, p_value
from eval.cascadener.costs import Prices, total_cost
from eval.cascadener.counts import Counts, count_all
from eval.cascadener.encoding import LARGEST, join
from eval.cascadener.matching import Marked, by_text, spans, strict
from eval.cascadener.scoring import score

ROME, PO = Marked(0, 4, "city", "Rome"), Marked(4, 6, "river", "Po")
#: One hit, one missed sentence, two false mentions.
PARTIAL = [[ROME, Marked(5, 9, "film", "fell"), Marked(10, 15, "song", "today")], []]
GOLD = [[ROME], [PO]]
PATHS = {
    "city": ("location", "geo-political entity", "city"),
    "country": ("location", "geo-political entity", "country"),
    "river": ("location", "geography", "river"),
    "film": ("product", "art", "film"),
}
TYPES = ("city", "country", "river", "film", "City")


@st.composite
def flat_sentence(draw):
    """Return a sentence's mentions: flat, sorted, of few texts and types so that they often agree."""
    found, at = [], 0
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2)), max_size=4)):
        start = at + gap
        at = start + length
        found.append(Marked(start, at, draw(st.sampled_from(TYPES)), draw(st.sampled_from(["Po", "po", "Rome"]))))
    return found


FEW = settings(max_examples=40, deadline=None)
PAIRS = st.lists(st.tuples(flat_sentence(), flat_sentence()), max_size=6)


def sides(pairs):
    return [one for one, _ in pairs], [one for _, one in pairs]


def brief(figures):
    return [round(figures[name], 4) for name in ("precision", "recall", "f1")]


def test_one_hit_one_missed_sentence_two_false_mentions_give_forty():
    result = score(PARTIAL, GOLD)
    assert brief(result["strict"]) == brief(result["text"]) == [0.3333, 0.5, 0.4]
    assert [result["strict"][name] for name in ("hits", "predicted", "gold")] == [1, 3, 2]
    assert brief(result["macro"]) == [0.25, 0.25, 0.25]  # city is right, river missed, film and song false
    assert result["macro"]["types"] == 4
    assert result["per_type"]["river"] == {"precision": 0, "recall": 0, "f1": 0, "hits": 0, "predicted": 0, "gold": 1}
    assert result["counts"] == {"sentences": 2, "predicted": 3, "gold": 2, "types": 2}


@FEW
@given(PAIRS)
def test_figures_are_those_of_sets_summed_over_sentences(pairs):
    predictions, references = sides(pairs)
    result = score(predictions, references, resamples=0)
    for name, key in (("strict", strict), ("text", by_text), ("extraction", spans)):
        total = count_all((key(ours), key(theirs)) for ours, theirs in pairs)
        assert result[name] == {
            **total.to_dict(),
            "hits": total.hits,
            "predicted": total.predicted,
            "gold": total.gold,
        }
    assert result["classification"]["found"]["right"] == result["strict"]["hits"]


@FEW
@given(PAIRS, st.sampled_from(["strict", "text"]))
def test_types_and_branches_add_up_to_the_whole_and_levels_only_grow(pairs, matching):
    result = score(*sides(pairs), paths=PATHS, matching=matching, resamples=0)
    whole = [result[matching][name] for name in ("hits", "predicted", "gold")]
    for parts in (result["per_type"], result["per_branch"]):
        assert [sum(one[name] for one in parts.values()) for name in ("hits", "predicted", "gold")] == whole
    coarse, medium, fine = (result["levels"][level]["hits"] for level in ("coarse", "medium", "fine"))
    assert coarse >= medium >= fine == whole[0] or matching == "text"
    figures = [value for one in result["levels"].values() for value in brief(one)]
    assert all(0 <= value <= 1 for value in figures)
    json.dumps(result)


@FEW
@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_sentences_and_mentions_does_not_matter(pairs, rng):
    first = score(*sides(pairs), paths=PATHS, resamples=0)
    shuffled = [tuple(rng.sample(side, len(side)) for side in pair) for pair in rng.sample(pairs, len(pairs))]
    assert score(*sides(shuffled), paths=PATHS, resamples=0) == first


def test_levels_come_from_one_fine_prediction_and_compare_paths_not_names():
    near = [[ROME._replace(type="country")], [PO]]
    result = score(near, GOLD, paths=PATHS, resamples=0)
    assert [result["levels"][level]["f1"] for level in ("coarse", "medium", "fine")] == [1, 1, 0.5]
    assert result["per_branch"]["location"]["hits"] == 1
    twice = {"a": ("person", "other", "a"), "b": ("group", "other", "b")}
    result = score([[ROME._replace(type="a")]], [[ROME._replace(type="b")]], paths=twice, resamples=0)
    assert result["levels"]["medium"]["f1"] == 0  # both are called "other"
    stopped = score([[ROME._replace(type="location")], []], GOLD, paths=PATHS, resamples=0)
    assert [stopped["levels"][level]["hits"] for level in ("coarse", "medium", "fine")] == [1, 0, 0]


def test_text_matching_goes_for_macro_types_and_levels_too():
    found = [[Marked(9, 13, "CITY", "ROME"), Marked(20, 24, "city", "rome")], [PO]]
    result = score(found, GOLD, paths=PATHS, matching="text", resamples=0)
    assert brief(result["text"]) == brief(result["macro"]) == brief(result["levels"]["fine"]) == [1, 1, 1]
    assert set(result["per_type"]) == {"city", "river"}
    assert brief(result["strict"]) == [0.3333, 0.5, 0.4]


BIO = ["O", "O", *(f"{prefix}-{name}" for prefix in "BI" for name in ("loc", "per", "org-x"))]


def mentions_of(tags):
    return [Marked(start, end + 1, name, "") for name, start, end in get_entities(tags)]


def test_equals_seqeval_on_flat_bio():
    rng = random.Random(0)
    for _ in range(300):
        lengths = [rng.randint(1, 12) for _ in range(rng.randint(1, 6))]
        gold = [[rng.choice(BIO) for _ in range(length)] for length in lengths]
        found = [[tag if rng.random() < 0.7 else rng.choice(BIO) for tag in tags] for tags in gold]
        if not any(map(get_entities, [*gold, *found])):
            continue
        theirs = classification_report(gold, found, output_dict=True, zero_division=0)
        ours = score(list(map(mentions_of, found)), list(map(mentions_of, gold)), resamples=0)
        assert list(ours["per_type"]) == [name for name in theirs if " avg" not in name]
        pairs = [(ours["strict"], theirs["micro avg"]), (ours["macro"], theirs["macro avg"])]
        for one, other in pairs + [(ours["per_type"][name], theirs[name]) for name in ours["per_type"]]:
            wanted = [other["precision"], other["recall"], other["f1-score"]]
            assert [one["precision"], one["recall"], one["f1"]] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([[ROME]], "predictions for 1 sentences and references for 2"),
        ([[], [Marked(-1, 2, "x", "")]], "sentence 2: predicted mention -1:2 is out of range"),
        ([[], [Marked(3, 3, "x", "")]], "sentence 2: predicted mention 3:3 is out of range"),
        ([[Marked(2, 6, "x", ""), ROME], []], "sentence 1: predicted mentions 0:4 and 2:6 overlap"),
    ],
)
def test_unsound_mentions_are_refused(found, told):
    with pytest.raises(ValueError, match=told):
        score(found, GOLD)
    with pytest.raises(ValueError, match="unknown; 'strict' or 'text'"):
        score(GOLD, GOLD, matching="fuzzy")


def test_nothing_at_all_is_scored_as_nothing():
    result = score([], [])
    assert result["strict"]["f1"] == result["macro"]["f1"] == 0
    assert result["intervals"] == result["per_type"] == {}
    assert score([[]], [[]])["intervals"]["strict"]["f1"] == [0, 0]


@given(st.lists(st.tuples(*[st.integers(0, 2**40)] * 3), max_size=6), st.integers(0, 6))
def test_joined_numbers_are_the_same_only_for_the_same_values(rows, border):
    columns = [np.array([row[at] for row in rows], dtype=np.int64) for at in range(3)]
    first, second = join(*((column[:border], column[border:]) for column in columns))
    codes = [*first.tolist(), *second.tolist()]
    assert max(codes, default=0) < LARGEST
    assert [[one == other for other in codes] for one in codes] == [[one == other for other in rows] for one in rows]


def many(seed, sentences=60, right=0.7):
    rng = random.Random(seed)
    gold = [
        [Marked(4 * at, 4 * at + 3, rng.choice(TYPES[:4]), "x") for at in range(rng.randint(0, 4))]
        for _ in range(sentences)
    ]
    found = [[one if rng.random() < right else one._replace(type="song") for one in side] for side in gold]
    return found, gold


def test_intervals_are_those_of_resampling_one_by_one():
    found, gold = many(1)
    result = score(found, gold, resamples=50, seed=3)
    rng = np.random.default_rng(3)
    figures, macros = [], []
    for _ in range(50):
        drawn = rng.integers(len(gold), size=len(gold))
        again = score([found[at] for at in drawn], [gold[at] for at in drawn], resamples=0)
        figures.append(again["strict"]["f1"])
        macros.append(again["macro"]["f1"])
    for name, values in (("strict", figures), ("macro", macros)):
        assert result["intervals"][name]["f1"] == pytest.approx(np.percentile(values, [2.5, 97.5]))


def test_intervals_hang_on_the_seed_alone_and_hold_the_figure():
    found, gold = many(2)
    plain, with_paths = score(found, gold), score(found, gold, paths=PATHS)
    assert plain["intervals"]["strict"] == with_paths["intervals"]["strict"]
    assert score(found, gold, seed=1)["intervals"] != plain["intervals"]
    lower, upper = plain["intervals"]["strict"]["f1"]
    assert lower < plain["strict"]["f1"] < upper
    assert set(with_paths["intervals"]) == {"strict", "text", "extraction", "macro", "coarse", "medium", "fine"}
    assert plain["settings"] == {"matching": "strict", "resamples": 500, "seed": 0}


def test_draws_in_blocks_are_draws_at_once(monkeypatch):
    whole = np.vstack(list(draws(7, 10, 0)))
    monkeypatch.setattr("eval.cascadener.bootstrap.BLOCK", 20)
    assert (np.vstack(list(draws(7, 10, 0))) == whole).all()
    assert (whole.sum(axis=1) == 7).all()


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=1))
def test_ratios_are_those_of_counts(rows):
    rows = [(min(row), *row[1:]) for row in rows]
    assert ratios(np.array(rows)).tolist() == [list(Counts(*row).to_dict().values()) for row in rows]


def test_a_comparison_is_paired_and_turns_with_its_sides():
    worse, gold = many(3, right=0.5)
    better = [list(side) for side in worse]
    for at, side in enumerate(gold[:30]):
        better[at] = list(side)
    result = compare(worse, better, gold)["measures"]
    turned = compare(better, worse, gold)["measures"]
    strictly = result["strict"]
    assert strictly["difference"]["f1"] == pytest.approx(strictly["second"]["f1"] - strictly["first"]["f1"])
    assert 0 < strictly["interval"]["f1"][0] <= strictly["difference"]["f1"] <= strictly["interval"]["f1"][1]
    assert strictly["p_value"] == turned["strict"]["p_value"] == pytest.approx(2 / 501)
    assert result["extraction"]["p_value"] == 1  # the same spans
    assert turned["strict"]["interval"]["f1"] == pytest.approx([-one for one in strictly["interval"]["f1"][::-1]])
    assert compare(worse, worse, gold)["measures"]["strict"]["interval"]["f1"] == [0, 0]
    with pytest.raises(ValueError, match="at least one resample"):
        compare([], [], [])


def test_p_value_by_hand():
    assert p_value(np.array([0.1] * 97 + [-0.1] * 2)) == pytest.approx(2 * 3 / 100)
    assert p_value(np.zeros(9)) == 1


def test_calibration_by_hand():
    result = calibration([0.9, 0.9, 0.9, 0.2, 0.0], [True, True, False, False, False], bins=5)
    assert [(row["lower"], row["mentions"]) for row in result["bins"]] == [(0.0, 2), (0.8, 3)]
    assert result["ece"] == pytest.approx((2 * 0.1 + 3 * (0.9 - 2 / 3)) / 5)
    assert result["brier"] == pytest.approx((0.01 + 0.01 + 0.81 + 0.04 + 0) / 5)
    assert calibration([], []) == {"ece": 0, "brier": 0, "mentions": 0, "bins": []}
    assert calibration([1.0, 0.2], [True, False], bins=5)["bins"][0]["upper"] == 0.2  # a bin holds its upper border


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1), st.integers(1, 20))
def test_calibration_counts_every_mention_once(pairs, bins):
    result = calibration([one for one, _ in pairs], [one for _, one in pairs], bins)
    assert sum(row["mentions"] for row in result["bins"]) == len(pairs)
    assert all(row["lower"] - 1e-9 <= row["score"] <= row["upper"] + 1e-9 for row in result["bins"])
    assert 0 <= result["ece"] <= 1


@pytest.mark.parametrize("scores", [[math.nan], [1.5], [0.5, 0.5]])
def test_unsound_scores_are_refused(scores):
    with pytest.raises(ValueError, match=r"between 0 and 1|2 scores are given for 1 mentions"):
        calibration(scores, [True])


def test_the_reliability_diagram_is_the_same_bytes_every_time(tmp_path):
    result = calibration([0.9, 0.4, 0.4], [True, True, False])
    for name in "ab":
        plot_reliability(result).savefig(tmp_path / f"{name}.png", metadata={"Software": None})
    first, second = (tmp_path / f"{name}.png" for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size > 5_000


def test_cost_at_the_papers_prices():
    total = total_cost([{"tokens_in": 400, "tokens_out": 30, "seconds": 0.5}, {"tokens_in": 600}], Prices(2.5, 10))
    assert total == {
        "tokens_in": 1000,
        "tokens_out": 30,
        "passes": 0,
        "seconds": 0.5,
        "sentences": 2,
        "usd": 0.0028,
        "usd_per_1000_sentences": 1.4,
    }
    assert "usd" not in total_cost([{"tokens_in": 5}])


@pytest.mark.parametrize("cost", [{"tokens_in": -1}, {"seconds": math.nan}, {"passes": "9"}, {"tokens_out": True}, 7])
def test_unsound_costs_are_refused(cost):
    with pytest.raises(ValueError, match="costs, sentence 2: "):
        total_cost([{}, cost])
