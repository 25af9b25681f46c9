"""What models are fitted on: two encoded tables, pairs of their rows, and what else is known."""

from dataclasses import dataclass

import torch
from torch import Tensor

from modules.schema import Sampling, Schema


@dataclass(frozen=True)
class Features:
    """One side's encoded table; row i of both tensors is one student, or one employer."""

    codes: Tensor
    """n x C, int64: code of each categorical field within the field, 0 = unseen in training or missing."""
    values: Tensor
    """n x V, float32: numeric fields, then the sequence, standardised on training rows; missing = 0."""

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or self.values.ndim != 2 or len(self.codes) != len(self.values):  # noqa: PLR2004
            shapes = f"{tuple(self.codes.shape)} and {tuple(self.values.shape)}"
            msg = f"codes and values must be two tables of as many rows, not {shapes}"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Tensor | slice) -> "Features":
        return Features(self.codes[rows], self.values[rows])

    def to(self, device: torch.device | str) -> "Features":
        """The same on another device."""
        return Features(self.codes.to(device), self.values.to(device))


@dataclass(frozen=True)
class Pairs:
    """P judged pairs of a student and an employer."""

    student: Tensor
    """P, int64: row among the students."""
    employer: Tensor
    """P, int64: row among the employers."""
    label: Tensor
    """P, float32: 1 where the two came together."""
    decisions: Tensor | None = None
    """P x 2, float32: the student's and the employer's own yes, where both sides decide."""

    def __len__(self) -> int:
        return len(self.student)

    def __getitem__(self, rows: Tensor | slice) -> "Pairs":
        decisions = None if self.decisions is None else self.decisions[rows]
        return Pairs(self.student[rows], self.employer[rows], self.label[rows], decisions)

    @property
    def positive(self) -> "Pairs":
        """Those that came together."""
        return self[self.label > 0]


@dataclass(frozen=True)
class PairData:
    """Everything a model is fitted on and judged by. Nothing of the judged students reaches a fit."""

    schema: Schema
    students: Features
    """S rows: every student of the span, by the fields that models may see."""
    employers: Features
    """E rows."""
    hires: Pairs
    """Training truth: all positives where negatives must be drawn, both kinds where both sides decide."""
    judging: Pairs
    """Truth of the students that are judged; of other students than `hires`."""
    intent: Tensor
    """S, int64: position in `intents`, -1 where unknown."""
    intents: tuple[str, ...]
    """Classes of the intent, sorted; none where the schema has no intent."""
    popularity: Tensor
    """E, int64: training positives of each employer."""
    sampling: Sampling | None
    """None where both sides decide: the rows are the truth and nothing is drawn."""
