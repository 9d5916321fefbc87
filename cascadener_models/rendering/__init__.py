"""Predictions as something to read: inline markup, BIO columns, a page of HTML. Pure functions."""

from cascadener_models.rendering.bio import to_bio
from cascadener_models.rendering.html import to_html
from cascadener_models.rendering.markup import from_markup, to_markup

__all__ = ["from_markup", "to_bio", "to_html", "to_markup"]
