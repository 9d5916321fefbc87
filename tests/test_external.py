"""External sets: hand-made rows in the shape of each set, and one clear line for whatever is wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import datasets
import pytest
import typer
from datasets import ClassLabel, Features, Sequence, Value
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from dynamicner_dataset.errors import InputError
from dynamicner_dataset.formats import bio
from eval.cascadener.matching import Marked
from eval.external import columns, few_nerd, hub, panx
from eval.external.command import external
from eval.external.convert import BLANK, Notes, join, to_gold
from eval.external.gold_file import gold_lines, read_gold_file, to_row
from eval.external.label_map import Labels, check_map, load_label_map
from eval.external.options import Options
from eval.external.sampling import draw_episodes, fill, k_shot
from eval.external.sets import SETS, read_external
from eval.external.tagged import BROKEN, Schemes, Tagged, runs_of
from eval.gold import Gold, data_hash
from tests.strategies import LIGHT, texts

CROSSNER = Path("/work/shared/data/crossner")
AI = Options(domain="ai")


def write(tmp_path, text, name="test.txt"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(tmp_path, name, text, options=None, file="test.txt"):
    return read_external(name, options or Options(), write(tmp_path, text, file))


def found(one):
    return [(mention.text, mention.type) for mention in one.mentions]


def problem(call, *args, **options):
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- each set in its own format


CONLL = """-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
call NN I-NP O

Ada NNP I-NP I-PER
Lovelace NNP I-NP I-PER
Rome NNP I-NP I-LOC
Paris NNP I-NP B-LOC
. . O O
"""


def test_conll_in_iob1_with_document_starts(tmp_path):
    gold, notes = read(tmp_path, "conll2003", CONLL)
    first, second = gold
    assert (first.id, first.text, first.lang) == ("test-000001", "EU rejects German call", "en")
    assert first.types == ("person", "location", "organization", "miscellaneous")
    assert first.mentions == (Marked(0, 2, "organization", "EU"), Marked(11, 17, "miscellaneous", "German"))
    assert found(second) == [("Ada Lovelace", "person"), ("Rome", "location"), ("Paris", "location")]
    assert notes.schemes.name == "iob1" and notes.all_faults() == {}


def test_conll_without_misc_counts_what_is_left_out(tmp_path):
    gold, notes = read(tmp_path, "conll2003", CONLL, Options(misc=False))
    assert gold[0].types == ("person", "location", "organization")
    assert found(gold[0]) == [("EU", "organization")]
    assert notes.left_out.total() == 1


def test_crossner_types_have_plain_names(tmp_path):
    gold, notes = read(tmp_path, "crossner", "SWI-Prolog\tB-programlang\n's\tO\nUS\tB-country\nUK\tB-country\n", AI)
    assert gold[0].text == "SWI-Prolog 's US UK"
    assert found(gold[0]) == [("SWI-Prolog", "programming language"), ("US", "country"), ("UK", "country")]
    assert notes.schemes.name == "iob2"


@pytest.mark.parametrize(
    ("domain", "count"), [("politics", 9), ("science", 17), ("music", 13), ("literature", 12), ("ai", 14)]
)
def test_crossner_has_the_papers_number_of_types(domain, count):
    labels = SETS["crossner"].labels
    assert len(labels(Options(domain=domain)).types) == count
    assert len(labels(Options(domain=domain, misc=False)).types) == count - 1


FEW_NERD = """Ada\tperson-scholar
Lovelace\tperson-scholar
Bogart\tperson-actor
in\tO
Rome\tlocation-GPE

