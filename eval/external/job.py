"""One conversion from the options to the files: gold, support sets of episodes, and the report of counts."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dynamicner_dataset.atomic import atomic_file
from dynamicner_dataset.errors import InputError
from eval.external.convert import Notes
from eval.external.gold_file import gold_lines
from eval.external.options import Options
from eval.external.sampling import draw_episodes, k_shot, numbered
from eval.external.sets import find_set, read_external, settle_options
from eval.gold import Gold, data_hash


@dataclasses.dataclass(frozen=True)
class Sample:
    """What is drawn; 0 where nothing is."""

    shots: int = 0
    ways: int = 0
    episodes: int = 1
    seed: int = 0


def run(set_name: str, options: Options, sample: Sample, out: Path, *, file: Path | None, hub: bool) -> str:
    """Convert, draw, write, and return what the command says.

    Raises:
        InputError: For options that do not go together, or whatever is wrong in the data; then nothing is written.
    """
    check_request(file, hub, out, sample)
    options = settle_options(set_name, options)
    gold, notes = read_external(set_name, options, file)
    report = {
        "set": set_name,
        "source": source_of(set_name, options, file),
        "options": dataclasses.asdict(options),
        "read": counts_of(gold),
        "scheme": notes.schemes.name,
        "faults": notes.all_faults(),
        "first_broken_lines": notes.schemes.broken_lines,
        "left_out": dict(sorted(notes.left_out.items())),
    }
    outputs = drawn(gold, sample, out, report)
    report["written"] = counts_of(outputs[out])
    report["data_sha256"] = data_hash(outputs[out])
    write_all(outputs, out.with_suffix(".report.json"), report)
    return summary(report, notes, out)


def check_request(file: Path | None, hub: bool, out: Path, sample: Sample) -> None:
    """Refuse options that exclude each other or would have no effect."""
    if (file is None) != hub:
        raise InputError("name the source: either --file PATH or --hub")
    if file and file.resolve() == out.resolve():
        raise InputError("is both --file and --out; the source is not overwritten", file)
    if sample.ways and not sample.shots:
        raise InputError("--ways needs --shots")
    if sample.episodes > 1 and not sample.ways:
        raise InputError("--episodes goes with --ways only")


def drawn(gold: Sequence[Gold], sample: Sample, out: Path, report: dict[str, Any]) -> dict[Path, list[Gold]]:
    """Return what goes into each file, and put the counts of the sample into the report."""
    if not sample.shots:
        return {out: list(gold)}
    if not sample.ways:
        found, report["sample"] = k_shot(gold, sample.shots, sample.seed)
        return {out: found}
    tasks = draw_episodes(gold, sample.ways, sample.shots, episodes=sample.episodes, seed=sample.seed)
    report["sample"] = {"unit": "mention", **dataclasses.asdict(sample), "types": [list(one.types) for one in tasks]}
    sides: dict[Path, list[Gold]] = {out: [], out.with_suffix(".support.jsonl"): []}
    for number, task in enumerate(tasks, 1):
        for found, side in zip(sides.values(), (task.query, task.support), strict=True):
            found += numbered(side, number)
    return sides


def source_of(name: str, options: Options, file: Path | None) -> dict[str, Any]:
    """Return where the data come from."""
    return {"file": str(file)} if file else dataclasses.asdict(find_set(name).hub_source(options))


def counts_of(gold: Sequence[Gold]) -> dict[str, Any]:
    """Return the numbers of sentences, of mentions, and of mentions by type in the order of the type list."""
    by_type = Counter(mention.type for one in gold for mention in one.mentions)
    types: Iterable[str] = dict.fromkeys(name for one in gold for name in one.types or ())
    return {
        "sentences": len(gold),
        "sentences_without_a_mention": sum(not one.mentions for one in gold),
        "mentions": by_type.total(),
        "mentions_by_type": {name: by_type[name] for name in types},
    }


def write_all(outputs: dict[Path, list[Gold]], report_path: Path, report: dict[str, Any]) -> None:
    """Write gold and report, each whole or not at all."""
    for path, gold in outputs.items():
        with atomic_file(path) as file:
            file.writelines(gold_lines(gold))
    with atomic_file(report_path) as file:
        json.dump(report, file, ensure_ascii=False, indent=2)
        file.write("\n")


def summary(report: dict[str, Any], notes: Notes, out: Path) -> str:
    """Return what the command says: what was written, and every kind of thing that is not in it."""
    written = report["written"]
    types = written["mentions_by_type"]
    lines = [
        f"wrote {written['sentences']} sentences with {written['mentions']} mentions of {len(types)} types to {out}",
        "; ".join(f"{name} {count}" for name, count in types.items()),
    ]
    met = {**report["left_out"], **report["faults"]}
    lines += [f"{count} {what}" for what, count in met.items()]
    if broken := notes.schemes.broken_lines:
        lines.append(f"the first on lines {', '.join(map(str, broken))}")
    return "\n".join([*lines, f"tags: {notes.schemes.name}"])
