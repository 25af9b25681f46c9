"""Prompts and answers as tensors."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from modules.transfer.causal_lm.lines import Lines
from modules.transfer.tagging.labelled import Labelled

NEGATIVES = 0.3
"""Share of the passages without a move that are kept where slots are learned."""
IGNORED = -100
"""No target, as PyTorch's cross entropy has it."""


@dataclass(frozen=True)
class AnswerBatch:
    """B prompts with their answers, at most T tokens, padded on the left.

    Shapes:
        tokens: B x T.
        seen: B x T, 1 of tokens; 0 of what pads.
        positions: B x T, from 0 at each prompt's first token.
        targets: B x T, the token itself where it is part of an answer's slots; else -100.
        decision: B, where the prompt ends: the next token is `Yes` or `No`.
        circulation: B, 1 of passages that tell of a move.
        weights: B, of the decision: where slots are learned, those kept without a move stand for the others.
    """

    tokens: Tensor
    seen: Tensor
    positions: Tensor
    targets: Tensor
    decision: Tensor
    circulation: Tensor
    weights: Tensor

    def to(self, device: torch.device, **how: Any) -> "AnswerBatch":
        """The same on a device, as Lightning asks for it."""
        return AnswerBatch(*(getattr(self, each.name).to(device, **how) for each in fields(self)))


def answer_batch(lines: Lines, rows: Sequence[Labelled], *, with_slots: bool) -> AnswerBatch:
    """Encode labelled passages; without slots, a prompt ends where its answer would begin."""
    prompts = [[*lines.opening, *lines.passage(row.passage.text)] for row in rows]
    answers = [[*lines.yes, *lines.slots(row)] if with_slots and row.circulation else [] for row in rows]
    width = max(len(prompt) + len(answer) for prompt, answer in zip(prompts, answers, strict=True))
    tokens = torch.zeros(len(rows), width, dtype=torch.int64)
    seen, positions = torch.zeros_like(tokens), torch.zeros_like(tokens)
    targets = torch.full_like(tokens, IGNORED)
    for at, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        count = len(prompt) + len(answer)
        tokens[at, width - count :] = torch.tensor([*prompt, *answer])
        seen[at, width - count :] = 1
        positions[at, width - count :] = torch.arange(count)
        slots = answer[len(lines.yes) :]
        targets[at, width - len(slots) :] = torch.tensor(slots, dtype=torch.int64)
    decision = torch.tensor([width - 1 - len(answer) for answer in answers])
    circulation = torch.tensor([float(row.circulation) for row in rows])
    weights = torch.where(circulation > 0, 1.0, 1 / NEGATIVES if with_slots else 1.0)
    return AnswerBatch(tokens, seen, positions, targets, decision, circulation, weights)
