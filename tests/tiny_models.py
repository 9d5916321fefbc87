"""Tiny random models for the local back end: made once a session, from nothing but the packaged corpus.

Their weights are drawn wide, so that markers are really opened and closed and choices depend on everything before them.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import AutoConfig, AutoModelForCausalLM

from cascadener_models.backends.local.backend import LocalBackend
from cascadener_models.backends.local.vocabulary import Vocabulary
from cascadener_models.prompts import extraction_answer
from dynamicner_dataset.corpus import read_corpus
from dynamicner_dataset.languages import LANGUAGES
from tests.strategies import TRICKY, WORDS

SENTENCES_A_LANGUAGE = 40
VOCABULARY_SIZE = 1500
SPECIALS = {
    "byte-level": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    "byte-fallback": ["<pad>", "<eos>", "<bos>", "<unk>"],
}
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
#: What all architectures share.
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 4096,
}
WINDOW = 16
#: Architectures that the back end claims to run, with what is peculiar to each.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "qwen2": {"tie_word_embeddings": True},
    "gemma3_text": {
        "sliding_window": WINDOW,
        "layer_types": ["sliding_attention", "full_attention"],
        "query_pre_attn_scalar": 8,
    },
    "llama": {"tie_word_embeddings": False},
    "mistral": {"sliding_window": WINDOW},
    "qwen3": {},
}
FAMILIES = {"gemma3_text": "byte-fallback"}
#: The models that tests of copying and scoring go through: both families of tokenizers, a chat template.
MODELS = ("qwen2", "gemma3_text", "llama")
#: More that copies trip over: flags, families, keycaps, syllables in parts, right-to-left, signs, lookalikes of tokens.
HOSTILE = [
    *("🇫🇷🇩🇪", "👨\u200d👩\u200d👧\u200d👦", "👍🏽", "1\ufe0f\u20e3", "🏴\U000e0067\U000e0062\U000e007f", "ﾊﾞ", "\u200c"),
    *("שלום", "مرحبا", "\u202eabc\u202c", "\u2066x\u2069", "\ue000", "\uf8ff", "\U000f0000", "\ufffd", "\x01", "\x1b"),
    *("#", "##", "####", "###", "#x#", "＃", "﹟♯⌗", "▁", "▁▁", "Ġ", "Ċ", "<0xE4>", "<eos>", "<bos>", "<unused0>"),
    *("<|im_end|>", "<|endoftext|>", "\n\n", "\r\n\r\n", "   ", "a\u0301a", "İ", "ǅ", "ß", "ﬁ"),
]


@st.composite
def hostile_texts(draw: st.DrawFn, most: int = 10) -> str:
    """A text that is not blank: words of eight languages, tricky pieces, and any characters but halves of pairs."""
    words = [word for language in WORDS.values() for word in language]
    pieces = st.one_of(
        st.sampled_from(words),
        st.sampled_from(TRICKY),
        st.sampled_from(HOSTILE),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    )
    text = "".join(piece + draw(st.sampled_from(["", " "])) for piece in draw(st.lists(pieces, max_size=most)))
    return text if text.strip() else text + draw(st.sampled_from(words))


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Tiny matrices on many threads of a busy machine take fifty times as long as on one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def root() -> Path:
    """The folder of all that is made here; gone when Python ends."""
    folder = Path(tempfile.mkdtemp(prefix="tiny-models-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def corpus_lines() -> tuple[str, ...]:
    """A few sentences of each language, plain and marked."""
    lines = []
    for lang in LANGUAGES:
        for sentence in islice(read_corpus(lang), SENTENCES_A_LANGUAGE):
            spans = [(mention.start, mention.end) for mention in sentence.mentions]
            lines += [sentence.text, extraction_answer(sentence.text, spans)]
    return (*lines, *["####"] * 20, *["a #b c#"] * 20)


@cache
def corpus_texts() -> tuple[str, ...]:
    """The plain sentences, languages side by side."""
    by_language = [
        [sentence.text for sentence in islice(read_corpus(lang), SENTENCES_A_LANGUAGE)] for lang in LANGUAGES
    ]
    return tuple(text for row in zip(*by_language, strict=True) for text in row)


def byte_level_tokenizer() -> Tokenizer:
    """As Qwen has it: NFC, byte-level BPE."""
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=SPECIALS["byte-level"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus_lines(), trainer)
    return tokenizer


def byte_fallback_tokenizer() -> Tokenizer:
    """As Gemma has it: spaces as ``▁``, unknown characters as byte tokens, line breaks as added tokens."""
    trained = Tokenizer(BPE())
    trained.normalizer = normalizers.Replace(" ", "▁")
    # Rare characters are left out here, as limit_alphabet does it in an order that differs from run to run.
    counts = Counter("".join(corpus_lines()))
    lines = ["".join(sign for sign in line if counts[sign] > 5) for line in corpus_lines()]
    trained.train_from_iterator(lines, BpeTrainer(vocab_size=VOCABULARY_SIZE, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    pieces = sorted(model["vocab"], key=model["vocab"].get)
    merges = [tuple(pair) for pair in model["merges"]]
    merges += [pair for pair in [("#", "#"), ("##", "##"), ("▁", "##")] if pair not in merges]
    wanted = [*SPECIALS["byte-fallback"], *(f"<0x{byte:02X}>" for byte in range(256)), *pieces, "##", "####", "▁##"]
    vocab = {piece: number for number, piece in enumerate(dict.fromkeys(wanted))}
    tokenizer = Tokenizer(BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in SPECIALS["byte-fallback"]])
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in ("\n", "\n\n", "<unused0>")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", vocab["<bos>"])]
    )
    return tokenizer


@cache
def tokenizer_text(family: str) -> str:
    """The tokenizer of a family, as JSON."""
    return {"byte-level": byte_level_tokenizer, "byte-fallback": byte_fallback_tokenizer}[family]().to_str()


@cache
def vocabulary(family: str) -> Vocabulary:
    """The vocabulary of a family, as the back end reads it."""
    return Vocabulary(Tokenizer.from_str(tokenizer_text(family)))


def widen(model: Any, seed: int, std: float = 0.4) -> None:
    """Draw all matrices anew, and the norms a little off one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, std, generator=generator)
            else:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)


