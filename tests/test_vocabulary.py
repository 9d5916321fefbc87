"""The bytes behind tokens: both families of tokenizers, exact spelling of any text, vocabularies that are refused."""

import json

import pytest
from hypothesis import given
from tokenizers import AddedToken, Tokenizer, models

from cascadener_models.backends.base import BackendError
from cascadener_models.backends.local.vocabulary import MAX_TOKEN_BYTES, Vocabulary
from tests.strategies import LIGHT
from tests.tiny_models import HOSTILE, SPECIALS, corpus_texts, hostile_texts, tokenizer_text, vocabulary

FAMILIES = pytest.mark.parametrize("family", ["byte-level", "byte-fallback"])


def changed(family, change):
    """A tokenizer of which ``change`` has edited the JSON."""
    data = json.loads(tokenizer_text(family))
    change(data)
    return Tokenizer.from_str(json.dumps(data))


@FAMILIES
@LIGHT
@given(text=hostile_texts())
def test_exact_tokens_of_any_text_spell_its_bytes(family, text):
    known = vocabulary(family)
    assert known.spell(known.encode_exactly(text)) == text.encode()
    assert known.spell(known.longest_match(text.encode())) == text.encode()


@FAMILIES
def test_corpus_text_keeps_the_tokenizers_own_tokens(family):
    known = vocabulary(family)
    assert all(known.encode_exactly(text) == known.encode(text) for text in corpus_texts()[:80])


@FAMILIES
def test_bytes_of_every_token_are_what_the_tokenizer_decodes(family):
    known = vocabulary(family)
    for data, number in known.ids.items():
        written = known.tokenizer.decode([number], skip_special_tokens=False)
        assert written == data.decode("utf-8", "replace") or "\ufffd" in written


@FAMILIES
def test_special_tokens_cannot_be_spelled_by_a_text(family):
    known = vocabulary(family)
    for name in SPECIALS[family]:
        number = known.tokenizer.token_to_id(name)
        assert number not in known.ids.values()
        assert number not in known.encode(f"a {name} b {name}")
        assert known.spell([number]) == b""


@FAMILIES
def test_every_byte_of_utf8_and_every_marker_token_is_known(family):
    known = vocabulary(family)
    assert all(bytes([byte]) in known.ids for byte in "".join(HOSTILE).encode())
    held = {number for pairs in known.marked.values() for _, number in pairs}
    assert held == {number for data, number in known.ids.items() if b"#" in data}
    assert all(data.startswith(before + b"#") for before, pairs in known.marked.items() for data, _ in pairs)
    assert {b"##", b" ##", b"####"} <= known.ids.keys()


@FAMILIES
def test_tokens_longer_than_the_limit_are_left_out(family):
    def lengthen(data):
        size = max(data["model"]["vocab"].values(), default=0) + 100
        data["model"]["vocab"] |= {"x" * MAX_TOKEN_BYTES: size, "x" * (MAX_TOKEN_BYTES + 1): size + 1}

    known = Vocabulary(changed(family, lengthen))
    assert known.max_bytes == MAX_TOKEN_BYTES
    assert b"x" * (MAX_TOKEN_BYTES + 1) not in known.ids


@FAMILIES
def test_added_tokens_are_read_as_text_not_in_the_alphabet_of_bytes(family):
    tokenizer = Tokenizer.from_str(tokenizer_text(family))
    names = ["Ãéà", "     ", "é\u0301x"]
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in names])
    known = Vocabulary(tokenizer)
    assert b"\xc3\xe9\xe0" not in known.ids
    for name in names:
        assert known.ids[name.encode()] == tokenizer.token_to_id(name)
        assert known.encode_exactly(f"a{name}b") == known.encode(f"a{name}b")


@FAMILIES
def test_vocabulary_is_the_same_each_time_it_is_read(family):
    tokenizer = Tokenizer.from_str(tokenizer_text(family))
    twins = [data.decode() for data in sorted(vocabulary(family).ids) if b" " in data and data.isascii()]
    tokenizer.add_tokens([AddedToken(twin, normalized=False) for twin in twins if len(twin) > 1])
    text = tokenizer.to_str()
    first, *others = [Vocabulary(Tokenizer.from_str(text)) for _ in range(6)]
    assert all(other.ids == first.ids for other in others)


def test_tokenizer_without_a_byte_is_refused_by_the_byte():
    def forget(data):
        del data["model"]["vocab"]["<0xE4>"]

    with pytest.raises(BackendError, match="no token for byte 0xe4"):
        Vocabulary(changed("byte-fallback", forget))


def test_byte_that_no_text_holds_may_be_missing():
    def forget(data):
        del data["model"]["vocab"]["<0xFF>"]

    assert b"\xff" not in Vocabulary(changed("byte-fallback", forget)).ids


@pytest.mark.parametrize("decoder", [None, {"type": "WordPiece", "prefix": "##", "cleanup": True}])
def test_tokenizer_of_another_family_is_refused_in_one_line(decoder):
    def replace(data):
        data["decoder"] = decoder

    with pytest.raises(BackendError, match="neither byte-level BPE nor") as caught:
        Vocabulary(changed("byte-level", replace))
    assert "\n" not in str(caught.value)


def test_unigram_model_with_byte_fallback_is_read():
    pieces = [("<unk>", 0.0), *((f"<0x{byte:02X}>", -9.0) for byte in range(256)), ("▁", -1.0), ("▁Ro", -2.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    donor = json.loads(tokenizer_text("byte-fallback"))
    data = json.loads(tokenizer.to_str()) | {"decoder": donor["decoder"], "normalizer": donor["normalizer"]}
    known = Vocabulary(Tokenizer.from_str(json.dumps(data)))
    assert known.spell(known.encode_exactly(" Rome 東")) == " Rome 東".encode()
