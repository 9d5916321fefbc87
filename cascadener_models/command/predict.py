"""``cascadener predict``: entities of texts, to the terminal or, with resume, to a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from cascadener_models.command import choices
from cascadener_models.command.choices import check_tree_options, choose_source, choose_types, note, settings_of
from cascadener_models.command.options import CascadeOptions, ModelOptions, ReadingOptions, TypeOptions
from cascadener_models.command.output import OutputFormat, choose_format, render
from cascadener_models.command.progress import Reporter, reporting, waiting
from cascadener_models.command.readers import Row, Source
from cascadener_models.command.results import Finished, Predictor, finish, in_blocks, read_finished
from cascadener_models.command.resume import PartFile
from dynamicner_dataset.command_line import fail
from dynamicner_dataset.errors import InputError
from dynamicner_dataset.languages import check_language

#: Batches that are predicted, and written, at once.
BATCHES_IN_BLOCK = 1


@dataclass(frozen=True)
class Job:
    """One run.

    Attributes:
        source: The texts.
        types: What is asked of rows without a type list of their own.
        opens: Loads the cascade; called once the first rows have been read.
        block: Rows in a block: what is predicted, and written, at once.
        cost: Whether rows tell what they cost.
        form: Format of the output.
        lang: Language for the tokens of bio.
        local: Whether the models run in this process.
        settings: What finished rows depend on besides the input.
    """

    source: Source
    types: Any
    opens: Callable[[], Predictor]
    block: int
    cost: bool
    form: OutputFormat
    lang: str | None
    local: bool
    settings: dict[str, Any]

    def finished_blocks(self, ner: Predictor, rows: Iterator[Row], reporter: Reporter) -> Iterator[list[Finished]]:
        """Yield finished rows, a block at a time."""
        for block in in_blocks(rows, self.block):
            yield finish(ner, block, self.types, self.cost)
            if self.local:
                ner.forget()  # else a score's last digits would hang on which blocks this process has seen
            reporter.advance(len(block), block[-1].offset)

    def open_cascade(self) -> Predictor:
        """Load the model."""
        with waiting("loading the model"):
            return self.opens()


def command(
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT...", help="Texts; a single - is standard input.", show_default=False),
    ] = None,
    input_file: Annotated[
        str | None, typer.Option("--input", metavar="FILE", help="A .jsonl, .txt or .csv file; - is standard input.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", metavar="FILE", help="Where rows are written; - is standard output.")
    ] = None,
    form: Annotated[
        OutputFormat | None,
        typer.Option("--format", help="By default a table on a terminal, markup in a pipe, jsonl for files."),
    ] = None,
    lang: Annotated[
        str | None, typer.Option("--lang", help="Language for the tokens of bio; by default told from the script.")
    ] = None,
    cost: Annotated[bool, typer.Option("--cost", help="Tokens, passes and seconds of each row (jsonl).")] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Leave an output that is there already as it is; by default it is made anew."),
    ] = False,
    *,
    types: TypeOptions,
    reading: ReadingOptions,
    cascade: CascadeOptions,
    model: ModelOptions,
) -> None:
    """Find the entities of texts.

    Without types, only mentions are found. A run into --output that is interrupted goes on when it is started again.

    cascadener predict "Marie Curie moved to Paris." --types scientist,city
    """
    source = choose_source(texts, input_file, reading)
    path = None if output in (None, "-") else Path(output)
    chosen = choose_types(types)
    if cost and choose_format(form, path, bool(source.texts)) is not OutputFormat.JSONL:
        raise InputError("--cost goes with --format jsonl only")
    check_tree_options(cascade, chosen)
    job = Job(
        source,
        chosen,
        lambda: choices.open_cascade(model, cascade),
        model.batch_size * BATCHES_IN_BLOCK,
        cost,
        choose_format(form, path, bool(source.texts)),
        check_language(lang) if lang else None,
        model.server is None,
        settings_of(chosen, reading, cascade, model) | {"cost": cost},
    )
    if path is None:
        predict_to_stdout(job)
    elif not check_output(path, source, job.form, resume):
        predict_to_file(job, path)


def check_output(path: Path, source: Source, form: OutputFormat, resume: bool) -> bool:
    """Say whether the output is there and is to stay.

    Raises:
        InputError: If it cannot be written, or is the input.
    """
    if path.exists() and not path.is_file():
        raise InputError("is no file that could be written; name another, or - for standard output", path)
    if source.path and path.exists() and path.samefile(source.path):
        raise InputError("is the input too; name another output", path)
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError("is no folder that can be written to; name another output", folder)
    if form is OutputFormat.TABLE:
        raise InputError("a table is for the terminal; one of jsonl, markup, bio, html goes into a file", path)
    if not path.exists() or path.with_name(path.name + ".part").exists():
        return False
    note(f"{path} is there already: " + ("nothing to do" if resume else "making it anew (--resume leaves it)"))
    return resume


def predict_to_stdout(job: Job) -> None:
    """Write rows to standard output as they are finished."""
    rows = peeked(job.source.rows(), job.block)
    ner = job.open_cascade()
    out = typer.get_binary_stream("stdout")
    with reporting(job.source.size, wanted=False) as reporter:
        blocks = job.finished_blocks(ner, rows, reporter)
        try:
            for part in render(job.form, chain.from_iterable(blocks), job.lang):
                out.write(part.encode("utf-8"))
                out.flush()
        except KeyboardInterrupt:
            fail("interrupted; a run into --output FILE could be gone on with")


def predict_to_file(job: Job, path: Path) -> None:
    """Write rows to a file that is there whole or not at all; go on where an earlier run was cut.

    Raises:
        InputError: As reading and predicting do; finished rows are kept.
    """
    part = PartFile(path, job.settings)
    rows = peeked(part.remaining(job.source.rows(), job.block), job.block)
    try:
        run_into(part, rows, job)
    except KeyboardInterrupt:
        fail(f"interrupted; {kept(part)}")
    except InputError as error:
        if not part.done:
            raise
        raise InputError(f"{error.problem}; {kept(part)}", error.file, error.line, error.column) from error
    finally:
        part.close()
    note(f"wrote {part.done:,} rows to {path}")


def run_into(part: PartFile, rows: Iterator[Row], job: Job) -> None:
    """Finish all rows and put the output in its place."""
    first = next(rows, None)
    ner = job.open_cascade() if first else None
    if part.note:
        note(part.note)
    part.start()
    if ner and first:
        with reporting(job.source.size, wanted=True) as reporter:
            for block in job.finished_blocks(ner, chain([first], rows), reporter):
                part.append(block)
    if job.form is OutputFormat.JSONL:
        part.become_output()
    else:
        part.render_output(render(job.form, read_finished(part.path), job.lang, part.output.stem))


def kept(part: PartFile) -> str:
    """Return how to go on with what is finished."""
    if not part.done:
        return "no row was finished"
    return f"{part.done:,} finished rows are kept in {part.path}: run the same command again to go on"


def peeked(rows: Iterator[Row], count: int) -> Iterator[Row]:
    """Return the same rows, of which the first have been read: bad ones are told before a model is loaded."""
    first = list(islice(rows, count))
    return chain(first, rows)
