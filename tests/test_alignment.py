"""Marks of unconstrained answers: placed exactly where they belong, or dropped and counted, never guessed."""

import random
import time
from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.alignment import align_answer, askable, match_type, reaches_end
from cascadener_models.prompts import MARKER, UNKNOWN, extraction_answer, neutralise
from dynamicner_dataset.corpus import read_corpus
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.languages import LANGUAGES
from tests.strategies import LIGHT, sentences

TEXT = "Marie Curie moved from Warsaw to Paris in 1891."
CURIE, WARSAW, PARIS = "Marie Curie", "Warsaw", "Paris"


def surfaces(text, answer):
    """Return the texts of the mentions an answer yields, and the number of dropped ones."""
    spans, unaligned = align_answer(text, answer)
    return [text[start:end] for start, end in spans], unaligned


@pytest.mark.parametrize(
    ("answer", "found", "unaligned"),
    [
        ("##Marie Curie## moved from ##Warsaw## to ##Paris## in 1891.", [CURIE, WARSAW, PARIS], 0),
        (TEXT, [], 0),
        ("", [], 0),
        ("   \n", [], 0),
        # Around the copy
        ("Here is the sentence:\n\n##Marie Curie## moved from Warsaw to ##Paris## in 1891.", [CURIE, PARIS], 0),
        ("```text\n##Marie Curie## moved from Warsaw to Paris in 1891.\n```", [CURIE], 0),
        ('"##Marie Curie## moved from Warsaw to Paris in 1891."', [CURIE], 0),
        ("<think>Is ##Warsaw## a city?</think>\nMarie Curie moved from Warsaw to ##Paris## in 1891.", [PARIS], 0),
        (TEXT + "\n##Marie Curie## moved from Warsaw to Paris in 1891.\nI marked ##one## mention.", [CURIE], 1),
        # Changes by the model
        ("##MARIE CURIE## moved from ##warsaw## to Paris in 1891.", [CURIE, WARSAW], 0),
        ("##Marie  Curie## moved from\n##Warsaw## to Paris in 1891", [CURIE, WARSAW], 0),
        ("##Ｍａｒｉｅ Ｃｕｒｉｅ## moved from Warsaw to ##Ｐａｒｉｓ## in １８９１．", [CURIE, PARIS], 0),
        ("##Mary Curie## moved from ##Varsovie## to ##Paris## in 1891.", [CURIE, PARIS], 1),
        ("Madame ##Curie## moved from Warsaw to ##Paris## in 1891.", ["Curie", PARIS], 0),
        ("＃＃Marie Curie＃＃ moved from Warsaw to Paris in 1891.", [CURIE], 0),
        ("## Marie Curie ## moved from## Warsaw## to Paris in 1891.", [CURIE, WARSAW], 0),
        # Markers that do not pair
        ("##Marie Curie## moved from ##Warsaw to Paris in 1891.", [CURIE], 1),
        ("Marie Curie## moved from ##Warsaw## to Paris in 1891.", [WARSAW], 1),
        ("Marie Curie## moved from ##Warsaw to Paris in 1891.", [], 1),
        ("##Marie ##Curie#### moved from Warsaw to Paris in 1891.", ["Curie"], 1),
        ("#### ##Marie Curie## moved from Warsaw to ####Paris in 1891.", [CURIE], 2),
        ("###Marie Curie### moved from Warsaw to #Paris# in 1891.", [CURIE], 0),
        ("##Marie Curie## moved from Warsaw to Paris in 1891." + "##" * 4000, [CURIE], 1),
        ("##" * 4000, [], 1),
        ("##" * 4001, [], 1),
        ("## " * 3, [], 2),
        # Not the sentence
        ("The ##Danube## flows through ##Vienna## and ##Budapest## to the sea.", [], 3),
        ("##Marie Curie##, ##Paris##", [], 2),
        ("I love ##Paris## in spring, and I always have.", [], 1),
        ("I cannot help with that.", [], 0),
        ("居里夫人从##华沙##搬到##巴黎##。", [], 2),
    ],
)
def test_marks_are_placed_or_dropped_and_counted(answer, found, unaligned):
    assert surfaces(TEXT, answer) == (found, unaligned)