Waterloo\tevent-attack/battle/war/militaryconflict
"""


def test_few_nerd_fine(tmp_path):
    gold, notes = read(tmp_path, "few-nerd", FEW_NERD)
    assert len(gold[0].types) == 66
    assert found(gold[0]) == [("Ada Lovelace", "scholar"), ("Bogart", "actor"), ("Rome", "geopolitical entity")]
    assert found(gold[1]) == [("Waterloo", "attack/battle/war/military conflict")]
    assert notes.schemes.name == "io" and notes.all_faults() == {}


def test_few_nerd_coarse_keeps_neighbours_of_different_fine_types_apart(tmp_path):
    gold, _ = read(tmp_path, "few-nerd", FEW_NERD, Options(types="coarse"))
    assert len(gold[0].types) == 8
    assert found(gold[0]) == [("Ada Lovelace", "person"), ("Bogart", "person"), ("Rome", "location")]


@pytest.mark.parametrize(("split", "count"), [("train", 8 + 12 + 6 + 9), ("validation", 8 + 6), ("test", 10 + 7)])
def test_few_nerd_intra_has_the_types_of_one_part(split, count):
    labels = few_nerd.labels(Options(types="fine", setting="intra", split=split))
    assert len(labels.types) == count


def test_few_nerd_intra_is_read_at_the_coarse_level_too(tmp_path):
    gold, _ = read(tmp_path, "few-nerd", FEW_NERD, Options(types="coarse", setting="intra"))
    assert gold[0].types == ("location", "organization") and found(gold[0]) == [("Rome", "location")]


def test_few_nerd_intra_reads_types_of_other_parts_as_o_and_counts_them(tmp_path):
    gold, notes = read(tmp_path, "few-nerd", FEW_NERD, Options(setting="intra"))
    assert [found(one) for one in gold] == [[("Rome", "geopolitical entity")], []]
    assert dict(notes.left_out) == {few_nerd.OTHER_PART: 3}


def test_few_nerd_coarse_tags_under_fine_types_say_what_reads_them(tmp_path):
    message = problem(read, tmp_path, "few-nerd", "Ada\tperson\n")
    assert "--types coarse" in message and ":1:" in message
    gold, _ = read(tmp_path, "few-nerd", "Ada\tperson\n", Options(types="coarse"))
    assert found(gold[0]) == [("Ada", "person")]


def test_panx_takes_the_language_off(tmp_path):
    text = "en:Ada\tB-PER\nen::\tO\nen:en:x\tO\n\nen:Rome\tB-LOC\n"
    gold, _ = read(tmp_path, "panx", text, Options(lang="en"))
    assert [one.text for one in gold] == ["Ada : en:x", "Rome"]
    gold, _ = read(tmp_path, "panx", "Ada\tB-PER\nen:x\tO\n", Options(lang="en"))
    assert gold[0].text == "Ada en:x"


def test_panx_refuses_another_language_and_a_missing_prefix(tmp_path):
    assert ":1: token 'de:Ada'" in problem(read, tmp_path, "panx", "de:Ada\tB-PER\n", Options(lang="en"))
    assert ":2: token 'x'" in problem(read, tmp_path, "panx", "en:Ada\tB-PER\nx\tO\n", Options(lang="en"))


def test_panx_joins_chinese_and_japanese_without_spaces_and_korean_with(tmp_path):
    for lang, text in (("zh", "北京大学"), ("ja", "北京大学"), ("ko", "北京 大学")):
        lines = f"{lang}:北京\tB-ORG\n{lang}:大学\tI-ORG\n"
        gold, _ = read(tmp_path, "panx", lines, Options(lang=lang))
        assert gold[0].mentions == (Marked(0, len(text), "organization", text),)
        assert gold[0].text == text


def test_panx_passes_over_blank_tokens_and_counts_them(tmp_path):
    text = "en:\u00a0\tB-PER\nen:Ada\tI-PER\nen:\tO\nen:𝔘x\tB-ORG\n\nen:\tO\n"
    gold, notes = read(tmp_path, "panx", text, Options(lang="en"))
    assert [(one.text, found(one)) for one in gold] == [("Ada 𝔘x", [("Ada", "person"), ("𝔘x", "organization")])]
    assert gold[0].mentions[1][:2] == (4, 6)
    assert notes.all_faults()[BLANK] == 3 and notes.all_faults()[BROKEN] == 1
    assert any("alone" in kind for kind in notes.all_faults())


MULTICONER = """# id 11-aa\tdomain=en

the _ _ O
lord _ _ B-CW
of _ _ I-CW

