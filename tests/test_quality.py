"""The quality report: what counts as a hit, and the figures of a cascade that is known."""

from __future__ import annotations

import json
import re
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cascadener_models import CascadeNER
from cascadener_models.backends.base import Answer, Extracted, Extraction, Found
from dynamicner_dataset.counts import Counts, count, count_all
from dynamicner_dataset.sentences import Mention, Sentence
from dynamicner_dataset.taxonomy import load_taxonomy
from eval.__main__ import app
from eval.cascadener.matching import Marked, by_text, spans, strict
from eval.quality import measure_group
from eval.quality_report import to_markdown
from tests.tiny_models import model_folder, one_thread  # noqa: F401

SETS = st.sets(st.integers(0, 9))


class Oracle:
    """Finds the words it knows, and names each as it knows it, level by level."""

    description = MappingProxyType({"server": "none"})
    gives_probabilities = True

    def __init__(self, known):
        self.known = {word: [node.name for node in load_taxonomy().leaf(fine).path] for word, fine in known.items()}

    def extract(self, texts, rounds):
        pattern = re.compile("|".join(self.known))
        found = [Extraction(tuple(Found(*match.span()) for match in pattern.finditer(text))) for text in texts]
        return [Extracted((one,) * rounds.k) for one in found]

    def classify(self, questions):
        return [self.named(question) for question in questions]

    def named(self, question):
        path = self.known.get(question.text[slice(*question.span)], ())
        said = next((name for name in question.types if name in path), question.types[0])
        return Answer(said, {name: float(name == said) for name in question.types})

    def forget(self):
        pass

    def close(self):
        pass


@given(st.lists(st.tuples(SETS, SETS), max_size=6))
def test_counts_add_up_to_the_micro_average(pairs):
    total = count_all(pairs)
    assert total == sum((count(ours, theirs) for ours, theirs in pairs), Counts())
    assert total.hits <= min(total.predicted, total.gold)
    assert 0 <= total.f1 <= 1
    if total.hits:
        assert total.f1 == pytest.approx(2 * total.precision * total.recall / (total.precision + total.recall))


def test_text_matching_forgets_case_place_and_repeats():
    mentions = [Marked(0, 4, "city", "Rome"), Marked(9, 13, "City", "ROME"), Marked(20, 24, "film", "Rome")]
    assert len(strict(mentions)) == len(spans(mentions)) == 3
    assert by_text(mentions) == {("rome", "city"), ("rome", "film")}


def test_figures_of_a_cascade_that_is_always_right_or_half_blind():
    sentence = Sentence("x", "en", "Rome fell to Alaric.", (Mention(0, 4, "city"), Mention(13, 19, "military")))
    right = measure_group(CascadeNER(Oracle({"Rome": "city", "Alaric": "military"})), [sentence], load_taxonomy())
    assert right["extraction"]["f1"] == right["cascade"]["fine"]["f1"] == right["cascade_by_text"]["f1"] == 1
    assert right["classification"] == {"coarse": 1, "medium": 1, "fine": 1}
    half = measure_group(CascadeNER(Oracle({"Rome": "city"})), [sentence], load_taxonomy())
    assert half["extraction"] == {"precision": 1, "recall": 0.5, "f1": 0.6667}
    assert half["cascade"]["coarse"]["recall"] == 0.5
    wrong = measure_group(CascadeNER(Oracle({"Rome": "country", "Alaric": "military"})), [sentence], load_taxonomy())
    assert wrong["extraction"]["f1"] == wrong["cascade"]["medium"]["f1"] == 1
    assert wrong["cascade"]["fine"]["f1"] == wrong["classification"]["fine"] == 0.5


def test_report_of_a_real_small_model(tmp_path):
    corpus = tmp_path / "mine.tsv"
    corpus.write_text("en-1\t\t\t[Rome|city] fell.\n")
    options = ["--file", str(corpus), "--sentences", "-1", "--base-model", str(model_folder("gemma3_text")), "--k", "1"]
    result = CliRunner().invoke(app, ["quality", "--out", str(tmp_path / "q.json"), *options])
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "q.json").read_text())
    assert report["groups"]["mine"]["mentions"] == 1
    assert (tmp_path / "q.md").read_text() == to_markdown(report)
    assert (tmp_path / "q.png").stat().st_size > 1000


def test_nothing_to_measure_is_refused(tmp_path):
    result = CliRunner().invoke(app, ["quality", "--out", str(tmp_path / "q.json"), "--sentences", "-1"])
    assert result.exit_code == 2
    assert "there is nothing to measure" in result.stderr
    assert not (tmp_path / "q.json").exists()
