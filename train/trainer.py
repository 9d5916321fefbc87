"""TRL's SFTTrainer with the output layer on answers only: a vocabulary of 262,144 makes full logits dear."""

from __future__ import annotations

from typing import Any

import torch
from trl import SFTTrainer

IGNORED = -100


class AnswerTrainer(SFTTrainer):
    """The same loss as SFTTrainer's, without the logits of prompts and padding."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the mean cross-entropy over the tokens of the answers."""
        labels = inputs["labels"][:, 1:]
        causal = self.accelerator.unwrap_model(model).get_base_model()
        hidden = causal.base_model(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]
        ).last_hidden_state
        wanted = labels != IGNORED
        logits = causal.get_output_embeddings()(hidden[:, :-1][wanted])
        total = torch.nn.functional.cross_entropy(logits.float(), labels[wanted], reduction="sum")
        loss = total / (num_items_in_batch if num_items_in_batch is not None else wanted.sum())
        return (loss, {"logits": logits}) if return_outputs else loss
