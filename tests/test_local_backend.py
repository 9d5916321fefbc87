"""The local back end: ragged rows against transformers' own logits, adapters, memory that runs out, bad files."""

import json
import random
import shutil
from weakref import WeakSet

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

from cascadener_models.backends.base import BackendError, Question, Rounds
from cascadener_models.backends.local import backend as backend_module
from cascadener_models.backends.local.backend import PROBE, LocalBackend, is_out_of_memory
from cascadener_models.backends.local.copy_lock import CopyLock
from cascadener_models.backends.local.loading import KNOWN, choose_device, choose_dtype
from cascadener_models.backends.local.row_cache import ROOM_STEP, RowCache, round_up, saved_bytes
from cascadener_models.backends.local.runner import Feed, Pick, Runner
from cascadener_models.prompts import Demonstration
from tests.strategies import LIGHT
from tests.tiny_models import (
    ARCHITECTURES,
    MODELS,
    adapted_backend,
    adapter_folder,
    backend,
    corpus_texts,
    model_folder,
    one_thread,  # noqa: F401
    reference,
    save_model,
)

EACH_ARCHITECTURE = pytest.mark.parametrize("architecture", ARCHITECTURES)
EACH_MODEL = pytest.mark.parametrize("model", MODELS)
IDS = list(range(300, 340))
TEXTS = [text[:22] for text in corpus_texts()[:6]]
QUESTIONS = [Question(text, (0, 2), ("person", "city", "city hall")) for text in TEXTS]


def true_logits(architecture, tokens):
    """transformers' own logits of IDS after each token."""
    with torch.inference_mode():
        output = reference(architecture)(input_ids=torch.tensor([tokens]))
    return output.logits[0][:, IDS].double().numpy()


def runner_of(architecture):
    one = backend(architecture).runner
    one.use(None)
    return one


def draw_tokens(rng, count):
    return [rng.randrange(260, 1400) for _ in range(count)]


def mentions(found):
    return [[part.mentions for part in one.rounds] for one in found]


def answers(found):
    return [dict(one.probabilities) for one in found]


