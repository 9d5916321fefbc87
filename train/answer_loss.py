"""The loss of answers alone, and the output layer only where it teaches something.

With a vocabulary of 262,144 the output layer costs more than the whole body of a small model. It is run on the tokens
before answers only, and, where a recipe asks for it, over a sample of the vocabulary.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from transformers.modeling_outputs import CausalLMOutput

from train.batches import masks_for
from train.examples import IGNORED


def teach_answers(model: Any, sample: int = 0) -> None:
    """Give a causal language model a forward that returns the loss of a batch of :func:`train.batches.collate`.

    It takes the place of the model's own, as TRL's fused output layer does, so that wrappers for several devices (DDP,
    FSDP, DeepSpeed) see one forward.

    Args:
        model: The transformers model inside PEFT's wrapper.
        sample: Tokens of the vocabulary that the loss is estimated over; 0 for all.
    """
    model.forward = partial(answer_forward, model, sample)


def answer_forward(
    model: Any,
    sample: int,
    input_ids: torch.Tensor,
    labels: torch.Tensor,
    branches: torch.Tensor,
    position_ids: torch.Tensor,
    num_items_in_batch: torch.Tensor | int | None = None,
    **_: Any,
) -> CausalLMOutput:
    """Return the mean cross-entropy over the tokens of the answers of a batch."""
    hidden = model.base_model(
        input_ids=input_ids,
        attention_mask=masks_for(model.config, branches, position_ids),
        position_ids=position_ids,
        use_cache=False,
    ).last_hidden_state
    wanted = labels != IGNORED
    states, targets = hidden[wanted], labels[wanted]
    output = model.get_output_embeddings()
    softcap = getattr(model.config, "final_logit_softcapping", None)
    if sample and model.training:
        total = sampled_loss(states, targets, input_ids, output.weight, sample, softcap)
    else:
        total = torch.nn.functional.cross_entropy(capped(output(states).float(), softcap), targets, reduction="sum")
    return CausalLMOutput(loss=total / (num_items_in_batch if num_items_in_batch is not None else wanted.sum()))


def capped(logits: torch.Tensor, softcap: float | None) -> torch.Tensor:
    """Return logits as the model's own head would give them."""
    return torch.tanh(logits / softcap) * softcap if softcap else logits


def sampled_loss(
    states: torch.Tensor,
    targets: torch.Tensor,
    shown: torch.Tensor,
    weight: torch.Tensor,
    sample: int,
    softcap: float | None = None,
) -> torch.Tensor:
    """Return the summed cross-entropy, its normaliser estimated from a sample of the vocabulary.

    All tokens of the batch are in the sum themselves: what could be copied or answered by mistake. The others are drawn
    evenly, and each stands for as many as were not drawn, so the normaliser's expectation is the true one.

    Args:
        states: Hidden states before the answers' tokens, (tokens, size).
        targets: Those tokens, (tokens,).
        shown: Tokens of the whole batch, any shape.
        weight: The output layer's, (vocabulary, size).
        sample: How many others are drawn.
        softcap: Of the model's logits.
    """
    vocabulary = weight.shape[0]
    known = torch.unique(torch.cat([targets, shown.flatten()]))
    drawn = torch.randint(vocabulary, (min(sample, vocabulary),), device=states.device)
    drawn = drawn[~torch.isin(drawn, known)]
    logits = capped((states @ weight[torch.cat([known, drawn])].T).float(), softcap)
    if len(drawn):
        share = math.log((vocabulary - len(known)) / len(drawn))
        logits = torch.cat([logits[:, : len(known)], logits[:, len(known) :] + share], dim=1)
    return torch.nn.functional.cross_entropy(logits, torch.searchsorted(known, targets), reduction="sum")
