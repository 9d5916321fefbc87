"""``python -m build``: from corpus to base to dynamic version to Hub folder."""

from __future__ import annotations

from collections.abc import Callable

import typer

from build import agreement, check, dataset, dynamic, guide, importer, split
from build.derived import command as derived
from dynamicner_dataset.command_line import run_app, with_clear_errors

COMMANDS: dict[str, Callable[..., None]] = {
    "dataset": dataset.dataset_command,
    "base": dataset.base_command,
    "dynamic": dynamic.command,
    "report": dynamic.report_command,
    "embeddings": dynamic.embeddings_command,
    "import": importer.command,
    "derive": derived.command,
    "check": check.command,
    "agreement": agreement.command,
    "guide": guide.command,
    "split": split.command,
}


app = typer.Typer(
    help="Build DynamicNER: corpus, base version, dynamic version, Hub folder, and what is derived from it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for name, function in COMMANDS.items():
    app.command(name)(with_clear_errors(function))

if __name__ == "__main__":
    run_app(app, "python -m build")