# id 22-bb\tdomain=en
# _ _ O
apple _ _ B-CORP
"""


def test_multiconer_takes_ids_from_comments(tmp_path):
    gold, _ = read(tmp_path, "multiconer", MULTICONER, Options(lang="en"), "en_dev.conll")
    assert [(one.id, one.text) for one in gold] == [("11-aa", "the lord of"), ("22-bb", "# apple")]
    assert [found(one) for one in gold] == [[("lord of", "creative work")], [("apple", "corporation")]]


def test_multiconer_id_twice_is_refused(tmp_path):
    message = problem(read, tmp_path, "multiconer", MULTICONER.replace("22-bb", "11-aa"), Options(lang="en"))
    assert message.endswith("id '11-aa' is used twice") and ":8:" in message


def test_json_lines_of_every_set(tmp_path):
    rows = {
        "conll2003": (Options(), "ner_tags", "B-MISC", "miscellaneous"),
        "crossner": (AI, "ner_tags", "B-metrics", "metric"),
        "few-nerd": (Options(), "fine_ner_tags", "other-god", "god"),
        "panx": (Options(lang="ru"), "ner_tags", "B-LOC", "location"),
        "multiconer": (Options(lang="ko"), "ner_tags", "B-GRP", "group"),
    }
    assert rows.keys() == SETS.keys()
    for name, (options, column, tag, label) in rows.items():
        row = {"tokens": ["A", "x"], column: [tag, "O"], "ner_tags_index": [1, 0]}
        gold, _ = read(tmp_path, name, json.dumps(row) + "\n", options, "x.jsonl")
        assert gold[0].mentions == (Marked(0, 1, label, "A"),)


# --- faults, with file and line


@pytest.mark.parametrize(
    ("text", "line", "wanted"),
    [
        ("Ada\tB-person\n\nx\tB-persn\n", 3, "did you mean: person"),
        ("Ada\tB-enzyme\n", 1, "it is a label of science"),
        ("Ada\tB-xyzzy\n", 1, "known: 'field, task"),
        ("Ada\tO\nAda\n", 2, "has 1 columns; 2 are wanted"),
        ("Ada\tNN\tO\n", 1, "has 3 columns"),
        ("Ada\tO\nRome\t\n", 2, "has no tag"),
        (b"Ada\tO\nZo\xeb\tO\n", 2, "0xeb is not valid UTF-8"),
        (b"\xff\xfeA\x00", 1, "UTF-16"),
        ("Ada\tO\r\n", 1, "CR LF"),
        ("", None, "is empty"),
        ("\n\n", None, "holds no sentence"),
    ],
)
def test_faults_name_file_and_line(tmp_path, text, line, wanted):
    message = problem(read, tmp_path, "crossner", text, AI)
    place = f"{tmp_path / 'test.txt'}:" + (f"{line}:" if line else " ")
    assert message.startswith(place) and wanted in message


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"tokens": ["A"], "ner_tags": ["O", "O"]}, "1 tokens, but 2 tags"),
        ({"tokens": [], "ner_tags": ["O"]}, "0 tokens, but 1 tags"),
        ({"tokens": ["A"], "ner_tags": [3]}, "numbers of classes"),
        ({"tokens": ["A"], "ner_tags": [None]}, "must hold strings"),
        ({"tokens": "A", "ner_tags": ["O"]}, "'tokens' of the row must be a list"),
        ({"tokens": ["A"]}, "lacks the key 'ner_tags'"),
        ([], "must be an object"),
    ],
)
def test_broken_rows_are_refused(tmp_path, row, wanted):
    assert wanted in problem(read, tmp_path, "conll2003", json.dumps(row) + "\n", file="x.jsonl")


def test_lines_of_other_widths_are_refused_though_both_would_do(tmp_path):
    assert ":2: has 2 columns; the lines before it have 4" in problem(
        read, tmp_path, "conll2003", "EU NNP I-NP I-ORG\nx O\n"
    )


def test_broken_bio_is_mended_counted_and_placed(tmp_path):
    text = "A\tB-person\nB\tO\nC\tI-person\nD\tI-country\n"
    gold, notes = read(tmp_path, "crossner", text, AI)
    assert found(gold[0]) == [("A", "person"), ("C", "person"), ("D", "country")]
    assert notes.all_faults() == {BROKEN: 2} and notes.schemes.broken_lines == [3, 4]


@pytest.mark.parametrize(
    ("name", "options", "wanted"),
    [
        ("crossnr", Options(), "did you mean: crossner"),
        ("crossner", Options(), "needs --domain"),
        ("crossner", Options(domain="musik"), "did you mean: music"),
        ("panx", Options(), "needs --lang"),
        ("multiconer", Options(lang="fr"), "unknown --lang 'fr'"),
        ("conll2003", Options(types="fine"), "--types does not go with conll2003"),
        ("conll2003", Options(lang="de"), "known: en"),
        ("panx", Options(lang="en", misc=False), "--no-misc"),
        ("few-nerd", Options(split="dev"), "unknown --split"),
    ],
)
def test_options_without_effect_or_sense_are_refused(tmp_path, name, options, wanted):
    assert wanted in problem(read_external, name, options, tmp_path / "missing")


# --- maps


@pytest.mark.parametrize("name", sorted(SETS))
def test_maps_are_sound(name):
    assert load_label_map(name).lists


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ([], "a mapping with type lists"),
        ({"lists": {"a": {}}}, "no mapping of labels"),
        ({"lists": {"a": {True: "x"}}}, "quote it"),
        ({"lists": {"a": {"A": "x, y"}}}, "comma"),
        ({"lists": {"a": {"A": "x", "B": "X"}}}, "stands twice"),
        ({"lists": {"a": {"A": "x"}}, "list": {}}, "unknown key"),
        ({"lists": {"a": {"A": "x"}}, "catch_all": "B"}, "catch-all"),
        ({"lists": {"coarse": {"A": "x"}}, "parts": {"test": ["B"]}}, "no coarse label"),
        ({"lists": {"coarse": {"A": "x"}}, "parts": {"test": ["A"], "train": ["A"]}}, "two parts"),
    ],
)
def test_faulty_maps_are_refused(data, wanted):
    assert wanted in problem(check_map, data)


# --- tags and offsets: what must hold for any input


LABELS = ["PER", "LOC", "a-b"]
TAGS = ["O", *(f"{prefix}-{label}" for prefix in "BI" for label in LABELS)]


@given(st.lists(st.sampled_from(TAGS), min_size=1, max_size=12))
@LIGHT
def test_tags_are_read_as_the_projects_own_reader_reads_them(tmp_path_factory, tags):
    path = tmp_path_factory.mktemp("tags") / "x.txt"
    path.write_text("".join(f"w\t{tag}\n" for tag in tags))
    (sentence,) = bio.read(path, "en", scheme="iob2")
    runs = runs_of(tags, range(len(tags)), Schemes())
    assert [(2 * first, 2 * after - 1, label) for first, after, label in runs] == sentence.spans


@st.composite
def tagged_sentences(draw):
    lengths = draw(st.lists(st.tuples(st.sampled_from(["", *LABELS]), st.integers(1, 3)), min_size=1, max_size=5))
    tags, wanted = [], []
    for label, length in lengths:
        if label:
            wanted.append((len(tags), len(tags) + length, label))
        tags += [f"B-{label}"] + [f"I-{label}"] * (length - 1) if label else ["O"] * length
    return tags, wanted


@given(tagged_sentences())
@LIGHT
def test_whole_iob2_comes_back(case):
    tags, wanted = case
    schemes = Schemes()
    assert [tuple(run) for run in runs_of(tags, range(len(tags)), schemes)] == wanted
    assert schemes.plain == 0 and schemes.broken == 0


@given(st.lists(texts("ja"), min_size=1, max_size=5), st.sampled_from(["en", "ja"]))
@LIGHT
def test_every_mention_is_what_stands_at_its_offsets(tokens, lang):
    labels = Labels({"X": "thing"})
    tagged = Tagged("1", tokens, ["B-X"] * len(tokens), "f", range(len(tokens)))
    notes = Notes()
    gold = list(to_gold([tagged], lang, labels, notes))
    kept = [token.strip() for token in tokens if token.strip()]
    assert [mention.text for one in gold for mention in one.mentions] == kept
    assert all(one.text[m.start : m.end] == m.text for one in gold for m in one.mentions)
    assert not kept or gold[0].text == join(kept, " " if lang == "en" else "")[0]


def test_spaces_around_columns_do_not_make_tokens():
    assert columns.split_line("a  b\tO ") == ["a  b", "O"]
    assert panx.token_reader("en")("en:") == ""


# --- the Hub's door


class Streamed(list):
    """Rows as a streamed data set gives them, classes as numbers; the library's own class would import torch."""

    features: Features