@pytest.mark.parametrize(
    ("text", "answer", "found", "unaligned"),
    [
        ("", "##Rome##", [], 1),
        (" \n", "##Rome##", [], 1),
        ("  Rome fell.\n", "##Rome## fell.", ["Rome"], 0),  # chat templates trim what they are given
        ("Rome fell. Rome fell.", "Rome fell. ##Rome## fell.", ["Rome"], 0),
        ("東京は雨。", "##東京##は雨。", ["東京"], 0),
        ("東京は雨。", "##東京##は##雨。", [], 2),  # nothing tells opening from closing markers here
        ("東京都は雨。", "##東京##は雨。", ["東京"], 0),
        ("ﾄﾖﾀは愛知の会社。", "##トヨタ##は##愛知##の会社。", ["ﾄﾖﾀ", "愛知"], 0),
        ("서울은 크다.", normalize("NFD", "##서울##은 크다."), ["서울"], 0),
        (normalize("NFD", "José vive en Perú."), "##José## vive en ##Perú##.", [normalize("NFD", "José"), None], 0),
        ("I ❤\ufe0f Rome", "I ##❤## Roma", ["❤\ufe0f"], 0),
        ("Die Straße heißt Ring.", "Die ##Strasse## heisst ##Ring##.", ["Straße", "Ring"], 0),
        ("«Правда» вышла.", '"##Правда##" вышла.', ["Правда"], 0),
        ("#Lyon is in the C# club", "###Lyon## is in the ##C#### club", ["Lyon", "C"], 1),
        ("a ## b ## Rome", "a ＃＃ b ＃＃ ##Rome##", ["Rome"], 0),
        ("\ud800 Rome \udc00", "\ufffd ##Rome## \ufffd", ["Rome"], 0),
        ("\ud800 Rome \udc00", "\ud800 ##Rome## \udc00", ["Rome"], 0),
        ("Rome\r\nfell", "##Rome##\nfell", ["Rome"], 0),
        ("\u202eRome fell\u202c", "##Rome## fell", ["Rome"], 0),
        ("Rome", "Rome is ##Rome##", ["Rome"], 0),
        ("a", "A different c##a##t", [], 1),
        ("Anna met Bob.", "##Anna####met## ##Bob##.", ["Anna", "met", "Bob"], 0),
    ],
)
def test_texts_that_trip_aligners(text, answer, found, unaligned):
    spans, dropped = align_answer(text, answer)
    assert len(spans) == len(found)
    assert [text[a:b] for (a, b), want in zip(spans, found, strict=True) if want] == [want for want in found if want]
    assert dropped == unaligned


def test_each_occurrence_is_aligned_to_its_own_place():
    text = "Paris met Paris in Paris, Texas."
    assert align_answer(text, "Paris met ##Paris## in ##Paris##, Texas.").spans == ((10, 15), (19, 24))
    assert align_answer(text, "PARIS met ##PARIS## in Paris, texas.").spans == ((10, 15),)


def test_a_mention_that_fits_two_places_is_no_guess():
    text = "Rome is nice and Rome is large and old as everyone knows by now."
    assert align_answer(text, "##Rome## is large and old as everyone knows by now!") == ((), 1)
    assert align_answer("Marie Curie was here.", "##Mary## Curie was here.") == ((), 1)  # Mari or Marie?


def test_an_answer_of_a_megabyte_is_bounded_work():
    began = time.perf_counter()
    for answer in (
        "##Rome## fell. " * 70_000,
        "##" * 500_000,
        "x" * 10**6 + "##Rome##",
        "## #" * 250_000,
        "\n" * 10**6,
    ):
        spans, unaligned = align_answer("Rome fell to Alaric in 410.", answer)
        assert spans == ()
        assert unaligned == 0 or "##" in answer
    assert time.perf_counter() - began < 5


