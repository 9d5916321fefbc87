"""Running the whole cascade, fusion included, for its figures; ``cascadener_models`` is imported only here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .entities import Entity, read_sentences
from .paths import tree_paths

#: Arguments of ``CascadeNER.from_pretrained`` that are no options of a call.
LOADING = ("revision", "device", "dtype", "batch_size")


@dataclass(frozen=True, slots=True)
class Run:
    """What the cascade said.

    Attributes:
        predictions: Of each sentence the mentions found.
        gold_mention_types: Of each sentence the types that the classifier gave the gold mentions, in their order; empty
            where it gave none.
        costs: Of each sentence tokens, passes and seconds of the cascade; naming the gold mentions is not in it.
        dropped: What was left out and why, over all sentences.
        paths: Of each type its way down the tree, if the types are one tree.
    """

    predictions: list[list[Entity]]
    gold_mention_types: list[list[str]]
    costs: list[dict[str, float]]
    dropped: dict[str, int]
    paths: dict[str, tuple[str, ...]]

    def settings(self) -> dict[str, Any]:
        """Return what the result is made of beside the predictions."""
        return {
            "gold_mention_types": self.gold_mention_types,
            "costs": self.costs,
            "dropped": self.dropped,
            "paths": self.paths or None,
        }


def run_cascade(
    texts: Sequence[str],
    references: Sequence[Sequence[Entity]],
    types: Any,
    *,
    progressive: bool | None = None,
    repeats: int = 3,
    cascade: Any = None,
    models: Mapping[str, Any] | None = None,
    **options: Any,
) -> Run:
    """Find and name the entities of each text, and name the gold mentions.

    Args:
        texts: The sentences.
        references: Their gold mentions.
        types: A list of names, a list a text, or a tree; see ``cascadener_models.CascadeNER.__call__``.
        progressive: Down a tree, level by level; ``False``: over one flat list, of a tree its fine types; ``None``: as
            the types are.
        repeats: Extractions that are fused; not with ``threshold``, which is one pass.
        cascade: A cascade that is loaded already.
        models: Arguments of ``CascadeNER.from_pretrained`` (``base_model``, ``extractor``, ``classifier``).
        **options: Of the cascade (``decoding``, ``zero_shot``, ...), and of loading (``device``, ``dtype``, ...).

    Raises:
        ValueError: If types are missing or do not fit ``progressive``, or models or options are unsound.
        ImportError: If ``cascadener_models`` is not installed.
    """
    try:
        from cascadener_models import CascadeNER
        from cascadener_models.classifier import Task
    except ImportError as error:
        raise ImportError(
            "running the cascade needs this project's package: pip install 'dynamicner[models]'; predictions that you "
            "have can be scored without it"
        ) from error
    loading = {name: options.pop(name) for name in LOADING if name in options}
    if options.get("threshold") is None:
        options = {"k": repeats, **options}
    schemes = type_schemes(types, len(texts), progressive)
    ner = cascade if cascade is not None else CascadeNER.from_pretrained(**(models or {}), **loading)
    found = ner(list(texts), types=schemes, **options) if texts else []
    # After the cascade: the classifier remembers answers, and the cascade's cost must be that of doing all the work.
    tasks = [
        Task(text, (one.start, one.end), scheme)
        for text, mentions, scheme in zip(texts, references, schemes, strict=True)
        for one in mentions
    ]
    named = iter(ner.classifier(ner.options.change(options)).name(tasks))
    return Run(
        read_sentences(found, "predictions", texts),
        [[(next(named).path or ("",))[-1] for _ in mentions] for mentions in references],
        [one.cost.total.to_dict() for one in found],
        dict(sorted(sum((one.dropped for one in found), start=Counter()).items())),
        common_paths(schemes),
    )


def type_schemes(types: Any, count: int, progressive: bool | None) -> list[Any]:
    """Return the list or tree of each text.

    Raises:
        ValueError: If there are no types, or they do not fit ``progressive``.
    """
    from cascadener_models.type_lists import PACKAGED_TREE, read_types_per_text
    from dynamicner_dataset.taxonomy import Taxonomy

    schemes = read_types_per_text(PACKAGED_TREE if types is None and progressive else types, count)
    if any(one is None for one in schemes):
        raise ValueError("types are wanted: a list of names, a list a text, or a tree such as 'dynamicner'")
    if progressive and not all(isinstance(one, Taxonomy) for one in schemes):
        raise ValueError(
            "progressive=True goes down a tree, but types are a flat list; 'dynamicner' is the packaged tree"
        )
    if progressive is False:
        schemes = [tuple(node.name for node in one.fine) if isinstance(one, Taxonomy) else one for one in schemes]
    return schemes


def common_paths(schemes: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """Return the paths of the one tree that all texts have; empty if they have none, or several."""
    first = schemes[0] if schemes else None
    if first is None or not hasattr(first, "nodes") or any(one is not first for one in schemes):
        return {}
    return tree_paths(first)