def as_hub(monkeypatch, rows, features, seen):
    def load_dataset(*args, **options):
        seen.append((args, options))
        data = Streamed(rows)
        data.features = Features(features)
        return data

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)


def test_hub_rows_get_names_for_numbers(monkeypatch):
    names = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]
    features = {"tokens": Sequence(Value("string")), "ner_tags": Sequence(ClassLabel(names=names))}
    rows = [{"tokens": ["Roma", "x"], "ner_tags": [5, 0]}, {"tokens": [], "ner_tags": []}]
    seen = []
    as_hub(monkeypatch, rows, features, seen)
    gold, _ = read_external("panx", Options(lang="es", split="validation"))
    assert [(one.id, one.lang, found(one)) for one in gold] == [("validation-000001", "es", [("Roma", "location")])]
    assert seen == [
        (("unimelb-nlp/wikiann", "es"), {"split": "validation", "revision": None, "streaming": True}),
    ]


def test_hub_few_nerd_is_read_from_its_fine_tags(monkeypatch):
    features = {
        "id": Value("string"),
        "tokens": Sequence(Value("string")),
        "ner_tags": Sequence(ClassLabel(names=["O", "art", "person"])),
        "fine_ner_tags": Sequence(ClassLabel(names=["O", "art-film", "art-music", "person-actor"])),
    }
    rows = [{"id": "0", "tokens": ["Alien", "Help", "Bogart"], "ner_tags": [1, 1, 2], "fine_ner_tags": [1, 2, 3]}]
    seen = []
    as_hub(monkeypatch, rows, features, seen)
    gold, _ = read_external("few-nerd", Options(types="coarse"))
    assert found(gold[0]) == [("Alien", "art"), ("Help", "art"), ("Bogart", "person")]
    assert seen[0][0] == ("DFKI-SLT/few-nerd", "supervised")


