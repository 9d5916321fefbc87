"""The supervised baseline: words and pieces, refusals, runs that were cut, predictions with exact offsets."""

import json
from functools import cache
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
    TrainerCallback,
    XLMRobertaConfig,
    XLMRobertaForTokenClassification,
)
from typer.testing import CliRunner

from dynamicner_dataset.command_line import with_clear_errors
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.rows import base_row
from dynamicner_dataset.sentences import Mention, Sentence
from tests.strategies import LIGHT, TREE, sentences
from tests.tiny_models import corpus_texts, hostile_texts, one_thread, widen  # noqa: F401 (a fixture of every test here)
from train.baseline import run as runs
from train.baseline.command import baseline
from train.baseline.data import find_words, tag_words
from train.baseline.encoder import load_model, open_encoder
from train.baseline.examples import make_material
from train.baseline.pieces import Cutter, window_bounds
from train.baseline.predict import Tagger, predict
from train.baseline.recipe import make_baseline_recipe, read_baseline_recipe
from train.baseline.tags import entity_scores, fine_tags, mentions_of
from train.examples import IGNORED
from train.settings import logging_interval
from train.steady import Patience

TAGS = fine_tags()
RECIPES = Path(__file__).parent.parent / "train" / "recipes"
KINDS = ("bert", "xlm-roberta")
SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
#: One mention each, in several scripts, behind and before signs of more than one code unit.
TAUGHT = [
    ("en", "🐱 Ada went to Paris.", [(14, 19, "city")]),
    ("ru", "Река Нева 👨🏻\u200d🚒 шире", [(5, 9, "water body")]),
    ("zh", "居里夫人在巴黎。", [(0, 4, "scholar"), (5, 7, "city")]),
    ("ko", "김연아는 서울에", [(0, 3, "athlete"), (5, 7, "city")]),
    ("en", "nothing here", []),
]


