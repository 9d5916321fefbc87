"""CascadeNER's metric: named entities scored by span and type, from given predictions or by running the cascade.

A module of the ``evaluate`` library: ``evaluate.load("eval/cascadener")``. ``evaluate`` copies into its cache only what
this file itself imports from beside it, so every sibling is imported here, also those that only siblings use; and it
takes a comment behind an import for an address to download from.
"""

from __future__ import annotations

from typing import Any

import datasets
import evaluate

from .bootstrap import draws
from .calibration import calibration_of, plot_reliability
from .comparison import compare
from .costs import total_cost
from .counts import Counts
from .encoding import encode
from .entities import Entity, marked, read_sentences, row_values
from .matching import Marked
from .paths import accuracy
from .results import SETTINGS, make_result
from .running import run_cascade
from .scoring import score
from .tallies import tally

__all__ = [
    "Cascadener",
    "Counts",
    "Entity",
    "Marked",
    "accuracy",
    "calibration_of",
    "compare",
    "draws",
    "encode",
    "plot_reliability",
    "read_sentences",
    "run_cascade",
    "score",
    "tally",
    "total_cost",
]

_DESCRIPTION = """\
Scores named entity recognition where mentions are spans of characters with a type: micro and macro precision, recall
and F1 (strict span and type; or the paper's own, sets of lower-cased mention and type), extraction and classification
alone, by type, by branch and by granularity of the type tree, with 95 % bootstrap intervals, calibration of scores and
cost. It scores given predictions, or runs the whole CascadeNER with fusion on given texts and scores what it finds.
"""

_CITATION = """\
@article{luo2024dynamicner,
  title = {DynamicNER: A Dynamic, Multilingual, and Fine-Grained Dataset for LLM-based Named Entity Recognition},
  journal = {arXiv preprint arXiv:2409.11022},
  year = {2024}
}
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: Of each sentence a list of entities, or a row with such a list under "entities". An entity is a mapping
        with start, end (code points, end exclusive) and type (or label, or fine), and optionally text, score, path.
        Without predictions, the cascade is run on ``texts``.
    references: The gold mentions, in the same form and order.
    texts: The sentences; rows bring their own under "text". Offsets are checked against them.
    types: For a run: a list of names, a list a sentence (rows bring their own under "types"), or a tree.
    extractor, classifier, base_model: For a run: folders or Hub ids; by default the bundled ones.
    repeats: For a run: extractions that are fused.
    progressive: For a run: down the tree, level by level (True), or over one flat list (False); by default as the types
        are.
    cascade: For a run: a CascadeNER that is loaded already.
    matching: "strict" (span and type), or "text": the paper's own.
    paths: Of each type the names from the top of the tree down to it; by default those of the references' rows or of
        the packaged taxonomy.
    gold_mention_types: Of each sentence the types that a classifier gave the gold mentions, in their order.
    costs: Of each sentence tokens_in, tokens_out, passes, seconds; a run has its own.
    prices: US dollars for a million tokens (in, out).
    resamples, seed: Of the bootstrap; 0 for no intervals.
    bins: Of the calibration.
    **options: For a run: further options of the cascade (decoding, threshold, zero_shot, ...).
Returns:
    precision, recall, f1: of the matching chosen; strict, text, extraction, macro, per_type, per_branch, levels,
    classification, intervals, counts, settings: see scoring.py; calibration: if every prediction has a score; cost: if
    costs are known; dropped: of a run, what was left out and why.
Examples:
    >>> metric = Cascadener()  # which is what evaluate.load("eval/cascadener") returns
    >>> gold = [[{"start": 0, "end": 4, "type": "city", "text": "Rome"}]]
    >>> found = [[{"start": 0, "end": 4, "type": "river", "text": "Rome"}]]
    >>> result = metric.compute(predictions=found, references=gold)
    >>> result["f1"], result["extraction"]["f1"]
    (0.0, 1.0)
"""

