"""A page of HTML that needs nothing else: each mention highlighted with its type, a legend, light and dark.

Everything that comes from a text or a type list is escaped, and the page's own policy allows no script and no
download. Pages are written piece by piece, so that a long one is never held in memory; the legend therefore stands at
the end of the file (and is shown at the top).
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from cascadener_models.results import Entity, Prediction

TITLE = "Named entities"
#: Between the names of a path.
STEP = " › "
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
#: What a page cannot hold as it is: controls but tab and line feed, halves of surrogate pairs.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def to_html(predictions: Prediction | Iterable[Prediction], title: str = TITLE) -> str:
    """Return a complete page that shows the predictions, in their order.

    >>> city = Entity(0, 4, "Rome", "city", ("place", "city"), 0.9, 0.9)
    >>> page = to_html(Prediction("Rome <burns>", (city,)), "A & B")
    >>> "<title>A &amp; B</title>" in page, "Rome &lt;burns" in page, " &lt;burns&gt;" in page
    (True, False, True)
    """
    if isinstance(predictions, Prediction):
        predictions = [predictions]
    return "".join(html_parts((("", prediction) for prediction in predictions), title))


def html_parts(named: Iterable[tuple[str, Prediction]], title: str = TITLE) -> Iterator[str]:
    """Yield the pieces of a page.

    Args:
        named: Predictions with the name shown above each; an empty name shows none.
        title: Title of the page.
    """
    yield head(title)
    count = 0
    seen: Counter[tuple[str, ...]] = Counter()
    for name, prediction in named:
        count += 1
        seen.update(path_of(entity) for entity in prediction)
        yield article(name, prediction)
    yield f"</main>\n{legend(seen, count)}</body>\n</html>\n"


def head(title: str) -> str:
    """Return the page up to the first text."""
    return (
        '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style_sheet()}</style>\n</head>\n<body>\n"
        f'<header><h1 dir="auto">{escape(title)}</h1></header>\n<main>\n'
    )


def article(name: str, prediction: Prediction) -> str:
    """Return one text with its mentions highlighted."""
    parts, at = [], 0
    for entity in prediction:
        parts += [escape(prediction.text[at : entity.start]), mark(entity)]
        at = entity.end
    parts.append(escape(prediction.text[at:]))
    shown = f'<bdi class="name">{escape(name)}</bdi>' if name else ""
    return f'<article>{shown}<p dir="auto">{"".join(parts)}</p></article>\n'


def mark(entity: Entity) -> str:
    """Return one highlighted mention; its score is in the tooltip."""
    return f'<mark{look(path_of(entity))} title="{escape(tooltip(entity))}">{escape(entity.text)}{label(entity)}</mark>'


def label(entity: Entity) -> str:
    """Return the label behind a mention; ``bdi`` keeps its direction apart from the text's."""
    path = path_of(entity)
    return f'<bdi class="type">{path_html(path)}</bdi>' if path else ""


def path_html(path: tuple[str, ...]) -> str:
    """Return a path of types, those above the last one lighter."""
    above = "".join(escape(name) + STEP for name in path[:-1])
    return (f'<span class="above">{above}</span>' if above else "") + escape(path[-1])


def legend(seen: Counter[tuple[str, ...]], texts: int) -> str:
    """Return the types of the page, the most frequent first, with their numbers."""
    total = f'<span class="total">{plural(seen.total(), "mention")} in {plural(texts, "text")}</span>'
    items = [
        f'<span><bdi class="type"{look(path)}>{path_html(path)}</bdi> <span class="total">{number:,}</span></span>'
        for path, number in sorted(seen.items(), key=lambda item: (-item[1], item[0]))
        if path
    ]
    return f'<aside class="legend" aria-label="Types">{"".join([*items, total])}</aside>\n'


def path_of(entity: Entity) -> tuple[str, ...]:
    """Return the names that an entity is shown under; none for an entity without a type."""
    return entity.path or (() if entity.type is None else (entity.type,))


def look(path: tuple[str, ...]) -> str:
    """Return the attributes that give a mention or a label its colour: always the same for one type."""
    return f' style="--hue:{hue(path[-1])}"' if path else ' class="untyped"'


def hue(kind: str) -> int:
    """Return the colour of a type, in degrees: the same in every page, whatever the other types.

    >>> hue("city"), hue("person")
    (134, 356)
    """
    digest = hashlib.blake2b(kind.encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest) % 360


def tooltip(entity: Entity) -> str:
    """Return what a mention says of itself when it is pointed at."""
    parts = [STEP.join(path_of(entity)) or "no type", f"score {entity.score:.3f}"]
    if entity.type_score is not None:
        parts.append(f"mention {entity.mention_score:.3f} × type {entity.type_score:.3f}")
    parts.append(f"characters {entity.start:,} to {entity.end:,}")
    parts.append(f"found in {plural(entity.rounds, 'round')}")
    if entity.probabilities:
        parts += [f"{name} {value:.3f}" for name, value in list(entity.probabilities.items())[:10]]
    return "\n".join(parts)


def escape(text: str) -> str:
    """Return text as HTML, in elements and attributes alike; controls are shown by signs."""
    return html.escape(UNPRINTABLE.sub(sign_of, text))


def sign_of(match: re.Match[str]) -> str:
    """Return the sign that shows a control; U+FFFD where there is none."""
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def plural(number: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@cache
def style_sheet() -> str:
    """Return the packaged style sheet."""
    return (files("cascadener_models.rendering") / "page.css").read_text(encoding="utf-8")