def test_hub_multiconer_tags_are_strings(monkeypatch):
    features = {"tokens": Sequence(Value("string")), "ner_tags": Sequence(Value("string"))}
    seen = []
    as_hub(monkeypatch, [{"tokens": ["苹", "果"], "ner_tags": ["B-CORP", "I-CORP"]}], features, seen)
    gold, _ = read_external("multiconer", Options(lang="zh"))
    assert gold[0].mentions == (Marked(0, 2, "corporation", "苹果"),)
    assert seen[0][0] == ("MultiCoNER/multiconer_v1", "Chinese (ZH)")


def test_hub_numbers_of_no_class_are_refused():
    features = Features({"ner_tags": Sequence(ClassLabel(names=["O"]))})
    rows = [{"tokens": ["A"], "ner_tags": [0]}, {"tokens": ["A"], "ner_tags": [1]}]
    message = problem(lambda: list(hub.tagged_rows(rows, features, ["ner_tags"], "x[test]", "test")))
    assert message.startswith("x[test]:2: ") and "0 to 0" in message


def test_hub_out_of_reach_is_one_line(monkeypatch):
    def load_dataset(*args, **options):
        raise ConnectionError("Couldn't reach it\nand more")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    message = problem(read_external, "crossner", AI)
    assert message.startswith("DFKI-SLT/cross_ner[test]: ") and "--file" in message


# --- samples


def sentence(number, *types, all_types=("a", "b", "c", "d")):
    text = " ".join("x" for _ in types) or "y"
    mentions = tuple(Marked(2 * at, 2 * at + 1, name, "x") for at, name in enumerate(types))
    return Gold(f"s{number}", "en", text, tuple(all_types), mentions)


