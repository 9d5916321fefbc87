"""From options to what a run needs: the types that are asked for, the source of texts, the cascade."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cascadener_models.command.options import (
    CascadeOptions,
    Decoding,
    InputFormat,
    ModelOptions,
    ReadingOptions,
    TypeOptions,
)
from cascadener_models.command.readers import Lines, Source, opened
from cascadener_models.offline import INSTALL_HINT
from cascadener_models.prompts import check_types
from cascadener_models.type_lists import PACKAGED_TREE
from dynamicner_dataset.errors import InputError, shorten
from dynamicner_dataset.taxonomy import Taxonomy, load_taxonomy, read_taxonomy

if TYPE_CHECKING:
    from cascadener_models.cascade import CascadeNER


def choose_types(options: TypeOptions) -> list[str] | Taxonomy | None:
    """Return the types that are asked for: a list, a tree, or ``None`` for extraction only.

    Raises:
        InputError: If several are given, or one is not sound.
    """
    given = {
        "--types": options.types is not None,
        "--types-file": options.types_file is not None,
        "--tree": options.tree is not None,
    }
    if sum(given.values()) > 1:
        raise InputError(f"{' and '.join(name for name in given if given[name])} exclude each other")
    if options.tree is not None:
        return read_tree(options.tree)
    if options.types_file is not None:
        return types_of_file(options.types_file)
    return None if options.types is None else types_of_arguments(options.types)


def read_tree(name: str) -> Taxonomy:
    """Return the packaged tree, or the one in a file.

    Raises:
        InputError: If there is no such file, or it is unsound.
    """
    if name == PACKAGED_TREE:
        return load_taxonomy()
    if not Path(name).exists():
        raise InputError(f"--tree {shorten(name)}: {PACKAGED_TREE!r} or the path of a taxonomy file is wanted")
    return read_taxonomy(Path(name))


def types_of_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the names between commas, each without outer spaces."""
    names = [name.strip() for argument in arguments for name in argument.split(",")]
    if not any(names):
        raise InputError("--types is empty; names between commas are wanted, such as person,city")
    try:
        return list(check_types([name for name in names if name]))
    except InputError as error:
        raise InputError(f"--types: {error.problem}") from error


def types_of_file(path: Path) -> list[str]:
    """Return the names of a file, one a line; blank lines are passed over.

    Raises:
        InputError: With file and line.
    """
    lines_of: dict[str, int] = {}
    with opened(path) as file:
        lines = Lines(file, str(path))
        for name in map(str.strip, lines):
            if name in lines_of:
                raise lines.error(f"type {shorten(name)} stands on line {lines_of[name]} too")
            if name:
                check_line(name, lines)
                lines_of[name] = lines.number
    if not lines_of:
        raise InputError("holds no type; one name a line is wanted", path)
    return list(lines_of)


def check_line(name: str, lines: Lines) -> None:
    """Refuse a line that is no type name."""
    try:
        check_types([name])
    except InputError as error:
        raise lines.error(error.problem) from error


def choose_source(texts: Sequence[str] | None, given: str | None, reading: ReadingOptions) -> Source:
    """Return where the texts come from.

    Raises:
        InputError: If no text is given, or two sources are, or the file's format cannot be told.
    """
    if texts and given is not None:
        raise InputError("TEXT and --input exclude each other")
    if any(not text.strip() for text in texts or ()):
        raise InputError("TEXT is empty; was it meant to come from a file (--input FILE) or a variable?")
    if list(texts or ()) == ["-"]:
        texts, given = None, "-"
    if given is None and not texts:
        raise InputError("no text is given: write it behind the command, or --input FILE (- is standard input)")
    if texts:
        return Source(reading=reading, texts=texts)
    path = None if given == "-" else Path(given)
    form = reading.input_format or format_of(path)
    if form is InputFormat.TXT and reading.column != "text":
        raise InputError("--column goes with jsonl and csv only; a txt file has one text a line")
    return Source(path, form, reading)


def format_of(path: Path | None) -> InputFormat:
    """Return the format that a file's ending names; standard input is plain text."""
    if path is None:
        return InputFormat.TXT
    ending = path.suffix.lower().removeprefix(".")
    if ending not in set(InputFormat):
        known = ", ".join(f".{form}" for form in InputFormat)
        raise InputError(f"ends in none of {known}; say what it is with --input-format", path)
    return InputFormat(ending)


def check_tree_options(cascade: CascadeOptions, types: list[str] | Taxonomy | None) -> None:
    """Refuse options that would have no effect.

    Raises:
        InputError: With the option and what it goes with.
    """
    if cascade.decoding is Decoding.WHOLE_PATH and not isinstance(types, Taxonomy):
        raise InputError("--decoding whole-path goes with --tree only")
    if cascade.sure and not isinstance(types, Taxonomy):
        raise InputError("--sure goes with --tree only")


def open_cascade(model: ModelOptions, cascade: CascadeOptions) -> CascadeNER:
    """Load the model, or reach the server.

    Raises:
        InputError: If it cannot be used, or a package is missing.
    """
    try:
        from cascadener_models.cascade import CascadeNER
    except ModuleNotFoundError as error:
        raise InputError(f"package {shorten(error.name or '')} is not installed: {INSTALL_HINT}") from error
    options = cascade.for_cascade()
    if model.server is not None:
        return CascadeNER.from_server(
            model.server,
            extractor=model.extractor,
            classifier=model.classifier,
            demonstrations=model.demonstrations,
            **options,
        )
    return CascadeNER.from_pretrained(
        model.base_model,
        extractor=model.extractor,
        classifier=model.classifier,
        revision=model.revision,
        device=model.device,
        dtype=model.dtype,
        batch_size=model.batch_size,
        **options,
    )


def settings_of(
    types: list[str] | Taxonomy | None, reading: ReadingOptions, cascade: CascadeOptions, model: ModelOptions
) -> dict[str, Any]:
    """Return all that a finished row depends on besides its input, as plain JSON values.

    A local model stands with the sizes and times of its files, so that one trained anew counts as another.
    """
    shown = types.to_dict() if isinstance(types, Taxonomy) else types
    files = {
        name: files_of(Path(value))
        for name in ("base_model", "extractor", "classifier")
        if (value := getattr(model, name)) is not None and model.server is None and Path(value).is_dir()
    }
    return {
        "version": package_version(),
        "types": digest(shown),
        "column": reading.column,
        "ignore_row_types": reading.ignore_row_types,
        **cascade.for_cascade(),
        **vars(model),
        "model_files": digest(files),
    }


def package_version() -> str:
    """Return the version of this package; empty where it runs from a checkout that is not installed."""
    try:
        return version("dynamicner")
    except PackageNotFoundError:
        return ""


def files_of(folder: Path) -> list[list[str | int]]:
    """Return name, size and time of each file of a model's folder."""
    found = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in found]


def digest(value: object) -> str:
    """Return a short digest of a JSON value."""
    return hashlib.blake2b(json.dumps(value).encode(), digest_size=10).hexdigest()


def note(text: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(f"{text}\n")
