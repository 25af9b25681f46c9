"""Training pairs as batches for Lightning, sliced from tensors."""

import math
from collections.abc import Iterator
from typing import Protocol

import pytorch_lightning as pl
import torch
from torch import Tensor

from modules.recommendation.batch import PairBatch
from modules.recommendation.features import PairData, Pairs

STRETCH = 32
"""Batches that Lightning is handed at a time: its bookkeeping costs as much as a small batch's whole step."""


class Negatives(Protocol):
    """Whatever draws employers that students did not go to."""

    def draw(self, seed: tuple[int, ...]) -> Tensor:
        """P x k rows of employers, k for each positive of the hires."""


class PairDataModule(pl.LightningDataModule):
    """Stretches of shuffled batches; an epoch draws its negatives anew.

    Args:
        data: both sides and the hires.
        negatives: none where both sides decide, since then the rows are the truth.
        batch_size: pairs in a batch.
        seed: of negatives and order.
    """

    def __init__(self, data: PairData, negatives: Negatives | None, batch_size: int, seed: int) -> None:
        super().__init__()
        self.batches = PairBatches(data, negatives, batch_size, seed)

    def train_dataloader(self) -> "PairBatches":
        """An epoch each time it is iterated over."""
        return self.batches


class PairBatches:
    """See `PairDataModule`; each iteration is another epoch of the same seed's sequence."""

    def __init__(self, data: PairData, negatives: Negatives | None, batch_size: int, seed: int) -> None:
        self.data, self.negatives, self.batch_size = data, negatives, batch_size
        self.seed, self._epochs = seed, 0
        self._first: Pairs | None = self.pairs(0)
        self._size = len(self._first)

    def __len__(self) -> int:
        return math.ceil(math.ceil(self._size / self.batch_size) / STRETCH)

    def pairs(self, epoch: int) -> Pairs:
        """All pairs of an epoch in order: hires, then their negatives."""
        if self.negatives is None:
            return self.data.hires
        hires = self.data.hires.positive
        drawn = self.negatives.draw((self.seed, epoch))
        students = hires.student.repeat_interleave(drawn.shape[1])
        label = torch.cat([hires.label, torch.zeros(drawn.numel())])
        return Pairs(
            torch.cat([hires.student, students]), torch.cat([hires.employer, drawn.flatten()]), label
        )

    def batch(self, pairs: Pairs) -> PairBatch:
        """The features of pairs; in each batch the intent of a student stands in the student's first row."""
        intent = None
        if self.data.intents:
            repeated = [~first_rows(part) for part in torch.split(pairs.student, self.batch_size)]
            intent = self.data.intent[pairs.student].masked_fill(torch.cat(repeated), -1)
        students, employers = self.data.students[pairs.student], self.data.employers[pairs.employer]
        return PairBatch(students, employers, pairs.label, pairs.decisions, intent)

    def __iter__(self) -> Iterator[list[PairBatch]]:
        pairs = self._first or self.pairs(self._epochs)
        generator = torch.Generator().manual_seed(self.seed + self._epochs)
        self._first, self._epochs = None, self._epochs + 1
        for rows in stretches(len(pairs), self.batch_size, generator):
            yield self.batch(pairs[rows]).split(self.batch_size)


def stretches(rows: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """All row numbers once, shuffled, a stretch of batches at a time."""
    order = torch.randperm(rows, generator=generator)
    for start in range(0, rows, batch_size * STRETCH):
        yield order[start : start + batch_size * STRETCH]


def first_rows(student: Tensor) -> Tensor:
    """For each row whether it is the first with its student."""
    rows = torch.arange(len(student))
    size = int(student.max()) + 1 if len(student) else 0
    earliest = torch.full((size,), len(student)).scatter_reduce(0, student, rows, "amin")
    return earliest[student] == rows
