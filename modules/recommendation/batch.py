"""Pairs as a model is given them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from modules.recommendation.features import Features


@dataclass(frozen=True)
class PairBatch:
    """B pairs: row i of the students with row i of the employers."""

    students: Features
    employers: Features
    label: Tensor
    """B, 1 for a match."""
    decisions: Tensor | None = None
    """B x 2, what the student and the employer decided, where both do."""
    intent: Tensor | None = None
    """B, class of the student's intent; -1 where unknown, or where the student stands in an earlier row."""

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, rows: Tensor | slice) -> "PairBatch":
        decisions, intent = (None if part is None else part[rows] for part in (self.decisions, self.intent))
        return PairBatch(self.students[rows], self.employers[rows], self.label[rows], decisions, intent)

    def split(self, size: int) -> list["PairBatch"]:
        """Batches of so many rows, the last perhaps smaller."""
        return [self[first : first + size] for first in range(0, len(self), size)]

    def to(self, device: torch.device | str) -> "PairBatch":
        """The same on another device."""
        decisions, intent = (
            None if part is None else part.to(device) for part in (self.decisions, self.intent)
        )
        return PairBatch(
            self.students.to(device), self.employers.to(device), self.label.to(device), decisions, intent
        )