def test_a_text_too_long_to_align_is_dropped_and_counted():
    text = "".join(f"{number} is a number, " for number in range(20_000))
    assert align_answer(text, "##0## is A number, " + text[15:]) == ((), 1)
    assert align_answer(text, "##0##" + text[1:]) == (((0, 1),), 0)  # an exact copy needs no alignment


def test_a_text_without_stand_in_is_refused():
    with pytest.raises(InputError, match="no stand-in"):
        align_answer("#" + "＃﹟♯⌗" + "".join(map(chr, range(0xE000, 0xF900))), "")


def test_askable_keeps_offsets():
    assert askable("\ud83d\ude00 #1") == "\ufffd\ufffd ＃1"


def test_a_cut_answer_reaches_the_end_or_not():
    assert reaches_end(TEXT, "##Marie Curie## moved from Warsaw to Paris in 1891. ## ## ##")
    assert not reaches_end(TEXT, "##Marie Curie## moved from Warsaw to Paris in 18")
    assert not reaches_end("ha ha ha", "ha")
    assert not reaches_end(" ", "anything")


@st.composite
def marked(draw):
    """A text in one of eight languages, and flat spans without spaces at their edges, some of them adjacent."""
    sentence = draw(sentences())
    return sentence.text, [(m.start, m.end) for m in sentence.mentions]


@st.composite
def signs(draw):
    """A short text of what markers and alignment trip over."""
    text = draw(st.text(st.sampled_from("##＃﹟aßée\u0301東😀 \n\"'İ\ud800\udc00\u200b"), max_size=30))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [pair for pair in pairwise(cuts) if draw(st.booleans())]
    return text, [(a, b) for a, b in spans if text[a:b] == text[a:b].strip()]


@LIGHT
@given(st.one_of(marked(), signs()))
def test_a_copy_with_any_marks_is_read_back(case):
    text, spans = case
    assert align_answer(text, extraction_answer(text, spans)) == (tuple(spans), 0)


@LIGHT
@given(marked(), st.text(max_size=10), st.integers(0, 10**6), st.sampled_from([str.upper, str.lower, str.swapcase]))
def test_a_changed_copy_yields_only_marked_places(case, noise, at, change):
    text, spans = case
    written = change(extraction_answer(text, spans)) + noise.replace("#", "")
    cut = at % (len(written) + 1)
    check(text, written)
    check(text, written[:cut] + noise + written[cut:])


@LIGHT
@given(marked(), st.text(st.one_of(st.characters(), st.sampled_from("#####\n `")), max_size=200))
def test_any_answer_yields_sound_spans(case, answer):
    check(case[0], answer)


@LIGHT
@given(marked(), marked())
def test_the_answer_to_another_text_yields_sound_spans(case, other):
    check(case[0], extraction_answer(*other))


def check(text, answer):
    """Align, and check everything that holds for any answer."""
    spans, unaligned = align_answer(text, answer)
    assert unaligned >= 0
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        last = end
    assert len(spans) + unaligned <= answer.count("#") + answer.count("＃")
    if MARKER not in answer and "＃" not in answer:
        assert (spans, unaligned) == ((), 0)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_marks_in_damaged_copies_of_the_corpus_are_never_misplaced(lang):
    rng = random.Random(lang)
    sentences = list(read_corpus(lang))[:200]
    marked, placed = 0, 0
    for sentence in sentences:
        spans = {(mention.start, mention.end) for mention in sentence.mentions}
        found, unaligned = align_answer(sentence.text, damaged(extraction_answer(sentence.text, sorted(spans)), rng))
        assert set(found) <= spans, sentence.id
        assert len(found) + unaligned == len(spans)
        marked, placed = marked + len(spans), placed + len(found)
    assert placed > 0.88 * marked
    for asked, other in pairwise(sentences):
        answer = extraction_answer(other.text, [(mention.start, mention.end) for mention in other.mentions])
        assert align_answer(asked.text, answer).spans == (), asked.id


