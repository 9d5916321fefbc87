"""Opening what answers: a model in this process or a server, once for all runs in a row that share it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cascadener_models.backends.base import CLASSIFIER, EXTRACTOR
from cascadener_models.demonstrations import packaged_demonstrations
from cascadener_models.resolution import find_adapter, find_model, require_local_packages
from dynamicner_dataset.errors import InputError
from eval.methods.asking import Completer
from eval.methods.cascade import Listening, Recording
from eval.methods.gliner_peer import load_gliner
from eval.methods.suite import OPENAI, ModelSpec


class Doors:
    """What was opened last is kept open; asked for something else, it is closed."""

    def __init__(self) -> None:
        self._key: Any = None
        self._kept: Any = None

    def _keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what is open under a key, or open it."""
        if key != self._key:
            self.close()
            self._kept, self._key = make(), key
        return self._kept

    def cascade(self, spec: ModelSpec, *, context_free: bool) -> Recording:
        """Return the back end of the cascade.

        Raises:
            BackendError: If the model or server cannot be used.
        """
        make = chat_backend if spec.server else local_backend
        return self._keep(("cascade", spec.model_dump_json(), context_free), lambda: make(spec, context_free))

    def completer(self, spec: ModelSpec) -> Completer:
        """Return a model that answers in free text.

        Raises:
            BackendError: If the model or server cannot be used.
        """
        make = chat_completer if spec.server else local_completer
        return self._keep(("completer", spec.model_dump_json()), lambda: make(spec))

    def tagger(self, spec: ModelSpec) -> Any:
        """Return a trained tagger.

        Raises:
            InputError: If its folder is not given, or holds none.
        """
        return self._keep(("tagger", spec.model_dump_json()), lambda: load_tagger(spec))

    def gliner(self, spec: ModelSpec) -> Any:
        """Return a GLiNER model.

        Raises:
            BackendError: If the package or the weights are missing.
        """
        name = trained(spec, "gliner", "a folder or Hub id such as urchade/gliner_multi-v2.1")
        return self._keep(("gliner", spec.model_dump_json()), lambda: load_gliner(name, spec.device))

    def close(self) -> None:
        """Close what is open."""
        if hasattr(self._kept, "close"):
            self._kept.close()
        self._key = self._kept = None


def trained(spec: ModelSpec, method: str, wanted: str) -> str:
    """Return the trained model that a method needs.

    Raises:
        InputError: If the spec names none.
    """
    if spec.base_model is None:
        raise InputError(f"method {method} needs base_model: {wanted}")
    return spec.base_model


def load_tagger(spec: ModelSpec) -> Any:
    """Load a checkpoint of ``python -m train baseline``; the one place where methods reach into ``train``."""
    folder = Path(trained(spec, "supervised", "the folder that python -m train baseline wrote"))
    if not folder.is_dir():
        raise InputError("is no folder; train the baseline first (python -m train baseline)", folder)
    require_local_packages()
    from train.baseline.predict import Tagger

    return Tagger.load(folder, spec.device)


def chat_options(spec: ModelSpec) -> dict[str, Any]:
    """Return what every door to a server is opened with."""
    names = ("concurrency", "timeout", "retries", "extra")
    return {name: getattr(spec, name) for name in names}


def server_of(spec: ModelSpec) -> str | None:
    """Return the server's URL; OpenAI's by name, whatever ``$OPENAI_BASE_URL`` says."""
    from cascadener_models.backends.chat.backend import OPENAI_URL

    return OPENAI_URL if spec.server == OPENAI else spec.url


def chat_backend(spec: ModelSpec, context_free: bool) -> Recording:
    """Return the cascade's back end on a server."""
    from eval.methods.chat import RecordingChat, without_sentence

    shown = packaged_demonstrations() if spec.demonstrations else {EXTRACTOR: [], CLASSIFIER: []}
    named = [without_sentence(one) for one in shown[CLASSIFIER]] if context_free else shown[CLASSIFIER]
    return RecordingChat(
        server_of(spec),
        extractor=spec.extractor or spec.model,
        classifier=spec.classifier or spec.model,
        extraction_demonstrations=shown[EXTRACTOR],
        classification_demonstrations=named,
        logprobs=spec.logprobs,
        context_free=context_free,
        **chat_options(spec),
    )


def chat_completer(spec: ModelSpec) -> Completer:
    """Return a server's model for free text."""
    from eval.methods.chat import RecordingChat

    return RecordingChat(server_of(spec), extractor=spec.model or spec.extractor, **chat_options(spec))


def local_backend(spec: ModelSpec, context_free: bool) -> Recording:
    """Return the cascade's back end in this process.

    Raises:
        InputError: If a model that was not trained for it is to classify without the sentence: its examples have one.
    """
    from cascadener_models.cascade import CascadeNER

    names = ("extractor", "classifier", "revision", "device", "dtype", "batch_size")
    backend = CascadeNER.from_pretrained(spec.base_model, **{name: getattr(spec, name) for name in names}).backend
    if context_free:
        if spec.classifier == "none" or (spec.classifier is None and spec.base_model is not None):
            raise InputError("context_free needs a model with a classifier: an adapter for a local one")
        from eval.methods.context_free import ContextFreeScorer

        backend.scorer = ContextFreeScorer(backend.runner, backend.template[CLASSIFIER])
    return Listening(backend)


def local_completer(spec: ModelSpec) -> Completer:
    """Return a model of this process for free text; ``extractor`` names an adapter that was trained for it."""
    require_local_packages()
    from eval.methods.local import LocalCompleter

    base = find_model(spec.base_model, revision=spec.revision)
    adapter = find_adapter(spec.extractor or "none", EXTRACTOR)
    return LocalCompleter(
        base.folder,
        adapter.folder if adapter else None,
        device=spec.device,
        dtype=spec.dtype,
        batch_size=spec.batch_size,
    )
