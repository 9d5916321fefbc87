"""From tagged sentences to gold: text, offsets and the names of types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.textlines import well_formed
from eval.cascadener.matching import Marked
from eval.external.label_map import Labels
from eval.external.tagged import BROKEN, Schemes, Tagged, check_lengths, runs_of
from eval.gold import Gold

#: Languages written without spaces; in all others a space parts two tokens.
UNSPACED = frozenset({"zh", "ja"})
BLANK = "blank tokens, passed over"
WORDLESS = "sentences of blank tokens alone, passed over"


@dataclass
class Notes:
    """What was met on the way.

    Attributes:
        schemes: How mentions begin.
        left_out: Mentions that became none, by reason.
        faults: Flaws of the source that were mended, by kind.
    """

    schemes: Schemes = field(default_factory=Schemes)
    left_out: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def all_faults(self) -> dict[str, int]:
        """Return the flaws of the whole source, the tags' own among them."""
        return dict(sorted((self.faults + Counter({BROKEN: self.schemes.broken})).items()))


def to_gold(sentences: Iterable[Tagged], lang: str, labels: Labels, notes: Notes) -> Iterator[Gold]:
    """Yield each sentence as gold, with the set's whole type list.

    Args:
        sentences: As the set has them.
        lang: Language, which says how tokens are joined.
        labels: The names of the set's labels.
        notes: Counts what is mended or left out.

    Raises:
        InputError: With file and line, for a label that the set does not have, tokens and tags of different numbers,
            and an id used twice.
    """
    seen: set[str] = set()
    for tagged in sentences:
        check_lengths(tagged)
        if tagged.id in seen:
            raise InputError(f"id {shorten(tagged.id)} is used twice", tagged.file, tagged.lines[0])
        seen.add(tagged.id)
        whole = without_blanks(tagged, notes)
        if not whole.tokens:
            notes.faults[WORDLESS] += 1
            continue
        text, spans = join(whole.tokens, "" if lang in UNSPACED else " ")
        yield Gold(whole.id, lang, text, labels.types, tuple(mentions_of(whole, text, spans, labels, notes)))


def without_blanks(tagged: Tagged, notes: Notes) -> Tagged:
    """Return the sentence with its tokens stripped, and without those that nothing is left of."""
    tokens = [well_formed(token).strip() for token in tagged.tokens]
    kept = [at for at, token in enumerate(tokens) if token]
    if blank := len(tokens) - len(kept):
        notes.faults[BLANK] += blank
    return tagged._replace(
        tokens=[tokens[at] for at in kept],
        tags=[tagged.tags[at] for at in kept],
        lines=[tagged.lines[at] for at in kept],
    )


def join(tokens: Sequence[str], glue: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the text and the span of each token in it, in code points, ends exclusive.

    >>> join(["Ada", "!"], " ")
    ('Ada !', [(0, 3), (4, 5)])
    """
    spans, at = [], 0
    for token in tokens:
        spans.append((at, at + len(token)))
        at += len(token) + len(glue)
    return glue.join(tokens), spans


def mentions_of(
    tagged: Tagged, text: str, spans: Sequence[tuple[int, int]], labels: Labels, notes: Notes
) -> Iterator[Marked]:
    """Yield the mentions of one sentence under the names that are prompted."""
    for first, after, label in runs_of(tagged.tags, tagged.lines, notes.schemes):
        try:
            labels.check(label)
        except InputError as error:
            raise InputError(error.problem, tagged.file, tagged.lines[first]) from error
        if label in labels.left_out:
            notes.left_out[labels.left_out[label]] += 1
            continue
        start, end = spans[first][0], spans[after - 1][1]
        yield Marked(start, end, labels.names[label], text[start:end])
