"""Few-NERD: Wikipedia, 8 coarse and 66 fine types.

Hub: ``DFKI-SLT/few-nerd``, configs ``supervised`` and ``intra`` (``inter`` is not read).
Licence: CC BY-SA 4.0. Languages: en. Paper: Ding et al., 2021, "Few-NERD: A Few-shot Named Entity Recognition Dataset".
Files: two columns ``token TAB tag`` in IO, without prefix, the fine label after the coarse (``person-actor``).
What we change: tokens are joined by single spaces, labels get plain names. IO tags say no border between neighbours
of one label: such mentions are one, as in every use of the set. Coarse mentions are those of the fine annotation, so
that neighbours of different fine types stay apart. In the intra setting the type list holds the coarse types of the
asked part alone (train: person, other, art, product; validation: event, building; test: organization, location, of 17
fine types); a tag of another part is read as O and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dynamicner_dataset.errors import InputError
from eval.external import columns, jsonl_rows
from eval.external.hub import HubSource
from eval.external.label_map import LabelMap, Labels, load_label_map
from eval.external.options import Choices, Options, is_jsonl
from eval.external.tagged import Tagged

NAME = "few-nerd"
CHOICES: Choices = {"lang": ("en",), "types": ("fine", "coarse"), "setting": ("supervised", "intra")}
COLUMNS = columns.Columns((2,), "Bogart\tperson-actor")
TAG_COLUMNS = ("fine_ner_tags", "ner_tags")
OTHER_PART = "mentions of a type of another part of the intra setting, read as O"


def labels(options: Options) -> Labels:
    """Return the names of the labels at the asked granularity, of the asked part."""
    label_map = load_label_map(NAME)
    names = granular(label_map, options.types)
    if options.setting != "intra":
        return Labels(names, elsewhere=elsewhere(label_map))
    part = label_map.parts[options.split]
    inside = {label: name for label, name in names.items() if coarse_of(label) in part}
    left_out = {label: OTHER_PART for label in names if label not in inside}
    return Labels(inside, left_out, elsewhere(label_map))


def granular(label_map: LabelMap, types: str) -> dict[str, str]:
    """Return the names of fine labels; at the coarse level those of coarse labels come first.

    Raises:
        InputError: If a fine label of the map is under no coarse one.
    """
    coarse, fine = label_map.lists["coarse"], label_map.lists["fine"]
    for label in fine:
        if coarse_of(label) not in coarse:
            raise InputError(f"the map of {NAME} has the fine label {label!r} under no coarse one")
    return dict(fine) if types == "fine" else coarse | {label: coarse[coarse_of(label)] for label in fine}


def coarse_of(label: str) -> str:
    """Return the coarse label that a label begins with, or is.

    >>> coarse_of("art-film"), coarse_of("art")
    ('art', 'art')
    """
    return label.partition("-")[0]


def elsewhere(label_map: LabelMap) -> dict[str, tuple[str, ...]]:
    """Return the coarse labels, for the message that meets one among fine tags."""
    return dict.fromkeys(label_map.lists["coarse"], ("the coarse tags (--types coarse reads them)",))


def hub_source(options: Options) -> HubSource:
    """Return where the set is on the Hub."""
    return HubSource("DFKI-SLT/few-nerd", options.setting, TAG_COLUMNS)


def read_file(path: Path, options: Options) -> Iterator[Tagged]:
    """Yield the sentences of a local file; faults are :class:`InputError` with file and line."""
    if is_jsonl(path):
        return jsonl_rows.read(path, TAG_COLUMNS)
    return columns.read(path, COLUMNS)
