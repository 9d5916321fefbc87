"""The server back end against a real server: `transformers serve` on loopback, with tiny models made on the spot.

One model has learnt four sentences and two questions by heart, so that its answers are known; the other is random, so
that its answers are none.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from cascadener_models.backends.base import BackendError, Found, Question, Rounds
from cascadener_models.backends.chat import ChatBackend
from cascadener_models.prompts import MARKER, classification_prompt, extraction_answer, extraction_prompt

pytestmark = pytest.mark.slow

SENTENCES = {
    "Rome fell to Alaric.": [(0, 4), (13, 19)],
    "居里夫人住在巴黎。": [(0, 4), (6, 8)],
    "Пушкин родился в Москве 🐱.": [(0, 6), (17, 23)],
    "It rained all day.": [],
}
TYPES = ("person", "city")
QUESTIONS = {("Rome fell to Alaric.", (0, 4)): "city", ("Rome fell to Alaric.", (13, 19)): "person"}
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def pairs():
    """Return all prompts and their answers."""
    extractions = [(extraction_prompt(text), extraction_answer(text, spans)) for text, spans in SENTENCES.items()]
    return extractions + [(classification_prompt(*asked, TYPES), type_) for asked, type_ in QUESTIONS.items()]


def make_tokenizer():
    """Return a byte-level tokenizer with a chat template, trained on the prompts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    special = ["<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    bare.train_from_iterator([text for pair in pairs() for text in pair], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bare, eos_token=special[0], pad_token=special[0])
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def make_model(tokenizer, folder, steps):
    """Write a tiny Llama that was trained on the prompts for a number of steps."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    end = tokenizer.eos_token_id
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=512,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
    )
    model = LlamaForCausalLM(config)
    asked = [f"<|user|>{prompt}<|end|><|assistant|>" for prompt, _ in pairs()]
    whole = tokenizer([a + answer + "<|end|>" for a, (_, answer) in zip(asked, pairs(), strict=True)], padding=True)
    ids = torch.tensor(whole["input_ids"])
    labels = ids.masked_fill(torch.tensor(whole["attention_mask"]) == 0, -100)
    for row, prompt in enumerate(asked):
        labels[row, : len(tokenizer(prompt)["input_ids"])] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(steps):
        loss = model(ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return loss.item() if steps else None


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def transformers_serve(log):
    """Run `transformers serve`; yield its address."""
    port = free_port()
    command = [Path(sys.executable).with_name("transformers"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    with (
        log.open("wb") as output,
        subprocess.Popen([*command, "--device", "cpu"], env=offline, stdout=output, stderr=subprocess.STDOUT) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for(url, server, log):
    """Wait until a server answers."""
    end = time.monotonic() + 180
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text(errors="replace")
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"the server did not come up: {log.read_text(errors='replace')}")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Yield the address of the server, and the folders of the model that has learnt and of the random one."""
    for package in ("torch", "transformers", "fastapi", "uvicorn", "rapidfuzz"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("served")
    tokenizer = make_tokenizer()
    assert make_model(tokenizer, folder / "learnt", 200) < 0.01
    make_model(tokenizer, folder / "random", 0)
    with transformers_serve(folder / "log.txt") as url:
        yield url, str(folder / "learnt"), str(folder / "random")


@pytest.fixture
def backend(served):
    url, learnt, _ = served
    asker = ChatBackend(url, extractor=learnt, timeout=120)
    yield asker
    asker.close()


def test_every_round_is_extracted_and_aligned(backend):
    results = backend.extract(list(SENTENCES), Rounds(k=3, temperature=0.1))
    for (text, spans), result in zip(SENTENCES.items(), results, strict=True):
        first, *others = result.rounds
        assert (first.mentions, first.unaligned, first.failure) == (tuple(Found(*span) for span in spans), 0, ""), text
        assert len(others) == 2
        assert result.cost.passes == 3
        assert result.cost.tokens_in >= 3 * 4
        assert result.cost.tokens_out >= 3 * text.count(" ")


def test_the_first_round_is_the_same_every_time(backend):
    text = next(iter(SENTENCES))
    once, again = (backend.extract([text], Rounds(k=1))[0].rounds for _ in range(2))
    assert once == again


def test_questions_are_answered_from_the_list(backend):
    answers = backend.classify([Question(text, span, TYPES) for text, span in QUESTIONS])
    assert [answer.type for answer in answers] == list(QUESTIONS.values())
    assert all(answer.cost.tokens_in > answer.cost.tokens_out > 0 for answer in answers)


def test_a_model_that_writes_nonsense_yields_nothing_and_no_error(served):
    url, learnt, random = served
    asker = ChatBackend(url, extractor=random, classifier=learnt, timeout=120)
    for result in asker.extract(list(SENTENCES), Rounds(k=2)):
        for found in result.rounds:
            assert not found.mentions
            assert found.failure or found.unaligned
    (answer,) = asker.classify([Question(*next(iter(QUESTIONS)), TYPES)])
    assert answer.type == "city"
    asker.close()


def test_a_text_with_markers_of_its_own(backend):
    (result,) = backend.extract([f"{MARKER}1 of 2 {MARKER}"], Rounds(k=1))
    for start, end, _ in result.rounds[0].mentions:
        assert 0 <= start < end <= 11


def test_a_model_that_is_not_there(served):
    url, *_ = served
    asker = ChatBackend(url, extractor="no/such-model", retries=0, timeout=120)
    try:
        (result,) = asker.extract(["Rome fell."], Rounds(k=1))
    except BackendError as error:  # as it should be; transformers 5.23 says 500
        assert "no/such-model" in str(error)
    else:
        assert "status 5" in result.rounds[0].failure
    asker.close()
