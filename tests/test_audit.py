"""The audit: what other scorers say of known predictions, and the commands that look at a file of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dynamicner_dataset.command_line import with_clear_errors
from eval.audit import command
from eval.audit.original import original
from eval.audit.projection import io_tags, project, tokens_of
from eval.audit.report import to_markdown
from eval.audit.scorers import SCHEMES, audit, of_scheme
from eval.audit.verdict import Case
from eval.cascadener.matching import Marked
from eval.cascadener.scoring import score
from eval.gold import Gold
from eval.submissions.entities import Submitted


def sentence(name, text, *mentions, lang="en"):
    return Gold(name, lang, text, None, tuple(marked(text, *one) for one in mentions))


def marked(text, surface, kind):
    start = text.index(surface)
    return Marked(start, start + len(surface), kind, surface)


ROME = sentence("a", "Rome fell today.", ("Rome", "city"))
PO = sentence("b", "The Po rose.", ("Po", "river"))
#: One hit, one missed sentence, two false mentions.
PARTIAL = [[*ROME.mentions, marked(ROME.text, "fell", "film"), marked(ROME.text, "today", "song")], []]


def figures(verdicts):
    return {one.scorer: round(one.f1, 3) for one in verdicts}


def test_one_hit_one_missed_sentence_two_false_mentions():
    said = figures(audit([ROME, PO], PARTIAL))
    assert said["strict (ours)"] == said["seqeval, BIO tags"] == 0.4
    assert said['sets of lower-cased strings (the paper\'s, matching="text")'] == 0.4
    assert said["original scorer"] == 0.667  # the two false mentions are free
    assert said["original scorer, sentences without finds left out"] == 1
    absent = figures(audit([ROME, PO], [PARTIAL[0], None]))
    assert absent["strict (ours)"] == 0.4
    assert absent["original scorer"] == 1


def test_the_original_scorer_charges_for_a_mention_that_some_gold_has():
    there = [[*ROME.mentions], [*PO.mentions, marked(PO.text, "The", "city")._replace(text="Rome")]]
    verdict = original(Case([ROME, PO], there))
    assert (verdict.precision, verdict.recall) == (pytest.approx(2 / 3), 1)
    assert "0 mentions that no gold has free of charge, 0 sentences skipped" in verdict.why


def test_nervaluate_schemes_by_hand():
    pytest.importorskip("nervaluate")
    text = "New York City Hall burnt in Rome."
    gold = sentence("a", text, ("New York City Hall", "facility"), ("Rome", "city"))
    found = [marked(text, "New York City", "city"), marked(text, "Rome", "team")]
    said = {name: of_scheme(name, name, [found], [gold.mentions], "").f1 for name in SCHEMES}
    assert said == {"strict": 0, "exact": 0.5, "partial": 0.75, "ent_type": 0}


def test_told_the_types_of_gold_alone_nervaluate_drops_the_rest():
    pytest.importorskip("nervaluate")
    verdicts = {one.scorer: one for one in audit([ROME, PO], PARTIAL)}
    assert verdicts["nervaluate, strict"].precision == pytest.approx(1 / 3)
    assert verdicts["nervaluate, strict, tags of gold"].precision == 1
    assert "2 mentions free of charge" in verdicts["nervaluate, strict, tags of gold"].why


@st.composite
def cases(draw):
    """Return sentences of short words with flat mentions on word borders, and predictions likewise."""
    pairs = []
    for number in range(draw(st.integers(1, 3))):
        text = " ".join(draw(st.lists(st.sampled_from(["Po", "po", "Rome"]), min_size=4, max_size=6)))
        sides = [draw(flat(text)) for _ in range(2)]
        pairs.append((Gold(str(number), "en", text, None, sides[0]), sides[1]))
    return [one for one, _ in pairs], [one for _, one in pairs]


@st.composite
def flat(draw, text):
    starts = [0, *(at + 1 for at, character in enumerate(text) if character == " ")]
    ends = [start - 1 for start in starts[1:]] + [len(text)]
    found, at = [], 0
    while at < len(starts):
        length = draw(st.integers(0, 2))
        if length:
            end = ends[min(at + length, len(ends)) - 1]
            kind = draw(st.sampled_from(["city", "river"]))
            found.append(Marked(starts[at], end, kind, text[starts[at] : end]))
        at += max(length, 1)
    return tuple(found)


@settings(max_examples=25, deadline=None)
@given(cases())
def test_on_word_borders_seqeval_and_strict_nervaluate_say_what_we_say(case):
    verdicts = {one.scorer: one for one in audit(*case)}
    ours = verdicts["strict (ours)"]
    scored = score(case[1], [one.mentions for one in case[0]], resamples=0)
    assert ours.f1 == scored["strict"]["f1"]
    for other in ("seqeval, BIO tags", "nervaluate, strict"):
        if other in verdicts:
            assert (verdicts[other].precision, verdicts[other].recall) == (ours.precision, ours.recall)
    assert all(0 <= figure <= 1 for one in verdicts.values() for figure in (one.precision, one.recall, one.f1))
    faulty = verdicts["original scorer"]
    honest = verdicts['sets of lower-cased strings (the paper\'s, matching="text")']
    assert faulty.precision >= honest.precision


@settings(max_examples=20, deadline=None)
@given(cases())
def test_schemes_are_those_of_nervaluates_own_evaluator(case):
    nervaluate = pytest.importorskip("nervaluate")
    sentences, predictions = case

    def dictionaries(sides):
        return [[{"label": one.type, "start": one.start, "end": one.end - 1} for one in side] for side in sides]

    gold = [one.mentions for one in sentences]
    evaluator = nervaluate.Evaluator(dictionaries(gold), dictionaries(predictions), ["city", "river"], loader="dict")
    theirs = evaluator.evaluate()["overall"]
    assert theirs["partial"].recall >= theirs["exact"].recall >= theirs["strict"].recall
    for name in SCHEMES:
        ours = of_scheme(name, name, predictions, gold, "")
        assert (ours.precision, ours.recall, ours.f1) == (theirs[name].precision, theirs[name].recall, theirs[name].f1)


def test_tags_of_tokens():
    text = "New-York's mayor"
    gold = sentence("a", text, ("York", "city"))
    spans = tokens_of(gold)
    assert [text[start:end] for start, end in spans] == ["New", "-", "York", "'", "s", "mayor"]
    found = project(spans, [Marked(5, 8, "city", "ork"), Marked(11, 14, "role", "may"), Marked(14, 16, "role", "or")])
    assert found.tags == ["O", "O", "B-city", "O", "O", "B-role"]
    assert (found.moved, found.lost) == (2, 1)
    whole = project(spans, [Marked(0, 8, "city", "New-York")])
    assert whole.tags == ["B-city", "I-city", "I-city", "O", "O", "O"]
    assert io_tags(whole.tags)[:4] == ["I-city", "I-city", "I-city", "O"]
    assert len(tokens_of(sentence("b", "東京に", ("東京", "city"), lang="ja"))) == 3


def test_neighbours_fuse_under_io_tags():
    text = "Po Rome"
    gold = sentence("a", text, ("Po", "city"), ("Rome", "city"))
    verdicts = {one.scorer: one for one in audit([gold], [[marked(text, "Po", "city")]])}
    assert verdicts["seqeval, BIO tags"].recall == 0.5
    assert verdicts["seqeval, IO tags"].recall == 0
    assert "1 mention fewer" in verdicts["seqeval, IO tags"].why


def test_strings_forget_places_and_repeats():
    text = "Rome is Rome."
    gold = Gold("a", "en", text, None, (Marked(0, 4, "city", "Rome"), Marked(8, 12, "city", "Rome")))
    verdicts = {one.scorer: one for one in audit([gold], [[Marked(0, 4, "city", "Rome")]])}
    assert verdicts["strict (ours)"].recall == 0.5
    assert verdicts["sets of strings"].recall == 1
    assert "repeats in gold: 1 mention" in verdicts["sets of strings"].why


def test_as_many_predictions_as_sentences_are_wanted():
    with pytest.raises(ValueError, match="1 predictions are given for 2 sentences"):
        audit([ROME, PO], [[]])


def test_the_page_names_the_gap():
    page = to_markdown(audit([ROME, PO], PARTIAL), "Audit")
    assert "| strict (ours) | 0.333 | 0.500 | 0.400 |  |" in page
    assert "| original scorer | 1.000 | 0.500 | 0.667 | +26.7 |" in page


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command on a file with PARTIAL, or what another file stands for."""
    files = {"first.jsonl": PARTIAL, "second.jsonl": [list(ROME.mentions), list(PO.mentions)]}
    for name in files:
        (tmp_path / name).write_text("{}\n", encoding="utf-8")

    def read(path, gold):
        return [Submitted(one.id, one.lang, tuple(found)) for one, found in zip(gold, files[path.name], strict=True)]

    monkeypatch.setattr("eval.gold.read_gold", lambda config, split: [ROME, PO])
    monkeypatch.setattr("eval.submissions.reader.read_predictions", read)

    def start(name, *arguments):
        import typer

        app = typer.Typer()
        app.command()(with_clear_errors(getattr(command, name)))
        return CliRunner().invoke(app, [str(one) for one in arguments])

    return start


def test_the_command_prints_and_writes_the_audit(run, tmp_path):
    result = run("audit", tmp_path / "first.jsonl", "--out", tmp_path / "audit.json")
    assert result.exit_code == 0, result.output
    assert "strict (ours)" in result.output
    record = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert record["verdicts"][0]["f1"] == 0.4
    assert "0.400" in (tmp_path / "audit.md").read_text(encoding="utf-8")


def test_the_command_compares_two_files(run, tmp_path):
    result = run("compare", tmp_path / "first.jsonl", tmp_path / "second.jsonl", "--out", tmp_path / "compare.json")
    assert result.exit_code == 0, result.output
    assert "strict: F1 0.4000 and 1.0000, difference +0.6000 [" in result.output
    assert json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))["settings"]["sentences"] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["missing.jsonl"], "is no file"), (["first.jsonl", "--out", "audit.md"], "must end in .json")],
)
def test_bad_arguments_are_one_line_and_exit_code_two(run, tmp_path, arguments, told):
    paths = [tmp_path / one if "." in one else one for one in arguments]
    result = run("audit", *paths)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "audit.md").exists()