def tiny_tokenizer(kind):
    """As BERT has it, which drops control signs; or as XLM-R has it, with a sign for the space before a word."""
    if kind == "bert":
        specials = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer
    else:
        specials = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>"}
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        trainer = trainers.BpeTrainer
    lines = [*corpus_texts()[:80], *(text for _, text, _ in TAUGHT)]
    tokenizer.train_from_iterator(
        lines, trainer(vocab_size=1600, special_tokens=list(specials.values()), show_progress=False)
    )
    names = {f"{name}_token": value for name, value in specials.items()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **names)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders of tiny random encoders, by kind."""
    made = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind)
        tokenizer = tiny_tokenizer(kind)
        config, model = {
            "bert": (BertConfig, BertForTokenClassification),
            "xlm-roberta": (XLMRobertaConfig, XLMRobertaForTokenClassification),
        }[kind]
        settings = {"vocab_size": len(tokenizer), "max_position_embeddings": 66, "pad_token_id": tokenizer.pad_token_id}
        dropout = 0.1 if kind == "bert" else 0.0
        made_config = config(**SIZES, **settings, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
        model(made_config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        made[kind] = folder
    return made


@pytest.fixture(scope="module")
def tokenizers(folders):
    return {kind: open_encoder(str(folder)).tokenizer for kind, folder in folders.items()}


def taught_rows():
    return [
        base_row(Sentence(f"{lang}-{number}", lang, text, tuple(Mention(*one) for one in mentions)), TREE)
        for number, (lang, text, mentions) in enumerate(TAUGHT)
    ]


@pytest.fixture
def make_recipe(folders, tmp_path, monkeypatch):
    """Recipes on the taught rows, which also validate."""
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in taught_rows()), "utf-8")
    monkeypatch.setattr(runs, "validation_rows", lambda *_: taught_rows())
    settings = {
        "stage": "baseline",
        "data": str(data),
        "max_tokens": 12,
        "batch_size": 2,
        "learning_rate": 2e-2,
        "warmup": 0.0,
    }
    return lambda kind, **changes: make_baseline_recipe(settings | {"base_model": str(folders[kind])} | changes)


@LIGHT
@given(drawn=st.lists(sentences(), max_size=3), kind=st.sampled_from(KINDS), most=st.sampled_from([8, 13, 64]))
def test_spans_come_back_through_tags_and_pieces(tokenizers, drawn, kind, most):
    tagged = [tag_words(base_row(sentence, TREE), len(TAGS)) for sentence in drawn]
    material = make_material(tagged, Cutter(tokenizers[kind], most))
    assert all(len(example.input_ids) == len(example.labels) <= most for example in material.examples)
    for number, (sentence, one) in enumerate(zip(drawn, tagged, strict=True)):
        windows = [example for example in material.examples if example.sentence == number]
        labels = [label for example in windows for label in example.labels if label != IGNORED]
        assert tuple(mentions_of(one.words, [TAGS[label] for label in labels])) == sentence.mentions


@LIGHT
@given(sizes=st.lists(st.integers(1, 9), max_size=40), room=st.integers(9, 20))
def test_every_word_is_tagged_in_one_window_that_fits(sizes, room):
    at = 0
    for first, start, end, last in window_bounds(sizes, room):
        assert first <= start == at < end <= last
        assert sum(sizes[first:last]) <= room
        at = end
    assert at == len(sizes)


def test_what_is_too_long_is_counted_and_keeps_its_tags(tokenizers):
    text = f"{'ab' * 300} {'in Paris ' * 40}"
    row = base_row(Sentence("en-1", "en", text, (Mention(604, 609, "city"),)), TREE)
    tagged = tag_words(row, len(TAGS))
    counts = make_material([tagged], Cutter(tokenizers["xlm-roberta"], 32)).counts()
    assert (counts["sentences"], counts["split_sentences"], counts["cut_words"]) == (1, 1, 1)
    assert counts["words"] == len(tagged.words) == 81


@LIGHT
@given(sentence=sentences(), keep=st.lists(st.booleans(), min_size=9, max_size=9), other=st.sampled_from(TREE.fine))
def test_seqeval_on_tags_made_anew_says_what_sets_of_spans_say(sentence, keep, other):
    gold = sentence.mentions
    found = [one if same else one._replace(fine=other.name) for one, same in zip(gold, keep, strict=False)][:4]
    figures = entity_scores([(sentence.text, sentence.lang)], [gold], [found])
    right = len(set(gold) & set(found))
    assert figures["f1"] == pytest.approx(2 * right / (len(gold) + len(found)) if gold or found else 0)


def test_a_space_that_is_not_there_is_left_out(tokenizers):
    (window,), _ = Cutter(tokenizers["xlm-roberta"], 64).cut([["巴", "黎"]])
    assert tokenizers["xlm-roberta"].convert_ids_to_tokens(window.input_ids) == ["<s>", "巴", "黎", "</s>"]
    assert window.places == [1, 2]


def test_a_tag_that_continues_nothing_begins_a_mention():
    tags = ["I-city", "I-city", "I-film", "O", "I-film", "B-film"]
    words = [(at, at + 1) for at in range(6)]
    assert [tuple(one) for one in mentions_of(words, tags)] == [
        (0, 2, "city"), (2, 3, "film"), (4, 5, "film"), (5, 6, "film"),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "tokens"), [("a b", ["a", "c"]), ("a b", ["b"]), ("a b", ["a"]), ("a", ["a", ""])])
def test_tokens_of_another_text_are_refused(text, tokens):
    with pytest.raises(InputError, match="token"):
        find_words(text, tokens)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ner_tags": [0]}, "has 6 tokens and 1 ner_tags"),
        ({"ner_tags": [311] * 6}, "has the tag 311"),
        ({"ner_tags": ["O"] * 6}, "no base row"),
        ({"tokens": None}, "no base row"),
    ],
)
def test_unsound_rows_are_refused(change, message):
    row = {"id": "x", "lang": "en", "text": "a b c d e f", "tokens": list("abcdef"), "ner_tags": [0] * 6}
    assert tag_words(row, len(TAGS)).tags == [0] * 6
    with pytest.raises(InputError, match=message):
        tag_words(row | change, len(TAGS))


def command(*options):
    app = typer.Typer()
    app.command()(with_clear_errors(baseline))
    recipe = RECIPES / "minilm-baseline-cpu.yaml"
    return CliRunner().invoke(app, ["--recipe", str(recipe), "--out", "nowhere", *options])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "dynamic-en"], "fixed set of classes (155 fine types)"),
        (["--data", "all"], "fixed set of classes (155 fine types)"),
        (["--data", "base-enn"], "did you mean: base-en"),
        (["--set", "learning_rat=1"], "unknown key 'learning_rat'; did you mean: learning_rate"),
        (["--set", "epochs=many"], "epochs must be of type float"),
        (["--set", "batch_size=0"], "batch_size must lie between 1"),
        (["--set", "schedule=up"], "schedule must be one of"),
        (["--set", "stage=extractor"], "is a recipe of the extractor"),
        (["--set", "base_model="], "base_model"),
    ],
)
def test_bad_recipes_are_one_line_and_exit_code_2(options, message):
    done = command(*options)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_of_dynamic_rows_is_refused(make_recipe, tmp_path):
    path = tmp_path / "dynamic.jsonl"
    path.write_text(json.dumps({"id": "x", "text": "a", "types": ["b"], "entities": []}) + "\n", "utf-8")
    with pytest.raises(InputError, match="dynamic version; the baseline's output layer has a fixed set") as caught:
        runs.run(make_recipe("bert", data=str(path)), tmp_path / "out")
    assert (caught.value.file, caught.value.line) == (path, 1)


def test_windows_beyond_the_encoder_are_refused(make_recipe, tmp_path):
    with pytest.raises(InputError, match="reads at most 64"):  # 66 positions, of which XLM-R leaves two empty
        runs.run(make_recipe("xlm-roberta", max_tokens=65), tmp_path / "out")


@pytest.mark.parametrize("name", ["xlm-roberta-base", "xlm-roberta-large", "minilm-baseline-cpu"])
def test_shipped_recipes_are_sound(name):
    assert read_baseline_recipe(RECIPES / f"{name}.yaml").data.startswith("base-")


class Cut(TrainerCallback):
    def __init__(self, at):
        self.at = at

    def on_step_end(self, args, state, control, **_):
        if state.global_step == self.at:
            raise KeyboardInterrupt


def test_a_cut_run_goes_on_to_the_same_bytes(make_recipe, tmp_path, monkeypatch):
    recipe = make_recipe("bert", epochs=2.0, checkpoint_every=1.0)
    whole = runs.run(recipe, tmp_path / "whole")
    make = runs.make_trainer

    def make_and_cut(*args):
        trainer = make(*args)
        trainer.add_callback(Cut(whole["steps"] - 1))
        return trainer

    monkeypatch.setattr(runs, "make_trainer", make_and_cut)
    with pytest.raises(KeyboardInterrupt):
        runs.run(recipe, tmp_path / "cut")
    assert not (tmp_path / "cut").exists()
    (tmp_path / "cut.training" / f"checkpoint-{whole['steps'] - 1}").mkdir()  # as a kill in mid-writing leaves one
    monkeypatch.setattr(runs, "make_trainer", make)
    with pytest.raises(InputError, match="another recipe"):
        runs.run(make_recipe("bert", epochs=3.0), tmp_path / "cut")
    resumed = runs.run(recipe, tmp_path / "cut")
    other = {"seconds": 0, "machine": {}}  # both name the time of day
    assert whole | other == resumed | other
    for name in ("model.safetensors", "config.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes()
    assert not (tmp_path / "cut.training").exists()
    before = (tmp_path / "cut" / "record.json").stat().st_mtime_ns
    assert runs.run(recipe, tmp_path / "cut") == json.loads((tmp_path / "cut" / "record.json").read_text("utf-8"))
    assert (tmp_path / "cut" / "record.json").stat().st_mtime_ns == before  # a finished run is not repeated


def test_what_is_taught_is_found_at_its_place(make_recipe, tmp_path):
    recipe = make_recipe("xlm-roberta", epochs=120.0, checkpoint_every=120.0, batch_size=10)
    record = runs.run(recipe, tmp_path / "out")
    assert record["validation"][-1]["f1"] == 1
    assert record["split_sentences"] > 0
    assert (tmp_path / "out" / "curve.png").read_bytes().startswith(b"\x89PNG")
    rows = [{"id": str(number), "lang": lang, "text": text} for number, (lang, text, _) in enumerate(TAUGHT)]
    wanted = [
        {"id": str(number), "entities": [{"start": start, "end": end, "label": fine} for start, end, fine in mentions]}
        for number, (*_, mentions) in enumerate(TAUGHT)
    ]
    assert list(predict(tmp_path / "out", rows, device="cpu")) == wanted


@LIGHT
@given(texts=st.lists(hostile_texts(), min_size=1, max_size=4), kind=st.sampled_from(KINDS))
def test_offsets_of_any_text_are_sound(folders, texts, kind):
    tagger = random_tagger(folders[kind])
    rows = [{"id": number, "text": text} for number, text in enumerate([*texts, "", " \n"])]
    for row, said in zip(rows, tagger.predict(iter(rows), batch_size=3), strict=True):
        at = 0
        assert said["id"] == row["id"]
        for one in said["entities"]:
            surface = row["text"][one["start"] : one["end"]]
            assert at <= one["start"] and surface and surface == surface.strip()
            at = one["end"]


@cache
def random_tagger(folder):
    """A tagger of three tags whose weights are drawn wide, so that all of them occur."""
    encoder = open_encoder(str(folder))
    model = load_model(encoder, ["O", "B-city", "I-city"])
    widen(model, seed=1)
    return Tagger(model.eval(), Cutter(encoder.tokenizer, 16))


def test_folders_that_hold_no_baseline_are_refused(tmp_path, folders):
    with pytest.raises(InputError, match=r"no config\.json"):
        Tagger.load(tmp_path)
    with pytest.raises(InputError, match="has no tag O"):
        Tagger.load(folders["bert"])


def test_a_row_without_text_is_refused(folders):
    with pytest.raises(InputError, match="row 7 has no text"):
        list(random_tagger(folders["bert"]).predict([{"id": 7}]))


def test_a_checkpoint_is_always_a_point_of_the_curve():
    assert [logging_interval(between, 1000) for between in (38, 7, 50, 1)] == [2, 7, 10, 1]


def test_patience_counts_in_the_log():
    class State:
        log_history = [{"eval_f1": score} for score in (0.1, 0.3, 0.2)] + [{"loss": 1.0}]

    class Control:
        should_training_stop = False

    for most, stops in ((2, False), (1, True)):
        control = Control()
        Patience(most).on_evaluate(None, State, control)
        assert control.should_training_stop is stops
