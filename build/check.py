"""``python -m build check``: the rules that a corpus file must keep to be part of the seed corpus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from build.cli import console
from dynamicner_dataset.command_line import fail
from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.formats import inline
from dynamicner_dataset.languages import check_language
from dynamicner_dataset.sentences import Sentence
from dynamicner_dataset.taxonomy import Taxonomy, load_taxonomy

DOMAINS = frozenset(
    {
        "science",
        "computing",
        "medicine",
        "engineering",
        "history",
        "politics",
        "law",
        "economy",
        "geography",
        "military",
        "sports",
        "literature",
        "visual art",
        "music",
        "film and media",
        "religion and myth",
        "food",
        "transport",
        "education",
        "daily life",
    }
)
REGISTERS = frozenset({"encyclopedic", "colloquial"})
SCRIPTS = {
    "zh": r"[\u4e00-\u9fff]",
    "ja": r"[\u3040-\u30ff]",
    "ko": r"[\uac00-\ud7af]",
    "ru": r"[\u0400-\u04ff]",
}
#: Least mentions of every fine type in a language.
FLOOR = 6


def sentence_faults(sentence: Sentence) -> Iterator[str]:
    """Yield what is wrong with one sentence, beyond what the parser refuses."""
    if not re.fullmatch(rf"{sentence.lang}-[0-9]{{4}}", sentence.id):
        yield f"id {shorten(sentence.id)} is malformed; {sentence.lang}-0001 and so on are wanted"
    if sentence.domain not in DOMAINS:
        yield f"unknown domain {shorten(sentence.domain)}"
    if sentence.register not in REGISTERS:
        yield f"unknown register {shorten(sentence.register)}"
    if "##" in sentence.text or re.search(r"[\[\]|]", sentence.text):
        yield "the text has '##', a bracket or a bar in it"
    if sentence.text != sentence.text.strip() or "  " in sentence.text:
        yield "the text has outer or doubled spaces"
    if sentence.lang in SCRIPTS and not re.search(SCRIPTS[sentence.lang], sentence.text):
        yield f"no letter of the script of {sentence.lang} in the text"


def corpus_faults(sentences: Sequence[Sentence], taxonomy: Taxonomy, floor: int = FLOOR) -> Iterator[str]:
    """Yield what is wrong with a language's corpus: faults of sentences, repeated texts, worn surfaces, rare types.

    Args:
        sentences: All sentences of one language.
        taxonomy: The type tree.
        floor: Least mentions of every fine type.
    """
    seen: dict[str, str] = {}
    for sentence in sentences:
        yield from (f"{sentence.id}: {fault}" for fault in sentence_faults(sentence))
        if sentence.text in seen:
            yield f"{sentence.id}: same text as {seen[sentence.text]}"
        seen.setdefault(sentence.text, sentence.id)
    yield from worn_surfaces(sentences)
    counts = Counter(mention.fine for sentence in sentences for mention in sentence.mentions)
    for fine in taxonomy.fine:
        if counts[fine.name] < floor:
            yield f"type {fine.name!r} has {counts[fine.name]} mentions; at least {floor} are wanted"


def worn_surfaces(sentences: Sequence[Sentence]) -> Iterable[str]:
    """Yield surfaces that stand so often that a model could learn them by heart."""
    limit = max(8, len(sentences) // 70)
    surfaces = Counter(sentence.surface(mention).lower() for sentence in sentences for mention in sentence.mentions)
    return (f"surface {shorten(name)} is used {n} times; at most {limit}" for name, n in surfaces.items() if n > limit)


def print_line(text: str) -> None:
    """Print one line as it stands, however long, so that piped output has one line a fault."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)


def command(
    files: Annotated[list[Path], typer.Argument(help="Corpus files, named after their language: en.tsv.")],
    floor: Annotated[int, typer.Option(min=0, help="Least mentions of every fine type.")] = FLOOR,
) -> None:
    """Check corpus files against the rules of the seed corpus; exit code 2 if one is broken."""
    taxonomy = load_taxonomy()
    broken = 0
    for path in files:
        try:
            sentences = list(inline.read(path, check_language(path.name.split(".")[0]), taxonomy))
        except InputError as error:
            raise InputError(error.problem, error.file or path, error.line, error.column) from error
        faults = list(corpus_faults(sentences, taxonomy, floor))
        broken += len(faults)
        mentions = sum(len(sentence.mentions) for sentence in sentences)
        print_line(f"{path}: {len(sentences):,} sentences, {mentions:,} mentions, {len(faults)} faults")
        for fault in faults:
            print_line(f"  {fault}")
    if broken:
        fail(f"{broken} rules broken")