@cache
def model_folder(architecture: str) -> Path:
    """The folder of a tiny model: config, weights, tokenizer; for llama a chat template too."""
    family = FAMILIES.get(architecture, "byte-level")
    folder = root() / architecture
    folder.mkdir()
    text = tokenizer_text(family)
    size = Tokenizer.from_str(text).get_vocab_size(with_added_tokens=True)
    save_model(architecture, folder, size)
    (folder / "tokenizer.json").write_text(text, "utf-8")
    names = {
        "byte-level": {"eos_token": "<|endoftext|>"},
        "byte-fallback": {"eos_token": "<eos>", "bos_token": "<bos>"},
    }
    settings: dict[str, Any] = dict(names[family])
    if architecture == "llama":
        settings |= {"eos_token": {"content": "<|im_end|>"}, "chat_template": CHAT_TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return folder


def save_model(architecture: str, folder: Path, size: int, **changes: Any) -> None:
    """Write config and random weights of a tiny model."""
    settings = {**SIZES, **ARCHITECTURES.get(architecture, {}), **changes}
    config = AutoConfig.for_model(
        architecture, vocab_size=size, bos_token_id=None, eos_token_id=None, pad_token_id=None, **settings
    )
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    widen(model, sum(map(ord, architecture)))
    model.save_pretrained(folder)


@cache
def reference(architecture: str) -> Any:
    """transformers' own model, apart from the back end's."""
    return AutoModelForCausalLM.from_pretrained(model_folder(architecture), dtype=torch.float32).eval()


@cache
def backend(architecture: str) -> LocalBackend:
    """The back end on a tiny model."""
    return LocalBackend(model_folder(architecture), device="cpu", dtype="float32")


@cache
def adapter_folder(stage: str, *, rank: int = 4, base: str = "gemma3_text") -> Path:
    """The folder of a LoRA adapter whose weights are not zero."""
    from peft import LoraConfig, get_peft_model

    folder = root() / f"adapter-{stage}-{rank}-{base}"
    model = AutoModelForCausalLM.from_pretrained(model_folder(base), dtype=torch.float32)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=["q_proj", "v_proj", "down_proj"])
    peft = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(sum(map(ord, stage)))
    with torch.no_grad():
        for name, parameter in peft.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.3, generator=generator)
    peft.save_pretrained(folder)
    return folder


@cache
def adapted_backend() -> LocalBackend:
    """The back end with both adapters on tiny Gemma."""
    adapters = {stage: adapter_folder(stage) for stage in ("extractor", "classifier")}
    return LocalBackend(model_folder("gemma3_text"), adapters, device="cpu", dtype="float32")
