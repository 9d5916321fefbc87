"""The copy lock: whatever is chosen among the legal tokens, the answer is a marked copy and the spans are exact."""

import random
import unicodedata
from itertools import takewhile

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.backends.local.copy_lock import START, CopyLock, Mode, State, parts
from cascadener_models.prompts import MARKER, extraction_answer, neutralise
from tests.strategies import LIGHT, texts
from tests.tiny_models import HOSTILE, corpus_lines, hostile_texts, vocabulary

FAMILIES = pytest.mark.parametrize("family", ["byte-level", "byte-fallback"])
ANY_TEXT = st.one_of(hostile_texts(), st.sampled_from(["en", "zh", "es", "fr", "de", "ja", "ko", "ru"]).flatmap(texts))
SEEDS = st.integers(0, 2**32)


def walk(lock, rng):
    """Tokens of a random legal answer; markers are as likely as copying."""
    state, tokens = START, []
    while state != lock.end:
        legal = lock.legal(state)
        assert legal.tokens, f"no legal token at {state}"
        assert len(tokens) <= 5 * len(lock.source), "the answer does not end"
        marks = [place for place, number in enumerate(legal.tokens) if b"#" in lock.vocabulary.spell([number])]
        place = rng.choice(marks) if marks and rng.random() < 0.5 else rng.randrange(len(legal.tokens))
        tokens.append(legal.tokens[place])
        state = legal.states[place]
    return tokens


def blank_ends(piece):
    """How many characters of spaces a text begins and ends with; a space that carries a mark is none."""
    clusters = regex.findall(r"\X", piece)
    before = "".join(takewhile(str.isspace, clusters))
    behind = "".join(takewhile(str.isspace, reversed(clusters)))
    return len(before), len(behind)


def read(answer):
    """The mentions that a marked copy spells, read anew: (start, end) without outer spaces."""
    found, at = [], 0
    for number, piece in enumerate(answer.split(MARKER)):
        if number % 2:
            before, behind = blank_ends(piece)
            found.append((at + before, at + len(piece) - behind))
        at += len(piece)
    return found


def reachable(lock):
    """All states that legal tokens lead to."""
    seen, waiting = {START}, [START]
    while waiting:
        for after in lock.legal(waiting.pop()).states:
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


@FAMILIES
@LIGHT
@given(text=ANY_TEXT, seed=SEEDS)
def test_random_legal_answer_ends_and_is_a_marked_copy_with_exact_spans(family, text, seed):
    lock = CopyLock(text, vocabulary(family))
    tokens = walk(lock, random.Random(seed))
    answer = vocabulary(family).spell(tokens)
    shown = neutralise(text)
    assert answer.replace(b"#", b"") == shown.encode()
    written = answer.decode()  # a marker inside a character would not decode
    pieces = written.split(MARKER)
    assert len(pieces) % 2 == 1
    assert not any("#" in piece for piece in pieces)
    spans = [span for span, _, _ in lock.spans(tokens)]
    assert spans == read(written)
    ends = [0, *(place for span in spans for place in span)]
    assert ends == sorted(ends)
    for start, end in spans:
        mention = text[start:end]
        assert mention and blank_ends(mention) == (0, 0)
        assert shown[start:end] in written


@FAMILIES
@LIGHT
@given(text=ANY_TEXT, seed=SEEDS)
def test_no_mention_begins_or_ends_inside_a_word_or_character(family, text, seed):
    lock = CopyLock(text, vocabulary(family))
    for span, _, _ in lock.spans(walk(lock, random.Random(seed))):
        for place in span:
            before, after = lock.shown[:place][-1:], lock.shown[place : place + 1]
            if before and after:
                lone = unicodedata.category(before) in ("Cc", "Zl", "Zp")  # these carry no marks
                assert lone or not unicodedata.category(after).startswith("M"), f"before a mark: {before + after!r}"
                assert before.lower() == before.upper() or after.lower() == after.upper(), before + after
                assert lone or after != "\u200d"
                assert (before, after) != ("\r", "\n")


@FAMILIES
@LIGHT
@given(text=ANY_TEXT, seed=SEEDS)
def test_steps_of_a_span_are_the_tokens_that_open_and_close_it(family, text, seed):
    lock = CopyLock(text, vocabulary(family))
    tokens = walk(lock, random.Random(seed))
    spell = vocabulary(family).spell
    last = 0
    for _, opened, closed in lock.spans(tokens):
        assert last <= opened <= closed < len(tokens)
        assert b"#" in spell([tokens[opened]]) and b"#" in spell([tokens[closed]])
        last = closed


@FAMILIES
@LIGHT
@given(text=ANY_TEXT)
def test_every_state_but_the_end_has_legal_tokens_and_the_end_none(family, text):
    lock = CopyLock(text, vocabulary(family))
    for state in reachable(lock):
        legal = lock.legal(state)
        assert bool(legal.tokens) == (state != lock.end)
        assert legal.tokens == sorted(set(legal.tokens))
        assert len(legal.tokens) == len(legal.states) == len(legal.opens)


@FAMILIES
@pytest.mark.parametrize("text", ["Ada  é##東京. ", "a a\u0301 👍🏽 b", "la la", "#b c#", "x\r\n"])
def test_legal_tokens_are_all_of_the_vocabulary_that_keep_the_lock(family, text):
    known = vocabulary(family)
    lock = CopyLock(text, known)
    for state in reachable(lock):
        wanted = {number: after for data, number in known.ids.items() if (after := lock.step(state, data)) is not None}
        legal = lock.legal(state)
        assert dict(zip(legal.tokens, legal.states, strict=True)) == wanted
        opens = [state.mode is Mode.OUTSIDE and b"#" in known.spell([number]) for number in legal.tokens]
        assert legal.opens == opens