@EACH_ARCHITECTURE
@settings(LIGHT, max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_ragged_rows_in_pieces_with_rows_set_back_have_transformers_logits(architecture, seed):
    rng = random.Random(seed)
    runner = runner_of(architecture)
    texts = [draw_tokens(rng, rng.choice([3, 20, 45, 70])) for _ in range(rng.randrange(1, 5))]
    cache = runner.new_cache(len(texts), rng.choice([1, 30, 63]))
    row_of, done = list(range(len(texts))), [0] * len(texts)
    wanted = [true_logits(architecture, tokens) for tokens in texts]
    while active := [number for number, tokens in enumerate(texts) if done[number] < len(tokens)]:
        for place, number in enumerate(active):  # active rows first, as passes want them
            other = row_of.index(place)
            if other != number:
                if cache.layers[0].is_initialized:
                    cache.swap(place, row_of[number])
                row_of[number], row_of[other] = place, row_of[number]
        pieces = [texts[number][done[number] : done[number] + rng.randrange(1, 30)] for number in active]
        wrong = [draw_tokens(rng, rng.randrange(0, 9)) for _ in active]
        hidden = runner.forward(cache, [Feed(piece + more) for piece, more in zip(pieces, wrong, strict=True)])
        picks = [Pick(row, place, IDS) for row, piece in enumerate(pieces) for place in range(len(piece))]
        ours = iter(runner.logits(hidden, picks))
        for row, (number, piece) in enumerate(zip(active, pieces, strict=True)):
            for place in range(len(piece)):
                assert np.abs(next(ours) - wanted[number][done[number] + place]).max() < 1e-4
            done[number] += len(piece)
            cache.lengths[row] += len(piece)


@EACH_ARCHITECTURE
@settings(LIGHT, max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_tree_of_continuations_has_the_logits_of_each_path_alone(architecture, seed):
    rng = random.Random(seed)
    runner = runner_of(architecture)
    before = [draw_tokens(rng, rng.choice([2, 18, 40])) for _ in range(2)]
    cache = runner.new_cache(2, 10)
    runner.forward(cache, [Feed(tokens) for tokens in before])
    cache.lengths = [len(tokens) for tokens in before]
    feeds = []
    for _ in before:
        count = rng.randrange(1, 14)
        feeds.append(Feed(draw_tokens(rng, count), [rng.randrange(-1, place) for place in range(count)]))
    if rng.random() < 0.5:
        feeds[1] = Feed(draw_tokens(rng, 5))
    hidden = runner.forward(cache, feeds)
    for row, feed in enumerate(feeds):
        parents = feed.parents or range(-1, len(feed.tokens) - 1)
        paths = []
        for place, parent in enumerate(parents):
            paths.append([*(paths[parent] if parent >= 0 else []), feed.tokens[place]])
            (ours,) = runner.logits(hidden, [Pick(row, place, IDS)])
            wanted = true_logits(architecture, before[row] + paths[-1])[-1]
            assert np.abs(ours - wanted).max() < 1e-4


def test_row_that_fills_its_room_to_the_last_slot_is_not_overwritten_by_padding():
    rng = random.Random(1)
    runner = runner_of("llama")
    first, second, more = draw_tokens(rng, ROOM_STEP), draw_tokens(rng, 40), draw_tokens(rng, 3)
    cache = runner.new_cache(2, 1)
    runner.forward(cache, [Feed(first[:60]), Feed(second[:10])])
    cache.lengths = [60, 10]
    runner.forward(cache, [Feed(first[60:]), Feed(second[10:])])  # 4 new tokens beside 30
    cache.lengths = [ROOM_STEP, 40]
    hidden = runner.forward(cache, [Feed(more), Feed(more)])
    (ours,) = runner.logits(hidden, [Pick(0, 2, IDS)])
    assert np.abs(ours - true_logits("llama", first + more)[-1]).max() < 1e-4


def test_cache_that_outgrows_its_room_keeps_what_it_holds():
    rng = random.Random(2)
    runner, tokens = runner_of("qwen2"), draw_tokens(rng, 300)
    cache = runner.new_cache(1, 1)
    assert cache.room == ROOM_STEP
    for at in range(0, 300, 50):
        hidden = runner.forward(cache, [Feed(tokens[at : at + 50])])
        cache.lengths[0] += 50
    (ours,) = runner.logits(hidden, [Pick(0, 49, IDS)])
    assert np.abs(ours - true_logits("qwen2", tokens)[-1]).max() < 1e-4
    assert cache.room >= 300 and cache.room % ROOM_STEP == 0


def test_rows_that_are_swapped_or_filled_from_saved_ones_go_on_as_before():
    rng = random.Random(3)
    runner = runner_of("gemma3_text")
    one, other, more = draw_tokens(rng, 30), draw_tokens(rng, 12), draw_tokens(rng, 4)
    cache = runner.new_cache(2, 50)
    runner.forward(cache, [Feed(one), Feed(other)])
    cache.lengths = [30, 12]
    saved = cache.save(0, 0, 30)
    assert saved_bytes(saved) == 2 * 2 * 30 * 2 * 8 * 4  # layers, keys and values, slots, heads, head size, bytes
    cache.swap(0, 1)
    assert cache.lengths == [12, 30]
    fresh = runner.new_cache(3, 5)
    fresh.ensure(60)
    fresh.fill(1, saved)
    fresh.fill(0, cache.save(0, 0, 12, copy=False))
    fresh.fill(2, cache.save(1, 0, 10))
    fresh.fill(2, cache.save(1, 10, 30), start=10)
    assert fresh.lengths == [12, 30, 30]
    hidden = runner.forward(fresh, [Feed(more)] * 3)
    ours = runner.logits(hidden, [Pick(row, 3, IDS) for row in range(3)])
    for logits, before in zip(ours, [other, one, one], strict=True):
        assert np.abs(logits - true_logits("gemma3_text", before + more)[-1]).max() < 1e-4


def test_room_has_a_slot_left_over():
    assert [round_up(slots) for slots in (0, 1, 63, 64, 127)] == [64, 64, 64, 128, 128]
    cache = RowCache(1, 2, 64)
    cache.ensure(64)
    assert cache.room > 64


def test_feed_beyond_the_context_is_refused_not_cut():
    runner = runner_of("qwen2")
    cache = runner.new_cache(1, 10)
    cache.lengths = [runner.max_slots - 1]
    with pytest.raises(BackendError, match="do not fit the model's context of 4,096"):
        runner.forward(cache, [Feed([5, 6])])


def test_picks_of_no_token_cost_nothing():
    assert runner_of("qwen2").logits(torch.zeros(1, 1, 32), []) == []


@EACH_ARCHITECTURE
def test_check_passes_for_each_architecture(architecture):
    one = backend(architecture)
    one.runner.use(None)
    one.runner.check(one.vocabulary.encode(PROBE))
    one.runner.check(list(range(300, 360)))  # longer than a sliding window


def test_known_architectures_are_those_compared_here():
    assert set(ARCHITECTURES) == KNOWN


@pytest.mark.parametrize("change", [lambda weight: weight * 1.5, lambda weight: weight * float("nan")])
def test_check_fails_for_logits_that_are_tampered_with(change):
    one = backend("llama")
    tampered = Runner(one.runner.model, one.runner.device)
    tampered.weight = change(tampered.weight)
    with pytest.raises(BackendError, match="cannot be run by the local back end"):
        tampered.check(one.vocabulary.encode(PROBE))


SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}


@pytest.mark.parametrize(
    ("architecture", "settings_of_it"),
    [
        ("gpt2", {"n_embd": 32, "n_layer": 2, "n_head": 4}),
        ("bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
        ("mamba", {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8}),
        ("granite", SMALL | {"intermediate_size": 48, "num_key_value_heads": 2, "logits_scaling": 8.0}),
        ("starcoder2", SMALL | {"intermediate_size": 48, "num_key_value_heads": 2, "sliding_window": 16}),
    ],
)
def test_other_architecture_runs_right_or_is_refused_in_one_line(architecture, settings_of_it, tmp_path):
    base = model_folder("qwen2")
    size = json.loads((base / "config.json").read_text())["vocab_size"]
    config = AutoConfig.for_model(architecture, vocab_size=size, **settings_of_it)
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, tmp_path / name)
    try:
        one = LocalBackend(tmp_path, device="cpu", dtype="float32")
    except BackendError as error:
        assert architecture in str(error)
        assert "\n" not in str(error)
    else:
        one.runner.check(list(range(300, 360)))


def test_adapters_share_one_base_and_are_switched_by_stage():
    adapted, bare = adapted_backend(), backend("gemma3_text")
    rounds = Rounds(k=2)
    assert mentions(adapted.extract(TEXTS, rounds)) != mentions(bare.extract(TEXTS, rounds))
    assert answers(adapted.classify(QUESTIONS)) != answers(bare.classify(QUESTIONS))
    parameters = sum(one.numel() for one in bare.runner.model.parameters())
    held = sum(one.numel() for name, one in adapted.runner.model.named_parameters() if "lora_" not in name)
    assert held == parameters


@pytest.mark.parametrize("stage", ["extractor", "classifier"])
def test_stage_with_its_adapter_has_the_logits_of_that_adapter_alone(stage):
    from peft import PeftModel

    base = AutoModelForCausalLM.from_pretrained(model_folder("gemma3_text"), dtype=torch.float32)
    alone = PeftModel.from_pretrained(base, str(adapter_folder(stage))).eval()
    tokens = draw_tokens(random.Random(4), 40)
    with torch.inference_mode():
        wanted = alone(input_ids=torch.tensor([tokens])).logits[0, -1, IDS].double().numpy()
    runner = adapted_backend().runner
    for _ in range(2):  # there and back
        runner.use("classifier" if stage == "extractor" else "extractor")
        runner.use(stage)
        hidden = runner.forward(runner.new_cache(1, 64), [Feed(tokens)])
        (ours,) = runner.logits(hidden, [Pick(0, 39, IDS)])
        assert np.abs(ours - wanted).max() < 1e-4


def test_bare_base_is_back_when_no_adapter_is_in_use():
    runner = adapted_backend().runner
    tokens = draw_tokens(random.Random(5), 40)
    runner.use("extractor")
    runner.use(None)
    hidden = runner.forward(runner.new_cache(1, 64), [Feed(tokens)])
    (ours,) = runner.logits(hidden, [Pick(0, 39, IDS)])
    assert np.abs(ours - true_logits("gemma3_text", tokens)[-1]).max() < 1e-6


@pytest.mark.parametrize("stage", ["extractor", "classifier"])
def test_one_adapter_leaves_the_other_stage_on_the_bare_base(stage):
    one = LocalBackend(model_folder("gemma3_text"), {stage: adapter_folder(stage)}, device="cpu", dtype="float32")
    bare = backend("gemma3_text")
    same_mentions = mentions(one.extract(TEXTS, Rounds(k=1))) == mentions(bare.extract(TEXTS, Rounds(k=1)))
    same_answers = answers(one.classify(QUESTIONS)) == answers(bare.classify(QUESTIONS))
    assert (same_mentions, same_answers) == (stage != "extractor", stage != "classifier")


def broken(tmp_path, source, change):
    """A copy of a folder with something changed in it."""
    folder = tmp_path / "broken"
    shutil.copytree(source, folder)
    change(folder)
    return folder


def edit_json(name, **changes):
    def change(folder):
        data = json.loads((folder / name).read_text("utf-8"))
        (folder / name).write_text(json.dumps(data | changes), "utf-8")

    return change


def edit_weights(name, change_of_weights):
    def change(folder):
        save_file(change_of_weights(load_file(folder / name)), folder / name)

    return change


def cut_file(name, size=100):
    def change(folder):
        (folder / name).write_bytes((folder / name).read_bytes()[:size])

    return change


def without_last(weights):
    return dict(sorted(weights.items())[:-1])


def under_other_names(weights):
    return {name.replace("model.layers", "model.language_model.layers"): value for name, value in weights.items()}


ADAPTER, WEIGHTS = "adapter_model.safetensors", "model.safetensors"


@pytest.mark.parametrize(
    "change",
    [
        edit_json("adapter_config.json", r=8),
        edit_json("adapter_config.json", target_modules=["c_attn"]),
        edit_json("adapter_config.json", target_modules=["q_proj"]),
        edit_json("adapter_config.json", peft_type="NO_SUCH"),
        edit_weights(ADAPTER, without_last),
        edit_weights(ADAPTER, under_other_names),
        edit_weights(ADAPTER, lambda weights: {name: value[:, :-1].clone() for name, value in weights.items()}),
        edit_weights(ADAPTER, lambda _: {"x": torch.zeros(1)}),
        cut_file(ADAPTER),
        cut_file(ADAPTER, 0),
        cut_file("adapter_config.json"),
        lambda folder: (folder / ADAPTER).unlink(),
        lambda folder: (folder / "adapter_config.json").unlink(),
        lambda folder: (folder / ADAPTER).write_bytes(random.Random(0).randbytes(5000)),
    ],
    ids=[
        *(
            "rank",
            "no such modules",
            "fewer modules",
            "kind",
            "a weight missing",
            "other names",
            "shapes",
            "no weights",
        ),
        *("cut", "empty", "config cut", "no file", "no config", "garbage"),
    ],
)
def test_adapter_that_does_not_fit_is_refused_in_one_line(change, tmp_path):
    folder = broken(tmp_path, adapter_folder("extractor"), change)
    with pytest.raises(BackendError) as caught:
        LocalBackend(model_folder("gemma3_text"), {"extractor": folder}, device="cpu", dtype="float32")
    assert "extractor adapter" in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700


def test_adapter_of_another_base_is_refused(tmp_path):
    other = tmp_path / "other"
    save_model("gemma3_text", other, 1700, hidden_size=16)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(model_folder("gemma3_text") / name, other / name)
    with pytest.raises(BackendError, match="does not fit the base model"):
        LocalBackend(other, {"extractor": adapter_folder("extractor")}, device="cpu", dtype="float32")


def test_second_adapter_that_does_not_fit_is_refused_by_its_stage(tmp_path):
    folder = broken(tmp_path, adapter_folder("classifier"), edit_json("adapter_config.json", r=2))
    adapters = {"extractor": adapter_folder("extractor"), "classifier": folder}
    with pytest.raises(BackendError, match="the classifier adapter"):
        LocalBackend(model_folder("gemma3_text"), adapters, device="cpu", dtype="float32")


@pytest.mark.parametrize(
    "change",
    [
        cut_file(WEIGHTS),
        cut_file(WEIGHTS, 0),
        edit_weights(WEIGHTS, without_last),
        edit_weights(WEIGHTS, lambda weights: {name: value[:-1].clone() for name, value in weights.items()}),
        cut_file("config.json"),
        lambda folder: (folder / "config.json").write_text("[]"),
        edit_json("config.json", model_type="no_such"),
        cut_file("tokenizer.json"),
        cut_file("tokenizer_config.json", 10),
        lambda folder: (folder / "tokenizer_config.json").unlink(),
        edit_json("tokenizer_config.json", eos_token="<no such token>"),
    ],
    ids=[
        *("weights cut", "weights empty", "a weight missing", "shapes", "config cut", "config no mapping"),
        *("architecture", "tokenizer cut", "settings cut", "no settings", "no end token"),
    ],
)
def test_unsound_base_model_is_refused_in_one_line(change, tmp_path):
    folder = broken(tmp_path, model_folder("qwen2"), change)
    with pytest.raises(BackendError) as caught:
        LocalBackend(folder, device="cpu", dtype="float32")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700


@pytest.mark.parametrize("wrong", [{"device": "abacus"}, {"device": "cuda:99"}, {"dtype": "int3"}, {"batch_size": 0}])
def test_unknown_device_dtype_or_batch_size_is_refused(wrong):
    with pytest.raises(BackendError) as caught:
        LocalBackend(model_folder("qwen2"), **{"device": "cpu", "dtype": "float32", **wrong})
    assert "\n" not in str(caught.value)


def test_device_and_dtype_have_defaults_that_work():
    device = choose_device(None)
    assert choose_dtype(None, device) in (torch.float32, torch.bfloat16)
    assert choose_dtype("float16", device) is torch.float16


@pytest.mark.parametrize(
    "words",
    [
        "DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 4000000000000000 bytes. Error code 12 (Cannot allocate memory)",
    ],
)
def test_torch_s_words_for_no_memory_are_understood(words):
    assert is_out_of_memory(RuntimeError(words))
    assert is_out_of_memory(MemoryError()) and is_out_of_memory(torch.OutOfMemoryError())
    assert not is_out_of_memory(RuntimeError("shapes do not match"))


def test_real_lack_of_memory_is_understood():
    with pytest.raises((RuntimeError, MemoryError)) as caught:
        torch.empty(2**55)
    assert is_out_of_memory(caught.value)


@pytest.fixture
def small_memory(monkeypatch):
    """A back end whose passes hold at most so many rows."""
    one = backend("qwen2")
    monkeypatch.setattr(one, "batch_size", 16)
    one.scorer.stems.clear()
    whole = Runner.forward

    def limit(rows):
        def forward(self, cache, feeds):
            if len(feeds) > rows:
                raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.")
            return whole(self, cache, feeds)

        monkeypatch.setattr(Runner, "forward", forward)

    return one, limit


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_memory_that_runs_out_makes_batches_smaller_and_answers_the_same(small_memory, rows):
    one, limit = small_memory
    wanted, named = one.extract(TEXTS, Rounds(k=1)), one.classify(QUESTIONS)
    one.scorer.stems.clear()
    limit(rows)
    again, renamed = one.extract(TEXTS, Rounds(k=1)), one.classify(QUESTIONS)
    for found, other in zip(wanted, again, strict=True):
        assert [part[:2] for part in found.rounds[0].mentions] == [part[:2] for part in other.rounds[0].mentions]
    assert [answer.type for answer in named] == [answer.type for answer in renamed]
    assert 1 <= one.batch_size <= max(rows, 1)


def test_memory_for_not_even_one_text_is_one_clear_error(small_memory):
    one, limit = small_memory
    limit(0)
    for work in (lambda: one.extract(TEXTS, Rounds(k=1)), lambda: one.classify(QUESTIONS)):
        with pytest.raises(BackendError, match=r"memory of cpu ran out with a single text; lower max_chars") as caught:
            work()
        assert "\n" not in str(caught.value)


def test_error_that_has_nothing_to_do_with_memory_is_not_swallowed(monkeypatch):
    def forward(self, cache, feeds):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(Runner, "forward", forward)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        backend("qwen2").extract(["Rome"], Rounds(k=1))


def test_text_that_does_not_fit_the_context_is_refused_with_what_helps():
    with pytest.raises(BackendError, match=r"do not fit the model's context.*max_chars"):
        backend("qwen2").extract(["東" * 5000], Rounds(k=1))


@EACH_MODEL
def test_whitespace_beside_a_text_has_no_mentions_and_harms_no_neighbour(model):
    one = backend(model)
    alone = mentions(one.extract(["Rome fell."], Rounds(k=2)))
    assert mentions(one.extract([" ", "Rome fell.", "\n"], Rounds(k=2)))[1] == alone[0]
    assert mentions(one.extract([" \n "], Rounds(k=2))) == [[(), ()]]


@EACH_MODEL
def test_nothing_asked_is_nothing_answered(model):
    assert backend(model).extract([], Rounds()) == []
    assert backend(model).classify([]) == []


@EACH_MODEL
def test_tokens_of_a_prompt_are_what_transformers_reads(model):
    """Special tokens of a template count, what looks like one in a text does not."""
    one = backend(model)
    template = one.template["extractor"]
    text = "Rome <eos> <|im_end|> fell."
    tokens = [*template.head, *template.prompt_tokens(text)]
    special = [number for number in tokens if number not in one.vocabulary.ids.values()]
    before = {"qwen2": 0, "gemma3_text": 1, "llama": 3}[model]
    assert len(special) == before
    assert text.encode() in one.vocabulary.spell(tokens)
    end = {"qwen2": "<|endoftext|>", "gemma3_text": "<eos>", "llama": "<|im_end|>"}[model]
    assert template.end == one.vocabulary.tokenizer.token_to_id(end)


def test_chat_template_is_rendered_as_transformers_does():
    from transformers import PreTrainedTokenizerFast

    folder = model_folder("llama")
    theirs = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    theirs.chat_template = json.loads((folder / "tokenizer_config.json").read_text())["chat_template"]
    wanted = theirs.apply_chat_template([{"role": "user", "content": "Rome fell."}], add_generation_prompt=True)
    template = backend("llama").template["extractor"]
    assert [*template.head, *template.prompt_tokens("Rome fell.")] == list(wanted["input_ids"])


@EACH_MODEL
def test_demonstrations_are_shown_before_the_prompt_and_run_once(model):
    shown = {"extractor": [Demonstration("It rained in Rome.", "It rained in ##Rome##.")]}
    one = LocalBackend(model_folder(model), demonstrations=shown, device="cpu", dtype="float32")
    assert b"It rained in ##Rome##." in one.vocabulary.spell(one.template["extractor"].head)
    assert b"rained" not in one.vocabulary.spell(one.template["classifier"].head)
    (found,) = one.extract(["Ada"], Rounds(k=1))
    assert found.cost.tokens_in > len(one.template["extractor"].head)
    before = one.runner.passes
    one.extract(["Ada"], Rounds(k=1))
    again = one.runner.passes - before
    one.runner._heads.clear()
    before = one.runner.passes
    one.extract(["Ada"], Rounds(k=1))
    assert one.runner.passes - before == again + 1


def test_description_names_device_dtype_and_architecture():
    assert backend("llama").description == {"device": "cpu", "dtype": "float32", "model_type": "llama"}


def test_close_forgets_saved_stems():
    one = backend("llama")
    one.classify(QUESTIONS[:1])
    assert one.scorer.stems.held
    one.close()
    assert not one.scorer.stems.held


def test_windows_that_are_answered_do_not_keep_their_legal_tokens(monkeypatch):
    """A text of 1 MB has 1,700 windows, and each one's lock works out some hundred kilobytes."""
    live, most = WeakSet(), []

    class Watched(CopyLock):
        def __init__(self, *given):
            super().__init__(*given)
            live.add(self)

        def spans(self, tokens):
            most.append(sum(bool(lock._legal) for lock in live))
            return super().spans(tokens)

    monkeypatch.setattr(backend_module, "CopyLock", Watched)
    monkeypatch.setattr(backend("qwen2"), "batch_size", 2)
    backend("qwen2").extract([f"Rome {number}" for number in range(10)], Rounds(k=1))
    assert max(most) <= 2 * 2
