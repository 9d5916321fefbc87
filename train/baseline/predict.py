"""Predictions of a trained baseline: mentions with exact character offsets, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForTokenClassification

from cascadener_models.rendering.bio import guess_language
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.sentences import Mention
from dynamicner_dataset.tokens import token_spans
from train.baseline.encoder import LOCAL, read_encoder
from train.baseline.pieces import Cutter, Window
from train.baseline.tags import OUTSIDE, mentions_of
from train.record import read_record

#: Batches whose windows are sorted by length together.
SORTED_TOGETHER = 16


class Tagger:
    """A trained encoder that tags words, and what it needs to do so."""

    def __init__(self, model: Any, cutter: Cutter) -> None:
        """Take a model of :func:`train.baseline.encoder.load_model` and what cuts its sentences."""
        self.model, self.cutter = model, cutter
        self.tags = [model.config.id2label[number] for number in range(model.config.num_labels)]

    @classmethod
    def load(cls, folder: Path, device: str | None = None) -> Tagger:
        """Load a folder that ``python -m train baseline`` wrote.

        Args:
            folder: The trained model.
            device: Where it runs; a GPU if there is one.

        Raises:
            InputError: If the folder holds no such model.
        """
        if not (folder / "config.json").is_file():
            raise InputError("holds no config.json: the folder of a trained baseline is wanted", folder)
        encoder = read_encoder(str(folder), folder)
        model = AutoModelForTokenClassification.from_pretrained(folder, use_safetensors=True, **LOCAL)
        most = ((read_record(folder) or {}).get("recipe") or {}).get("max_tokens", encoder.most)
        tagger = cls(model.eval(), Cutter(encoder.tokenizer, min(most, encoder.most)))
        if OUTSIDE not in tagger.tags:
            raise InputError("its output layer has no tag O: the folder of a trained baseline is wanted", folder)
        model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        return tagger

    def predict(self, rows: Iterable[Mapping[str, Any]], batch_size: int = 32) -> Iterator[dict[str, Any]]:
        """Yield ``{"id", "entities": [{"start", "end", "label"}]}`` for each row, in order.

        Args:
            rows: With ``text``, and ``id`` and ``lang`` if known; all else in them is left aside.
            batch_size: Windows a forward pass.

        Raises:
            InputError: If a row has no text.
        """
        source = iter(rows)
        while group := list(islice(source, batch_size * SORTED_TOGETHER)):
            texts = [(text_of(row), language_of(row)) for row in group]
            for row, mentions in zip(group, self.mentions(texts, batch_size), strict=True):
                entities = [{"start": one.start, "end": one.end, "label": one.fine} for one in mentions]
                yield {"id": row.get("id"), "entities": entities}

    def mentions(self, texts: Sequence[tuple[str, str]], batch_size: int = 32) -> list[list[Mention]]:
        """Return the mentions of each text, given with its language."""
        words = [token_spans(text, lang) for text, lang in texts]
        tags = [[OUTSIDE] * len(spans) for spans in words]
        cut = [[text[start:end] for start, end in spans] for (text, _), spans in zip(texts, words, strict=True)]
        windows = sorted(self.cutter.cut(cut)[0], key=lambda window: len(window.input_ids))
        for at in range(0, len(windows), batch_size):
            batch = windows[at : at + batch_size]
            for window, classes in zip(batch, self.classes(batch), strict=True):
                end = window.first + len(window.places)
                tags[window.sentence][window.first : end] = [self.tags[number] for number in classes]
        return [mentions_of(*one) for one in zip(words, tags, strict=True)]

    @torch.no_grad()
    def classes(self, batch: Sequence[Window]) -> Iterator[list[int]]:
        """Yield the likeliest class of each tagged word of each window."""
        padded = self.cutter.tokenizer.pad({"input_ids": [one.input_ids for one in batch]}, return_tensors="pt")
        logits = self.model(**padded.to(self.model.device)).logits
        for window, rows in zip(batch, logits, strict=True):
            yield rows[window.places].argmax(-1).tolist()


def predict(
    folder: Path, rows: Iterable[Mapping[str, Any]], *, batch_size: int = 32, device: str | None = None
) -> Iterator[dict[str, Any]]:
    """Load a trained folder and yield the predictions for rows; see :class:`Tagger`.

    Raises:
        InputError: If the folder holds no trained baseline, or a row has no text.
    """
    return Tagger.load(folder, device).predict(rows, batch_size)


def text_of(row: Mapping[str, Any]) -> str:
    """Return the text of a row.

    Raises:
        InputError: If it has none.
    """
    text = row.get("text")
    if not isinstance(text, str):
        raise InputError(f"row {row.get('id', '(no id)')} has no text; a string is wanted there")
    return text


def language_of(row: Mapping[str, Any]) -> str:
    """Return the language of a row, or one that cuts its text alike."""
    return row.get("lang") or guess_language(row["text"])
