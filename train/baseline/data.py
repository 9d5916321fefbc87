"""Sentences with tagged words: from the packaged base version, or from a file of base rows."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.languages import LANGUAGES
from train.baseline.recipe import FIXED_LAYER, BaselineRecipe
from train.data import Row, few_shot_keys, json_rows, languages_of, sentences


@dataclass(frozen=True, slots=True)
class Tagged:
    """A sentence whose words have tags.

    Attributes:
        id: Of the sentence.
        lang: Its language.
        text: Its characters.
        words: (start, end) of each word.
        tags: Class number of each word.
    """

    id: str
    lang: str
    text: str
    words: list[tuple[int, int]]
    tags: list[int]


def training_sentences(recipe: BaselineRecipe, classes: int) -> list[Tagged]:
    """Return the sentences that a recipe selects.

    Args:
        recipe: What to train on.
        classes: Number of tags of the output layer.

    Raises:
        InputError: If there are none, or a file is unsound.
    """
    if Path(recipe.data).is_file():
        tagged = list(sentences_of_file(Path(recipe.data), classes))
    else:
        langs = languages_of(recipe.data)
        chosen = few_shot_keys(langs, recipe) if recipe.few_shot else None
        tagged = [tag_words(row, classes) for row in sentences("base", langs, "train", chosen)]
    if recipe.examples:
        tagged = random.Random(recipe.seed).sample(tagged, min(recipe.examples, len(tagged)))
    if not any(one.words for one in tagged):
        raise InputError(f"data {recipe.data!r} holds no sentence with words")
    return tagged


def validation_rows(recipe: BaselineRecipe, trained: Iterable[Tagged]) -> list[Row]:
    """Return base rows of the packaged validation split, in the languages that are trained on.

    Raises:
        InputError: If a file has none of the dataset's languages.
    """
    seen = {one.lang for one in trained}
    langs = [lang for lang in LANGUAGES if lang in seen]
    if not langs:
        raise InputError(f"none of the languages of {recipe.data!r} is in the dataset, so nothing can validate it")
    most = recipe.validation or None
    return [row for lang in langs for row in islice(sentences("base", [lang], "validation", None), most)]


def sentences_of_file(path: Path, classes: int) -> Iterator[Tagged]:
    """Yield the sentences of a JSON Lines file of base rows.

    Raises:
        InputError: With file and line.
    """
    for number, row in json_rows(path):
        try:
            yield tag_words(row, classes)
        except InputError as error:
            raise InputError(error.problem, path, number) from error


def tag_words(row: Row, classes: int) -> Tagged:
    """Return a base row's sentence, its tokens found in its text.

    Raises:
        InputError: If the row is dynamic, or its tokens, tags and text do not go together.
    """
    if "ner_tags" not in row and "types" in row:
        raise InputError(f"is a row of the dynamic version; {FIXED_LAYER}")
    text, tokens, tags = row.get("text"), row.get("tokens"), row.get("ner_tags")
    if not isinstance(text, str) or not are_all(tokens, str) or not are_all(tags, int):
        raise InputError("is no base row: text, tokens (strings) and ner_tags (class numbers) are wanted")
    if len(tokens) != len(tags):
        raise InputError(f"has {len(tokens)} tokens and {len(tags)} ner_tags")
    if wrong := [tag for tag in tags if not 0 <= tag < classes]:
        raise InputError(f"has the tag {wrong[0]}; class numbers from 0 to {classes - 1} are known")
    return Tagged(str(row.get("id", "")), str(row.get("lang", "")), text, find_words(text, tokens), list(tags))


def are_all(values: Any, kind: type) -> bool:
    """Say whether this is a list of values of a type; true and false are no numbers."""
    return isinstance(values, list) and all(isinstance(one, kind) and not isinstance(one, bool) for one in values)


def find_words(text: str, tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Return (start, end) of each token; nothing but spaces may lie between them.

    Raises:
        InputError: If the tokens are not those of the text.

    >>> find_words("A fox, 狐", ["A", "fox", ",", "狐"])
    [(0, 1), (2, 5), (5, 6), (7, 8)]
    """
    words, at = [], 0
    for token in [*tokens, None]:
        start = len(text) if token is None else text.find(token, at)
        if token == "" or start < at or text[at:start].strip():
            raise InputError(f"token {shorten(str(token))} is not what follows at character {at} of the text")
        if token is not None:
            at = start + len(token)
            words.append((start, at))
    return words
