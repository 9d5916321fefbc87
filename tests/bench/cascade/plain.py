"""The plain way, to compare with: one ``generate`` a prompt, unbatched, decoding freely, one prompt a level.

Same model, adapters, prompts and demonstrations as ours, and transformers' own generation with its cache. Answers are
read as well as free answers can be: exact copies at once, others by edit distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from cascadener_models.alignment import align_answer, match_type
from cascadener_models.backends.base import CLASSIFIER, EXTRACTOR, Found
from cascadener_models.backends.local.backend import LocalBackend
from cascadener_models.fusion import Fused, fuse
from cascadener_models.prompts import MARKER, classification_prompt, extraction_prompt
from dynamicner_dataset.taxonomy import Node, Taxonomy

#: An answer is at most this many times as long as its prompt, in tokens; a free answer may never end.
LONGEST = 2
MAX_TYPE_TOKENS = 16


@dataclass
class Plain:
    """A cascade on the model of a local back end, without any of what makes ours fast or exact.

    Attributes:
        answers: Extraction answers so far.
        copies: Those that copy their sentence exactly.
    """

    backend: LocalBackend
    temperature: float = 0.7
    answers: int = 0
    copies: int = 0
    _stops: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        vocabulary = self.backend.vocabulary
        breaks = [number for data, number in vocabulary.ids.items() if data.startswith(b"\n")]
        self._stops = [self.backend.template[EXTRACTOR].end, *breaks]

    def extract(self, text: str, k: int) -> list[Fused]:
        """Extract a text ``k`` times, the first greedily, and fuse the answers."""
        self.backend.runner.use(EXTRACTOR)
        rounds = []
        for number in range(k):
            answer = self._generate(EXTRACTOR, extraction_prompt(text), sample=number > 0)
            self.answers += 1
            self.copies += answer.replace(MARKER, "") == extraction_prompt(text)
            spans, _ = align_answer(text, answer)
            rounds.append([Found(start, end) for start, end in spans])
        return fuse(rounds)

    def classify(self, text: str, span: tuple[int, int], tree: Taxonomy) -> Node | None:
        """Name a mention level by level, a prompt each; ``None`` if an answer is none of the types."""
        self.backend.runner.use(CLASSIFIER)
        node, below = None, tree.roots
        while below:
            names = tuple(child.name for child in below)
            answer = self._generate(CLASSIFIER, classification_prompt(text, span, names), sample=False)
            chosen = match_type(answer, names, False)
            node = next((child for child in below if child.name == chosen), None)
            if node is None:
                return None
            below = node.children
        return node

    @torch.inference_mode()
    def _generate(self, stage: str, prompt: str, *, sample: bool) -> str:
        """Return what the model writes after a prompt."""
        template, runner = self.backend.template[stage], self.backend.runner
        tokens = [*template.head, *template.prompt_tokens(prompt)]
        longest = LONGEST * len(template.prompt_tokens(prompt)) + 8 if stage == EXTRACTOR else MAX_TYPE_TOKENS
        ids = torch.tensor([tokens], device=runner.device)
        output = runner.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=longest,
            do_sample=sample,
            temperature=self.temperature if sample else None,
            top_k=None,
            top_p=None,
            eos_token_id=self._stops,
            pad_token_id=template.end,
        )
        return decode(self.backend, output[0, len(tokens) :].tolist())


def decode(backend: LocalBackend, tokens: Sequence[int]) -> str:
    """Return the text of generated tokens, special ones and the final line break left out."""
    return backend.vocabulary.spell(tokens).decode("utf-8", "replace").strip("\n")