@FAMILIES
@LIGHT
@given(text=ANY_TEXT, size=st.integers(1, 40))
def test_drafts_are_legal_and_copy_the_text_on(family, text, size):
    known = vocabulary(family)
    lock = CopyLock(text, known)
    for state in sorted(reachable(lock)):
        draft = lock.draft(state, size)
        rest = lock.source[state.at :]
        if state.mode in (Mode.OPENING, Mode.CLOSING):  # the other half of the marker
            rest = b"#" + rest
        assert len(draft) <= size
        assert bool(draft) == bool(rest)
        assert rest.startswith(known.spell(draft))
        assert len(draft) == size or known.spell(draft) == rest
        for token in draft:
            legal = lock.legal(state)
            state = legal.states[legal.tokens.index(token)]


@FAMILIES
def test_draft_from_the_start_is_what_the_tokenizer_writes(family):
    known = vocabulary(family)
    text = "Marie Curie moved to Paris. 東京へ。"
    assert CopyLock(text, known).draft(START, 999) == known.encode(text)


@FAMILIES
def test_marked_corpus_sentence_is_legal_as_the_tokenizer_writes_it(family):
    known = vocabulary(family)
    for plain, marked in zip(corpus_lines()[:400:20], corpus_lines()[1:400:20], strict=True):
        lock, state = CopyLock(plain, known), START
        tokens = known.encode_exactly(marked)
        for token in tokens:
            legal = lock.legal(state)
            state = legal.states[legal.tokens.index(token)]
        assert state == lock.end
        assert extraction_answer(plain, [span for span, _, _ in lock.spans(tokens)]) == marked


@pytest.mark.parametrize(
    "character",
    [
        *(
            "e\u0301",
            "か\u3099",
            "ﾊ\uff9e",
            "и\u0306",
            "👍🏽",
            "👨\u200d👩\u200d👧",
            "❤\ufe0f",
            "1\ufe0f\u20e3",
            "\r\n",
        ),
        *("🇫🇷", "🏴\U000e0067\U000e0062\U000e007f", "\u1112\u1161\u11ab", "\u1112\u1161", "a\u200c", "नि"),
    ],
)
def test_no_marker_stands_inside_what_is_read_as_one_character(character):
    lock = CopyLock(f". {character} .", vocabulary("byte-level"))
    inner = range(3, 2 + len(character.encode()))
    assert not any(lock.border[place] for place in inner)
    assert lock.border[2] and lock.border[2 + len(character.encode())]


def test_marker_may_stand_between_two_flags():
    lock = CopyLock("🇫🇷🇩🇪", vocabulary("byte-level"))
    assert [place for place, border in enumerate(lock.border) if border] == [0, 8, 16]


@pytest.mark.parametrize("word", ["Élysée", "naïve", "über", "Ёлкин", "niño", "Санкт", "서울은", "ガギグ"])
def test_borders_of_a_word_in_parts_are_those_of_the_whole_word(word):
    def borders(text):
        lock = CopyLock(text, vocabulary("byte-level"))
        places = [lock.offset[at] for at, border in enumerate(lock.border) if border]
        return [unicodedata.normalize("NFC", text[:place]) for place in places]

    assert borders(unicodedata.normalize("NFD", word)) == borders(word)


def test_mention_that_opens_before_a_space_does_not_begin_with_a_mark():
    known = vocabulary("byte-level")
    lock = CopyLock("a \u0301b", known)
    state, tokens = START, []
    for piece in (b"a", b"##", b" ", b"\xcc", b"\x81"):
        if (after := lock.step(state, piece)) is None:
            return  # not legal: as good
        state = after
        tokens.append(known.ids[piece])
    for piece in (b"##", b"b"):
        tokens.append(known.ids[piece])
    ((start, _), _, _), *_ = lock.spans(tokens)
    assert not unicodedata.combining(lock.shown[start])


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        *(
            (" ", "b", True),
            ("5", "k", True),
            ("k", "5", True),
            ("日", "本", True),
            ("울", "은", True),
            ("א", "ב", True),
        ),
        *(("a", "B", False), ("я", "Я", False), ("ß", "e", False), ("ς", "α", False), ("ǆ", "a", False)),
        *((".", "A", True), ("l", "'", True), ("\x00", "a", True), ("\ue000", "a", True), ("\n", "\r", True)),
    ],
)
def test_marker_stands_beside_a_cased_letter_only_if_the_other_is_none(before, after, wanted):
    assert parts(before, after) is wanted


@FAMILIES
@pytest.mark.parametrize("text", [*(sign for sign in HOSTILE if sign.strip()), "\u0301", "a" * 300, " a", "a ", "\x00"])
def test_each_hostile_piece_alone_has_a_whole_mention(family, text):
    lock = CopyLock(text, vocabulary(family))
    opened = lock.step(START, b"##")
    assert opened == State(0, Mode.OPENED)
    inside = lock.step(opened, lock.source.rstrip()) or lock.step(opened, lock.source)
    assert inside is not None and lock.step(State(len(lock.source), Mode.INSIDE), b"##") == lock.end


def test_text_of_spaces_alone_has_one_answer_without_mentions():
    lock = CopyLock(" \n ", vocabulary("byte-level"))
    assert not any(state.mode is not Mode.OUTSIDE for state in reachable(lock))


def test_sign_is_copied_as_a_stand_in_and_spans_count_in_the_text_itself():
    known = vocabulary("byte-level")
    text = "C# and ##x## are #1"
    lock = CopyLock(text, known)
    answer = extraction_answer(text, [(0, 2), (9, 10)])
    tokens = known.longest_match(answer.encode())
    assert [text[start:end] for (start, end), _, _ in lock.spans(tokens)] == ["C#", "x"]
