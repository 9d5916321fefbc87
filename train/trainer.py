"""TRL's SFTTrainer on examples that share sentences, with the loss of answers alone."""

from __future__ import annotations

from typing import Any

from trl import SFTTrainer

from train.answer_loss import teach_answers
from train.batches import PADDING, collate
from train.steady import SteadyTrainer


class AnswerTrainer(SteadyTrainer, SFTTrainer):
    """SFTTrainer with batches and loss of its own."""

    def __init__(self, *, vocabulary_sample: int = 0, **settings: Any) -> None:
        """Take TRL's arguments and :class:`SteadyTrainer`'s."""
        super().__init__(data_collator=collate, **settings)
        self._signature_columns = list(PADDING)
        teach_answers(self.model.get_base_model(), vocabulary_sample)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the mean cross-entropy over the tokens of the answers."""
        output = model(**inputs, num_items_in_batch=num_items_in_batch)
        return (output.loss, output) if return_outputs else output.loss

    def create_model_card(self, *args: Any, **options: Any) -> None:
        """Write none: cards are made by ``cards/``."""
