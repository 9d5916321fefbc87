"""Predictions as markup, BIO and HTML: nothing is lost, nothing of a text is taken for markup."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadener_models.rendering import from_markup, to_bio, to_html, to_markup
from cascadener_models.rendering.bio import guess_language, tag_name
from cascadener_models.rendering.html import UNPRINTABLE, html_parts, hue, style_sheet
from cascadener_models.results import Entity, Prediction
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.formats import bio, inline
from tests.strategies import LIGHT, TREE, sentences

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=y>',
    "a|b]c[",
    "&lt;",
    "&#91;",
    "'",
    "tab\there",
    "x\ny",
    "﷽",
    "\x1b[2J",
]
NAMES = ["person", "creator and thinker", "ville", "城市", "market/mall", *HOSTILE]


def entity(text, start, end, kind, path=None, **more):
    path = path if path is not None else (() if kind is None else (kind,))
    return Entity(start, end, text[start:end], kind, path, 0.91, 0.95, None if kind is None else 0.96, **more)


@st.composite
def predictions(draw, names=NAMES):
    """Predictions over real words and tricky characters, whose spans may cut tokens; types may be hostile."""
    sentence = draw(sentences())
    text = draw(st.sampled_from(["", "<b>", "&amp;"])) + sentence.text + draw(st.sampled_from(["", *HOSTILE]))
    shift = text.index(sentence.text)
    found = []
    for mention in sentence.mentions:
        kind = draw(st.sampled_from([None, *names]))
        path = draw(st.sampled_from([(), (kind,), ("above", "middle", kind)])) if kind else ()
        found.append(entity(text, mention.start + shift, mention.end + shift, kind, path))
    return Prediction(text, tuple(found)), sentence.lang


def spans(prediction):
    return [(found.start, found.end, found.type) for found in prediction]


class TestMarkup:
    @given(predictions())
    @LIGHT
    def test_comes_back(self, drawn):
        prediction, _ = drawn
        marked = to_markup(prediction)
        assert "\n" not in marked
        text, mentions = from_markup(marked)
        assert text == prediction.text
        assert [tuple(mention) for mention in mentions] == spans(prediction)

    @given(sentences())
    @LIGHT
    def test_is_that_of_the_corpus(self, sentence):
        found = tuple(entity(sentence.text, start, end, fine) for start, end, fine in sentence.mentions)
        marked = to_markup(Prediction(sentence.text, found))
        assert marked == inline.write_marked(sentence.text, sentence.mentions)
        assert inline.read_marked(marked, TREE) == (sentence.text, sentence.mentions)

    def test_without_types(self):
        assert to_markup(Prediction("In Rome.", (entity("In Rome.", 3, 7, None),))) == "In [Rome]."

    @pytest.mark.parametrize(
        ("marked", "column"), [("a [b", 3), ("a] b", 2), ("a|b", 2), ("[]", 1), ("x [a [b|c]]", 3)]
    )
    def test_reading_refuses_stray_signs(self, marked, column):
        with pytest.raises(InputError) as caught:
            from_markup(marked)
        assert caught.value.column == column


class TestBio:
    @given(predictions())
    @LIGHT
    def test_loses_no_mention(self, drawn):
        prediction, lang = drawn
        lines = to_bio(prediction, lang).split("\n")
        assert lines[-2:] == ["", ""]
        rows = [line.split("\t") for line in lines[:-2]]
        assert all(len(row) == 2 for row in rows)
        tokens = "".join(token for token, _ in rows)
        assert tokens == "".join(prediction.text.split())
        begins = [tag.removeprefix("B-") for _, tag in rows if tag.startswith("B-")]
        assert begins == [tag_name(found.type) for found in prediction]
        assert spans_of(rows) == [("".join(found.text.split()), tag_name(found.type)) for found in prediction]

    @given(predictions(names=["person", "creator and thinker", "城市"]))
    @LIGHT
    def test_is_read_by_our_reader(self, tmp_path_factory, drawn):
        prediction, lang = drawn
        path = tmp_path_factory.mktemp("bio") / "x.bio"
        path.write_text(to_bio(prediction, lang), encoding="utf-8", newline="\n")
        glued = str.maketrans("", "", " ")
        (read,) = bio.read(path, lang, strict=True)
        wanted = [("".join(found.text.split()), tag_name(found.type)) for found in prediction]
        assert [(read.text[start:end].translate(glued), label) for start, end, label in read.spans] == wanted

    def test_cuts_tokens_at_mentions(self):
        text = "unItalian"
        assert to_bio(Prediction(text, (entity(text, 2, 9, "place"),)), "en") == "un\tO\nItalian\tB-place\n\n"

    def test_empty_text_is_a_blank_line(self):
        assert to_bio(Prediction(""), "en") == "\n"

    @pytest.mark.parametrize(
        ("text", "lang"), [("東京タワー", "zh"), ("서울", "zh"), ("Paris", "en"), ("", "en"), ("123", "en")]
    )
    def test_language_is_told_from_the_script(self, text, lang):
        assert guess_language(text) == lang


def spans_of(rows):
    """Return (surface without spaces, label) of the mentions in rows of token and tag."""
    found = []
    for token, tag in rows:
        if tag.startswith("B-"):
            found.append((token, tag[2:]))
        elif tag.startswith("I-"):
            surface, label = found.pop()
            assert label == tag[2:]
            found.append((surface + token, label))
    return found


class Page(HTMLParser):
    """The text of each paragraph without the labels, the labels, and every tag and attribute of a page."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.labels, self.stack = set(), set(), [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "meta":
            return
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.stack.append((tag, dict(attrs)))
        if tag == "p":
            self.texts.append("")
            self.labels.append([])
        if self.inside("p") and self.is_label(self.stack[-1]):
            self.labels[-1].append("")

    def handle_endtag(self, tag):
        assert self.stack.pop()[0] == tag

    def handle_data(self, data):
        if not self.inside("p"):
            return
        if any(map(self.is_label, self.stack)):
            self.labels[-1][-1] += data
        else:
            self.texts[-1] += data

    def inside(self, tag):
        return any(name == tag for name, _ in self.stack)

    @staticmethod
    def is_label(element):
        return element[0] == "bdi" and element[1].get("class") == "type"


