"""Two columns, token and BIO tag, one token a line, a blank line after each text (CoNLL).

Tokens are those of the data set. A token that a mention begins or ends inside is cut there, so that no mention is lost
or widened: ``Anna's`` with the mention ``Anna`` gives ``Anna`` and ``'s``. Spaces of the text are lost.
"""

from __future__ import annotations

import re

from cascadener_models.results import Prediction
from dynamicner_dataset.sentences import Mention
from dynamicner_dataset.tokens import bio_tags, split_at_mentions, token_spans

#: Tag of a mention without a type (extraction only).
UNTYPED = "mention"
#: Scripts in which the data set makes every character a token: kana, Han, Hangul.
CHARACTER_SCRIPTS = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003134f]"
)


def to_bio(prediction: Prediction, lang: str | None = None) -> str:
    r"""Return the lines of one text, a blank line at the end included.

    Args:
        prediction: The text and its entities.
        lang: Code of its language, which says what a token is; by default told from the script.

    >>> from cascadener_models.results import Entity
    >>> city = Entity(3, 7, "Rome", "capital city", ("capital city",), 0.9, 0.9)
    >>> print(to_bio(Prediction("In Rome's", (city,)), "en").replace("\t", " "), end="")
    In O
    Rome B-capital city
    ' O
    s O
    <BLANKLINE>
    """
    mentions = [Mention(entity.start, entity.end, tag_name(entity.type)) for entity in prediction]
    spans = split_at_mentions(token_spans(prediction.text, lang or guess_language(prediction.text)), mentions)
    lines = []
    for (start, end), (prefix, index) in zip(spans, bio_tags(spans, mentions), strict=True):
        tag = prefix if index < 0 else f"{prefix}-{mentions[index].fine}"
        lines.append(f"{prediction.text[start:end]}\t{tag}\n")
    return "".join([*lines, "\n"])


def tag_name(kind: str | None) -> str:
    """Return a type's name as a tag shows it: no tab or line break, which would end the column or the line."""
    return UNTYPED if kind is None else " ".join(kind.split()) or UNTYPED


def guess_language(text: str) -> str:
    """Return a language that cuts such a text: ``zh`` if most of its letters are Han, kana or Hangul, else ``en``.

    >>> guess_language("居里夫人在巴黎的 IBM"), guess_language("the word 居里 in Chinese")
    ('zh', 'en')
    """
    letters = sum(character.isalpha() for character in text)
    by_character = len(CHARACTER_SCRIPTS.findall(text))
    return "zh" if 2 * by_character > letters else "en"
