"""Windows: every character in exactly one, cut at sentence borders, fast on any text."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.windows import MAX_CHARS, cut
from tests.strategies import LIGHT
from tests.tiny_models import corpus_texts, hostile_texts

LONG = st.lists(hostile_texts(), max_size=6).map("".join)
SIZES = st.one_of(st.integers(1, 12), st.integers(13, 80))


@LIGHT
@given(text=st.one_of(LONG, st.text(" \n.a。!", max_size=60), st.text(max_size=40)), size=SIZES)
def test_windows_cover_all_but_spaces_in_order_and_none_is_too_long(text, size):
    at = 0
    for start, end in cut(text, size):
        assert not text[at:start].strip()
        assert 0 < end - start <= size
        assert text[start:end].strip()
        at = end
    assert not text[at:].strip()


@LIGHT
@given(text=LONG)
def test_text_that_fits_is_one_window(text):
    assert cut(text, max(len(text), 1)) == ([(0, len(text))] if text.strip() else [])


@LIGHT
@given(text=LONG, size=st.integers(30, 80))
def test_words_that_fit_are_not_cut(text, size):
    for _, end in cut(text, size)[:-1]:
        around = text[end - 1 : end + 1]
        word = max(map(len, text.split()), default=0)
        sentence_end = text[end - 1] in "。！？」』”’）"
        assert word >= size // 2 or sentence_end or any(sign.isspace() for sign in around)


@pytest.mark.parametrize("character", ["é", "か\u3099", "и\u0306", "👍🏽", "❤\ufe0f", "1\ufe0f\u20e3", "a\u0483", "नि"])
@pytest.mark.parametrize("size", [5, 6, 7, 8, 13])
def test_no_window_begins_with_a_mark(character, size):
    text = unicodedata.normalize("NFD", character) * 40
    windows = cut(text, size)
    assert "".join(text[start:end] for start, end in windows) == text
    for start, _ in windows:
        assert not unicodedata.category(text[start]).startswith("M")
        assert not "\U0001f3fb" <= text[start] <= "\U0001f3ff"


@pytest.mark.parametrize(
    "character",
    ["👨\u200d👩\u200d👧\u200d👦", "🇫🇷", "\u1112\u1161\u11ab", "ﾊ\uff9e", "🏴\U000e0067\U000e0062\U000e007f"],
)
@pytest.mark.parametrize("size", [9, 10, 11, 20])
def test_no_window_begins_inside_what_is_read_as_one_character(character, size):
    text = character * 40
    windows = cut(text, size)
    assert "".join(text[start:end] for start, end in windows) == text
    assert all(start % len(character) == 0 for start, _ in windows)


def test_marks_longer_than_a_window_are_cut_all_the_same_into_full_windows():
    text = "a" + "\u0301" * 500
    windows = cut(text, 80)
    assert "".join(text[start:end] for start, end in windows) == text
    assert len(windows) <= 2 * len(text) / 80


@pytest.mark.parametrize(
    ("text", "size", "pieces"),
    [
        ("One sentence. Another one.", 16, ["One sentence. ", "Another one."]),
        ('He said "Stop!" Then he left.', 20, ['He said "Stop!" ', "Then he left."]),
        ("今日は雨。明日は晴れ。終わり。", 8, ["今日は雨。", "明日は晴れ。", "終わり。"]),
        ("「はい。」彼は言った。", 7, ["「はい。」", "彼は言った。"]),
        ("It cost 3.50 euros in all", 14, ["It cost 3.50 ", "euros in all"]),
        ("first line\nsecond line", 15, ["first line\n", "second line"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("   ", 1, []),
        ("", 5, []),
    ],
)
def test_cut_is_at_the_last_sentence_end_else_a_space_else_anywhere(text, size, pieces):
    assert [text[start:end] for start, end in cut(text, size)] == pieces


def test_corpus_sentences_are_whole_in_their_windows():
    text = " ".join(corpus_texts()[:80])
    for start, end in cut(text)[:-1]:
        assert text[end - 1].isspace() or text[end - 1] in "。！？」』”’）"
        assert end - start > MAX_CHARS // 4


@pytest.mark.parametrize("sign", ["a", " ", ".", "\n", ". ", "。", "a. ", "👍🏽", '."', "!\n"])
def test_megabyte_of_anything_is_cut_in_under_two_seconds(sign):
    text = (sign * (1_000_000 // len(sign)))[:1_000_000]
    began = time.process_time()
    windows = cut(text)
    assert time.process_time() - began < 2
    assert "".join("".join(text[start:end] for start, end in windows).split()) == "".join(text.split())


def test_time_for_flags_grows_no_faster_than_their_number():
    began = time.process_time()
    assert all(start % 2 == 0 for start, _ in cut("🇫🇷" * 150_000))
    assert time.process_time() - began < 2


@pytest.mark.parametrize("sign", [".", " .", "\n "])
def test_large_windows_of_one_sign_are_cut_fast_too(sign):
    text = (sign * 20_000)[:20_000] + "a"
    began = time.process_time()
    cut(text, 10_000)
    assert time.process_time() - began < 0.5