def damaged(answer, rng):
    """Return an answer with a preamble, and with one character in twelve, or one word in four, lost or replaced."""
    parts = answer.split(MARKER)
    for at in range(0, len(parts), 2):  # what stands between the mentions
        way = rng.choice(["replace", "lose", "words"])
        if way == "words":
            words = [rng.choice(["foo", word]) if rng.random() < 0.25 else word for word in parts[at].split(" ")]
            parts[at] = " ".join(word for word in words if not word or rng.random() > 0.12)
        else:
            changed = [rng.choice("xqzй的") if way == "replace" else "" for _ in parts[at]]
            parts[at] = "".join(b if rng.random() < 1 / 12 else a for a, b in zip(parts[at], changed, strict=True))
    return "Sure, here it is: " + MARKER.join(parts)


TYPES = ("person", "city", "market/mall", "organization", "type 12", "type 13", "C#", "Café")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("city", "city"),
        (" city\n", "city"),
        ("City.", "city"),
        ('"city"', "city"),
        ("“city”", "city"),
        ("**city**", "city"),
        ("`City`", "city"),
        ("```\ncity\n```", "city"),
        ("##city##", "city"),
        ("- city", "city"),
        ("Ｃｉｔｙ。", "city"),
        ("Answer: city", "city"),
        ("The type is: **City**.", "city"),
        ("city\n\nBecause Paris is a city in France.", "city"),
        ("<think>person? no</think>city", "city"),
        ("Market / mall", None),
        ("market/mall", "market/mall"),
        ("organisation", "organization"),
        ("Organisations", None),
        ("type 12", "type 12"),
        ("type 14", None),
        ("C#", "C#"),
        ("C", None),
        ("cafe\u0301", "Café"),
        ("", None),
        (" \n ", None),
        ("...", None),
        ("town", None),
        ("city, person", None),
        ("city or person", None),
        ("It is not a city", None),
        ("unknown", None),
        ("\ud800", None),
        ("city" * 250_000, None),
        ("x\n" * 500_000, None),
        ("#" * 10**6, None),
    ],
)
def test_an_answer_names_one_type_or_none(answer, found):
    assert match_type(answer, TYPES) == found


def test_unknown_only_where_it_was_offered():
    assert match_type("Unknown.", ["person"], zero_shot=True) == UNKNOWN
    assert match_type("Unknown.", ["person"]) is None
    assert match_type("unknown", ["unknown", "person"], zero_shot=True) == "unknown"


def test_names_that_look_alike_need_the_exact_answer():
    types = ["City", "city", "CITY"]
    assert [match_type(answer, types) for answer in ("city", "City", "cITY")] == ["city", "City", None]
    assert match_type("\ufffd", ["\ud800", "\ud801"]) is None
    assert match_type("\ufffd", ["\ud800"]) == "\ud800"


def test_a_slip_between_two_types_is_no_guess():
    assert match_type("abcdefghijkl_", ["abcdefghijkla", "abcdefghijklb"]) is None


def test_ten_thousand_types():
    types = [f"kind of thing {number:05d}" for number in range(10_000)]
    began = time.perf_counter()
    assert match_type("Kind of thing 07777", types) == types[7777]
    assert match_type("kindof thing 00042", types) == types[42]
    assert match_type("kind of thing 99999", types) is None
    assert time.perf_counter() - began < 3


def test_matching_is_of_the_neutralised_text():
    text = "## Hotel #2"
    assert neutralise(text) != text
    assert align_answer(text, extraction_answer(text, [(3, 11)])).spans == ((3, 11),)
