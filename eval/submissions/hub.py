"""The file that shows a result on the Hub: ``.eval_results/*.yaml`` of the model's own repo."""

from __future__ import annotations

from typing import Any

import yaml
from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

#: The leaderboards of the dataset's repo are for this split alone.
HUB_SPLIT = "test"


def eval_results(result: dict[str, Any], dataset_id: str) -> str:
    """Return the text of the file: one entry, F1 in percent.

    Args:
        result: What ``submit check`` found.
        dataset_id: The dataset's repo on the Hub; its tasks are called as its configs.
    """
    head = result["submission"]
    entry = EvalResultEntry(
        dataset_id=dataset_id,
        task_id=result["config"],
        value=percent(result["strict"]["f1"]),
        date=head["date"] or None,
        source_url=head["url"] or None,
        source_name=head["name"] if head["url"] else None,
        notes=notes(result),
    )
    return yaml.safe_dump(eval_result_entries_to_yaml([entry]), sort_keys=False, allow_unicode=True)


def notes(result: dict[str, Any]) -> str:
    """Return what the value is, in a line."""
    interval = result["intervals"].get("strict", {}).get("f1")
    between = f", 95 % interval {percent(interval[0])} to {percent(interval[1])}" if interval else ""
    return f"micro F1 of span and type{between}; data {result['data_sha256'][:12]}"


def percent(share: float) -> float:
    """Return a share in percent with one decimal."""
    return round(100 * share, 1)
