"""The leaderboard's page: one HTML file with its style and script inside, and nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from dynamicner_dataset.languages import LANGUAGES
from eval.leaderboard.boards import MAX_TYPES, Board, LanguageMap, make_boards, make_maps
from eval.leaderboard.paper import PaperRow, paper_rows
from eval.leaderboard.results import Result

TEMPLATES = Path(__file__).parent / "templates"
PAGE = "index.html"


def render(results: Sequence[Result], paper: Sequence[PaperRow] | None = None) -> str:
    """Return the page; names and all else that comes from results are escaped.

    Args:
        results: At least one.
        paper: Reference rows; those of ``paper.yaml`` by default.

    Raises:
        InputError: If results of different data, or two of one system, would stand in one table.
    """
    rows = paper_rows() if paper is None else paper
    boards, maps = make_boards(results, rows), make_maps(results, rows)
    script, style = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            boards=boards,
            maps=maps,
            max_types=MAX_TYPES,
            languages=LANGUAGES,
            title_of=title_of,
            script=Markup(script),
            script_hash=content_hash(script),
            style=Markup(style),
        )
    )


def environment() -> jinja2.Environment:
    """Return the templates' environment; everything is escaped, and an unknown name is an error."""
    rendering = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    rendering.filters["percent"] = percent
    return rendering


def percent(share: float) -> str:
    """Return a share in percent with one decimal.

    >>> percent(0.6134)
    '61.3'
    """
    return f"{100 * share:.1f}"


def title_of(board: Board | LanguageMap) -> str:
    """Return the heading of a board or map."""
    if isinstance(board, LanguageMap):
        return f"{board.version.capitalize()} by language"
    lang = "all languages" if board.lang == "all" else LANGUAGES[board.lang]
    return f"{board.config.partition('-')[0].capitalize()}, {lang}"


def content_hash(text: str) -> str:
    """Return the hash by which the page's policy allows this script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
