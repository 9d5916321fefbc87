"""The options of each method, with their defaults and checks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field, model_validator

from cascadener_models.classifier import GREEDY
from cascadener_models.offline import MINILM
from cascadener_models.options import Options
from eval.methods.keys import Keys


class CascadeOptions(Keys):
    """CascadeNER; those not listed here are the cascade's own (:class:`cascadener_models.options.Options`).

    Attributes:
        asking: ``progressive`` (down the tree), ``flat`` (one list of all 155 types), or ``extraction`` (mentions are
            found and not named). A sentence's own type list is always asked flat.
        context_free: Classify the mention without its sentence (Table 10).
        spans: ``gold``: name the gold mentions, so that classification is measured alone.
    """

    k: int = 3
    temperature: float = 0.7
    threshold: float | None = None
    decoding: Literal["greedy", "whole-path"] = GREEDY
    zero_shot: bool = False
    sure: float = 0.0
    min_score: float = 0.0
    max_chars: int = Options().max_chars
    asking: Literal["progressive", "flat", "extraction"] = "progressive"
    context_free: bool = False
    spans: Literal["found", "gold"] = "found"

    @model_validator(mode="after")
    def _fits(self) -> CascadeOptions:
        if self.asking == "extraction" and (self.context_free or self.spans == "gold"):
            raise ValueError("with asking: extraction nothing is named, so leave out context_free and spans: gold")
        _ = self.of_cascade(0).rounds
        return self

    def of_cascade(self, seed: int) -> Options:
        """Return the cascade's own options.

        Raises:
            InputError: If a value does not fit.
        """
        own = set(CascadeOptions.model_fields) & set(asdict(Options()))
        return Options().change({"seed": seed} | self.model_dump(include=own & self.model_fields_set))

    def settings(self) -> dict[str, Any]:
        """Return all options as they take effect, but for the seed, which has a place of its own."""
        found = self.model_dump() | asdict(self.of_cascade(0))
        return {name: found[name] for name in CascadeOptions.model_fields}


class GptNerOptions(Keys):
    """GPT-NER.

    Attributes:
        demonstrations: Training sentences shown with each request.
        retrieval: ``random``, or ``nearest`` to the sentence by the inner product of sentence embeddings.
        embedder: A sentence-transformers model for ``nearest``.
        train_sentences: Size of the training sample they are taken from, stratified over types (equation 8); 0 for all.
        verify: Ask about each mention whether it is right.
        verification_demonstrations: Training mentions shown with each such question.
    """

    demonstrations: int = Field(8, ge=0, le=256)
    retrieval: Literal["random", "nearest"] = "random"
    embedder: str = MINILM
    train_sentences: int = Field(0, ge=0)
    verify: bool = True
    verification_demonstrations: int = Field(0, ge=0, le=256)

    @property
    def uses_pool(self) -> bool:
        """Whether training sentences are shown."""
        return bool(self.demonstrations or (self.verify and self.verification_demonstrations))

    @property
    def uses_embeddings(self) -> bool:
        """Whether they are chosen by embeddings."""
        return self.uses_pool and self.retrieval == "nearest"


class PromptNerOptions(Keys):
    """PromptNER; the three switches are the ablations.

    Attributes:
        examples: Worked examples, at most the three packaged ones.
        definitions: Say what each type means, by the annotation guide.
        reasons: Rows give a reason.
        flags: Rows of candidates that are no entities.
        most_tokens: Longest answer.
    """

    examples: int = Field(3, ge=0, le=3)
    definitions: bool = True
    reasons: bool = True
    flags: bool = True
    most_tokens: int = Field(1024, ge=1, le=100_000)


class SupervisedOptions(Keys):
    """The supervised tagger: all it has to say is in its checkpoint."""


class GlinerOptions(Keys):
    """GLiNER.

    Attributes:
        threshold: Least score of a mention.
    """

    threshold: float = Field(0.5, gt=0, lt=1)