POOL = [sentence(n, *types) for n, types in enumerate([("a",), ("b",), ("a", "b"), ("c",), ("d", "d"), ()] * 6)]


def test_k_shot_holds_k_sentences_a_type_in_the_order_of_the_data():
    drawn, counts = k_shot(POOL, 3, seed=1)
    assert all(count >= 3 for count in counts["sentences_by_type"].values())
    assert [one for one in POOL if one in drawn] == drawn
    assert k_shot(POOL, 3, seed=1)[0] == drawn != k_shot(POOL, 3, seed=2)[0]
    assert k_shot(POOL, 7)[1]["short"] == {"c": 6, "d": 6}


@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 99))
@LIGHT
def test_episodes_have_n_types_with_k_to_2k_mentions_and_disjoint_sides(ways, shots, seed):
    for task in draw_episodes(POOL, ways, shots, episodes=2, seed=seed):
        assert len(task.types) == ways
        for side in (task.support, task.query):
            counts = Counter(mention.type for one in side for mention in one.mentions)
            assert set(counts) == set(task.types) and all(shots <= n <= 2 * shots for n in counts.values())
            assert all(one.types == task.types for one in side)
        assert not {one.id for one in task.support} & {one.id for one in task.query}


def test_an_episode_does_not_hang_on_the_order_of_the_file():
    assert draw_episodes(POOL, 2, 2, seed=5) == draw_episodes(POOL[::-1], 2, 2, seed=5)


def test_a_sentence_above_twice_the_shots_is_passed_over():
    assert fill([sentence(1, "a", "a", "a")], {"a"}, 1) == []
    assert fill([sentence(1, "a", "a", "a"), sentence(2, "a")], {"a"}, 1) == [sentence(2, "a")]


def test_episodes_that_cannot_be_drawn_say_so():
    assert "only 4 types" in problem(draw_episodes, POOL, 5, 1)
    assert "ask for fewer shots" in problem(draw_episodes, POOL, 4, 9)
    assert "at least 1" in problem(draw_episodes, POOL, 4, 0)


# --- gold files


def gold_row(**changed):
    row = {
        "id": "1",
        "lang": "en",
        "text": "né à Rome",
        "types": ["city", "god"],
        "entities": [{"start": 5, "end": 9, "text": "Rome", "label": "city"}],
    }
    return row | changed


def entity(**changed):
    return [gold_row()["entities"][0] | changed]


def test_a_gold_file_comes_back_unchanged(tmp_path):
    gold, _ = read(tmp_path, "conll2003", CONLL)
    path = write(tmp_path, "".join(gold_lines(gold)), "gold.jsonl")
    again = read_gold_file(path)
    assert again == gold and data_hash(again) == data_hash(gold)


def test_rows_of_our_dataset_are_gold_files(tmp_path):
    fine = gold_row(entities=entity(fine="city"), edits=[])
    base = {key: value for key, value in fine.items() if key != "types"} | {"id": "2"}
    path = write(tmp_path, "".join(json.dumps(row) + "\n" for row in (fine, base)), "gold.jsonl")
    dynamic, plain = read_gold_file(path)
    assert dynamic.types == ("city", "god") and dynamic.fine == ("city",)
    assert plain.types is None and plain.mentions == dynamic.mentions
    assert read_gold_file(write(tmp_path, "".join(gold_lines([dynamic, plain])), "2.jsonl")) == [dynamic, plain]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("{", "is not valid JSON"),
        ([], "must be an object"),
        (gold_row(text=" "), "'text' of the sentence is empty"),
        (gold_row(types=[]), "'types' of the sentence is empty"),
        (gold_row(types=["city", "city"]), "twice"),
        (gold_row(types=["city", "a, b"]), "comma"),
        (gold_row(types=["city", 3]), "non-empty string"),
        (gold_row(entities=entity(label="citi")), "did you mean: city"),
        (gold_row(entities=entity(start=7, end=11)), "UTF-8 bytes"),
        (gold_row(entities=entity() * 2), "overlaps"),
        (gold_row(entities=entity(start=True)), "'start' of entity 1 must be a whole number"),
        (gold_row(types=None, entities=entity(fine="cyti")), "unknown"),
        (gold_row(id="0"), "is used on line 1 too"),
    ],
)
def test_faults_of_gold_files_name_the_line(tmp_path, row, wanted):
    line = row if isinstance(row, str) else json.dumps(row)
    path = write(tmp_path, json.dumps(gold_row(id="0")) + "\n" + line + "\n", "gold.jsonl")
    message = problem(read_gold_file, path)
    assert message.startswith(f"{path}:2:") and wanted in message