TAGS = {
    "html",
    "head",
    "title",
    "style",
    "body",
    "header",
    "h1",
    "main",
    "article",
    "p",
    "mark",
    "bdi",
    "span",
    "aside",
}
ATTRIBUTES = {"dir", "class", "style", "title", "aria-label"}


class TestHtml:
    @given(predictions(), st.sampled_from(HOSTILE))
    @LIGHT
    def test_nothing_of_the_input_is_markup(self, drawn, title):
        prediction, _ = drawn
        page = "".join(html_parts([(title, prediction), ("", prediction)], title))
        page.encode("utf-8")
        read = Page(page)
        assert read.stack == [] and read.tags <= TAGS and read.attributes <= ATTRIBUTES
        shown = UNPRINTABLE.sub("?", prediction.text)
        signs = re.compile("[\u2400-\u2421\ufffd]")
        assert [len(text) for text in read.texts] == [len(prediction.text)] * 2
        assert signs.sub("?", read.texts[0]) == signs.sub("?", shown)
        wanted = [" › ".join(found.path or (found.type,)) for found in prediction if found.type is not None]
        assert [signs.sub("?", label) for label in read.labels[0]] == [
            signs.sub("?", UNPRINTABLE.sub("?", x)) for x in wanted
        ]

    def test_half_characters_and_controls_are_shown_by_signs(self):
        page = to_html(Prediction("a\ud800b\x00c\x1b\r\n"))
        page.encode("utf-8")
        assert "a\ufffdb\u2400c\u241b\u240d\n" in page

    def test_shows_path_score_and_legend(self):
        text = "Rome and Oslo"
        found = (
            entity(text, 0, 4, "city", ("place", "city")),
            entity(text, 9, 13, "city", ("place", "city"), rounds=2),
        )
        page = to_html([Prediction(text, found), Prediction("nothing")], "Cities & co")
        assert page.count('<span class="above">place › </span>city') == 3
        assert "<title>Cities &amp; co</title>" in page
        assert "score 0.910" in page and "found in 2 rounds" in page
        assert "2 mentions in 2 texts" in page

    def test_one_prediction_and_none(self):
        assert "In Oslo" in to_html(Prediction("In Oslo"))
        assert "0 mentions in 0 texts" in to_html([])

    def test_needs_nothing_from_outside(self):
        page = html.unescape(to_html(Prediction("x")))
        assert not re.search(r"https?:|<script|<link|url\(|@import|src=", page)

    def test_a_type_keeps_its_colour(self):
        assert hue("city") == hue("city") != hue("person")
        assert 0 <= hue("\ud800") < 360

    @pytest.mark.parametrize(
        "rule", re.findall(r"background: (hsl\(.*?\)); color: (#\w+)", style_sheet().replace("var(--hue)", "HUE"))
    )
    def test_contrast_is_readable_in_every_colour(self, rule):
        background, ink = rule
        saturation, lightness = (
            int(number) / 100 for number in re.findall(r"(\d+)%", background.replace("HUE)", "HUE"))
        )
        text = luminance([int(ink[at : at + 2], 16) / 255 for at in (1, 3, 5)])
        for degrees in range(0, 360, 5):
            ground = luminance(hsl(degrees, saturation, lightness))
            light, dark = max(text, ground), min(text, ground)
            assert (light + 0.05) / (dark + 0.05) >= 4.5


def hsl(degrees, saturation, lightness):
    reach = saturation * min(lightness, 1 - lightness)
    turns = [(shift + degrees / 30) % 12 for shift in (0, 8, 4)]
    return [lightness - reach * max(-1, min(turn - 3, 9 - turn, 1)) for turn in turns]


def luminance(colour):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
