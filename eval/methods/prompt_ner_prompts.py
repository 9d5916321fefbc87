"""PromptNER's prompt, in our own words: what an entity is and is not, worked examples in rows, the sentence.

After the description of Ashok and Lipton (2023), https://arxiv.org/abs/2305.15444. The examples are the cascade's three
packaged training sentences; reasons and false candidates were written for this project.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cascadener_models.demonstrations import packaged_sentences
from cascadener_models.prompts import Demonstration
from dynamicner_dataset.sentences import Sentence
from dynamicner_dataset.textlines import well_formed
from eval.methods.asking import Ask
from eval.methods.meanings import covering, definition
from eval.methods.options import PromptNerOptions

#: Candidates of each example that are no entities, with the reason.
FALSE_CANDIDATES = {
    "en-0104": [("1885", "a year, and no name"), ("workers", "a common noun for people, and no name")],
    "zh-0030": [("通商口岸", "a common noun for a kind of port, and no name")],
    "en-0210": [("forty dollars", "an amount of money, and no name"), ("plan", "a common noun, and no name")],
}


def prompt_ner_ask(text: str, types: Sequence[str], options: PromptNerOptions) -> Ask:
    """Return the request that finds and names all mentions of a sentence."""
    shown = tuple(example(sentence, types, options) for sentence in packaged_sentences())
    return Ask(prompt(text), task(types, options), shown[: options.examples], options.most_tokens)


def prompt(text: str) -> str:
    """Return the question about one sentence."""
    return f"Sentence: {well_formed(text)}"


def task(types: Sequence[str], options: PromptNerOptions) -> str:
    """Return what an entity is, what it is not, and how to answer."""
    names = [f"- {name}{meaning(name, options)}" for name in types]
    form = row("candidate", True, "why it is an entity, or is none", "type", options)
    return "\n".join(
        [
            "An entity is something with a name of its own that is of one of these types:",
            *names,
            "Common nouns, pronouns, dates, numbers and amounts are no entities, and neither is a name that is of none "
            "of these types.",
            "List the candidates of the sentence in the order in which they occur, each spelled as it is there, one a "
            f"row in this form: {form}",
            "A candidate that occurs several times has a row for each time.",
            *(["Write False for a candidate that is no entity, with (none) in place of the type."] * options.flags),
        ]
    )


def meaning(name: str, options: PromptNerOptions) -> str:
    """Return what stands behind a type's name in the list."""
    known = definition(name) if options.definitions else ""
    return f": {known}" if known else ""


def row(candidate: str, is_entity: bool, reason: str, name: str, options: PromptNerOptions) -> str:
    """Return one row, without its number.

    >>> row("Rome", True, "a city", "city", PromptNerOptions())
    'Rome | True | a city (city)'
    """
    why = f"{reason} ({name})" if options.reasons else f"({name})"
    return f"{candidate} | {is_entity} | {why}"


def example(sentence: Sentence, types: Sequence[str], options: PromptNerOptions) -> Demonstration:
    """Return a worked example for the types of the sentence in question.

    A mention whose type the list does not cover is a false candidate in it.
    """
    rows = [text for _, text in sorted(example_rows(sentence, types, options))]
    numbered = [f"{number}. {text}" for number, text in enumerate(rows, 1)]
    return Demonstration(prompt(sentence.text), "\n".join(numbered) or "(no candidates)")


def example_rows(sentence: Sentence, types: Sequence[str], options: PromptNerOptions) -> Iterator[tuple[int, str]]:
    """Yield the rows of an example, each with the place of its candidate."""
    for mention in sentence.mentions:
        name = covering(types, mention.fine)
        surface = sentence.surface(mention)
        if name is not None:
            yield mention.start, row(surface, True, f"the name of what is called {mention.fine!r}", name, options)
        elif options.flags:
            reason = f"the name of what is called {mention.fine!r}, of none of the types"
            yield mention.start, row(surface, False, reason, "none", options)
    for surface, reason in FALSE_CANDIDATES[sentence.id] if options.flags else ():
        yield sentence.text.index(surface), row(surface, False, reason, "none", options)