#: One strict schema; ``text`` is empty, ``score`` null and ``path`` empty where they are not known.
ENTITY = {
    "start": datasets.Value("int64"),
    "end": datasets.Value("int64"),
    "type": datasets.Value("string"),
    "text": datasets.Value("string"),
    "score": datasets.Value("float64"),
    "path": [datasets.Value("string")],
}


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class Cascadener(evaluate.Metric):
    """The metric."""

    compare = staticmethod(compare)
    plot_reliability = staticmethod(plot_reliability)

    @staticmethod
    def read(sentences: Any, texts: Any = None) -> list[list[Marked]]:
        """Return sentences as ``compare`` and ``score`` want them.

        Raises:
            ValueError: If they cannot be read.
        """
        return marked(read_sentences(sentences, "sentences", texts))

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features({"predictions": [ENTITY], "references": [ENTITY]}),
            reference_urls=["https://arxiv.org/abs/2409.11022"],
        )

    def compute(
        self,
        *,
        predictions: Any = None,
        references: Any = None,
        texts: Any = None,
        types: Any = None,
        extractor: str | None = None,
        classifier: str | None = None,
        base_model: str | None = None,
        repeats: int = 3,
        progressive: bool | None = None,
        cascade: Any = None,
        **options: Any,
    ) -> dict[str, Any] | None:
        """Score predictions, or run the cascade and score what it finds.

        Raises:
            ValueError: If lengths differ, or a mention is out of range, overlaps another or has an unsound score.
        """
        settings = {name: options.pop(name) for name in SETTINGS if name in options}
        if predictions is not None or references is None:
            refuse_options(options)
        if predictions is None and references is None:  # all that was added before
            return super().compute(**settings)
        if references is None:
            raise ValueError("references are missing: the gold mentions of each sentence")
        references = list(references)
        texts = list(texts) if texts is not None else row_values(references, "text")
        gold = read_sentences(references, "references", texts)
        if predictions is not None:
            found = read_sentences(predictions, "predictions", texts_for(predictions, texts))
        else:
            types = row_values(references, "types") if types is None and not progressive else types
            models = {"base_model": base_model, "extractor": extractor, "classifier": classifier}
            how = {"progressive": progressive, "repeats": repeats, "cascade": cascade, **options}
            run = run_cascade(wanted(texts), gold, types, models=models, **how)
            found, settings = run.predictions, run.settings() | settings
        if len(self) or self.num_process > 1:  # what was added before counts too; it is in the library's cache
            self.add_batch(predictions=found, references=gold)
            return super().compute(**settings)
        return make_result(found, gold, **settings)

    def add_batch(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> None:
        """Add sentences with their predictions.

        Raises:
            ValueError: If they cannot be read, or there are not as many of the one as of the other.
        """
        if predictions is None or references is None:
            raise ValueError("predictions and references are both wanted")
        found, gold = read_sentences(predictions, "predictions"), read_sentences(references, "references")
        if len(found) != len(gold):
            raise ValueError(f"predictions are of {len(found)} sentences and references of {len(gold)}")
        if gold:
            super().add_batch(predictions=records(found), references=records(gold), **kwargs)

    def add(self, *, prediction: Any = None, reference: Any = None, **kwargs: Any) -> None:
        """Add one sentence with its prediction.

        Raises:
            ValueError: If it cannot be read.
        """
        self.add_batch(predictions=[prediction], references=[reference], **kwargs)

    def _compute(self, *, predictions: Any, references: Any, **settings: Any) -> dict[str, Any]:
        return make_result(
            read_sentences(predictions, "predictions"), read_sentences(references, "references"), **settings
        )


def refuse_options(options: dict[str, Any]) -> None:
    """Refuse options that would be passed over in silence."""
    if options:
        raise ValueError(f"unknown option {sorted(options)[0]!r}; known are: {', '.join(SETTINGS)}")


def wanted(texts: list[str] | None) -> list[str]:
    """Return the texts of a run."""
    if texts is None:
        raise ValueError("predictions are missing; or texts, to run the cascade on")
    return texts


def texts_for(predictions: Any, texts: list[str] | None) -> list[str] | None:
    """Return the texts to check predictions against; a wrong number of predictions is told of later, and better."""
    return texts if texts is not None and hasattr(predictions, "__len__") and len(predictions) == len(texts) else None


def records(sentences: list[list[Entity]]) -> list[list[dict[str, Any]]]:
    """Return entities in the strict schema."""
    return [[one.to_dict() for one in sentence] for sentence in sentences]