# --- the command


def run(*arguments):
    app = typer.Typer()
    app.command()(external)
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_the_command_writes_gold_and_report(tmp_path):
    path, out = write(tmp_path, CONLL, "eng.testa"), tmp_path / "out" / "gold.jsonl"
    done = run("conll2003", "--file", path, "--no-misc", "--out", out)
    assert done.exit_code == 0, done.output
    report = json.loads(out.with_suffix(".report.json").read_text())
    assert report["written"] == {
        "sentences": 2,
        "sentences_without_a_mention": 0,
        "mentions": 4,
        "mentions_by_type": {"person": 1, "location": 2, "organization": 1},
    }
    assert list(report["left_out"].values()) == [1]
    assert report["data_sha256"] == data_hash(read_gold_file(out))
    assert "wrote 2 sentences with 4 mentions of 3 types" in done.output


def test_the_command_draws_the_same_episodes_again(tmp_path):
    rows = "".join(f"{name}{n}\tB-{name}\n\n" for n in range(6) for name in ("person", "country", "field"))
    path = write(tmp_path, rows)
    outs = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    for out in outs:
        options = ("--domain", "ai", "--ways", 2, "--shots", 1, "--episodes", 3, "--seed", 4)
        done = run("crossner", "--file", path, *options, "--out", out)
        assert done.exit_code == 0, done.output
    assert outs[0].read_bytes() == outs[1].read_bytes()
    query, support = read_gold_file(outs[0]), read_gold_file(tmp_path / "1.support.jsonl")
    assert {one.id[:6] for one in query} == {one.id[:6] for one in support} == {"ep0001", "ep0002", "ep0003"}
    assert not {one.id for one in query} & {one.id for one in support}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ((), "--file PATH or --hub"),
        (("--file", "OUT"), "not overwritten"),
        (("--hub", "--ways", 2), "--ways needs --shots"),
        (("--hub", "--episodes", 2), "--episodes goes with --ways"),
    ],
)
def test_the_command_refuses_requests_before_it_reads(tmp_path, options, wanted):
    out = tmp_path / "x.jsonl"
    done = run("conll2003", *(out if one == "OUT" else one for one in options), "--out", out)
    assert isinstance(done.exception, InputError) and wanted in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_of_a_faulty_file(tmp_path):
    path = write(tmp_path, CONLL + "x\n")
    done = run("conll2003", "--file", path, "--out", tmp_path / "x.jsonl")
    assert isinstance(done.exception, InputError) and list(tmp_path.iterdir()) == [path]


# --- the real files


@pytest.mark.skipif(not CROSSNER.is_dir(), reason="the CrossNER files are not here")
@pytest.mark.parametrize(
    ("domain", "part", "sentences", "mentions", "misc"),
    [
        ("ai", "train", 100, 532, 43),
        ("ai", "dev", 350, 1549, 180),
        ("science", "train", 200, 1075, 169),
        ("science", "dev", 450, 2538, 360),
    ],
)
def test_real_crossner_counts(domain, part, sentences, mentions, misc):
    path = CROSSNER / f"{domain}.{part}.txt"
    gold, notes = read_external("crossner", Options(domain=domain), path)
    by_type = Counter(mention.type for one in gold for mention in one.mentions)
    begun = sum(line.split("\t")[-1].startswith("B-") for line in path.read_text().splitlines())
    assert (len(gold), by_type.total(), by_type["miscellaneous"]) == (sentences, mentions, misc)
    assert by_type.total() == begun and notes.all_faults() == {}
    assert all(to_row(one)["types"] for one in gold)
