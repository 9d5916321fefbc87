"""Answers of models that cannot be constrained: marks are placed in the text, types matched with the list, or dropped.

A chat model that was asked to copy a sentence may change quotes, widths, case or words, add a preamble, leave markers
out, or write something else. What it marked is placed in the text where it certainly belongs; the rest is counted.
"""

from cascadener_models.alignment.marks import askable, reaches_end
from cascadener_models.alignment.matching import match_type
from cascadener_models.alignment.spans import Aligned, align_answer, resembles

__all__ = ["Aligned", "align_answer", "askable", "match_type", "reaches_end", "resembles"]
