"""Batches of prompts with their answers."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytorch_lightning as pl
from torch.utils.data import DataLoader, IterableDataset

from modules.transfer.causal_lm.batch import NEGATIVES, AnswerBatch
from modules.transfer.causal_lm.causal_lm import CausalLM
from modules.transfer.tagging.labelled import Labelled

_NEEDED = {"subject", "destination"}


def for_alignment(rows: Sequence[Labelled], seed: int) -> list[Labelled]:
    """The moves that name a person and a destination, and some of what is none."""
    rng = np.random.default_rng(seed)
    drawn = rng.random(len(rows)) < NEGATIVES
    return [
        row
        for row, kept in zip(rows, drawn, strict=True)
        if (row.circulation and row.spans.keys() >= _NEEDED) or (not row.circulation and kept)
    ]


class AnswerBatches(IterableDataset[AnswerBatch]):
    """An epoch's batches: passages of like length together, in another order every epoch.

    Args:
        rows: to learn from.
        batch_size: passages of a batch.
        network: whose tokens the batches have.
        seed: of the order.
        with_slots: whether the whole line is learned, or `Yes` and `No` alone.
    """

    def __init__(
        self, rows: Sequence[Labelled], batch_size: int, network: CausalLM, seed: int, *, with_slots: bool
    ) -> None:
        self.rows = sorted(rows, key=lambda row: (len(row.passage.text), row.passage.text))
        self.batch_size, self.network, self.seed, self.with_slots = batch_size, network, seed, with_slots
        self.epoch = 0

    def __len__(self) -> int:
        """Batches of an epoch."""
        return math.ceil(len(self.rows) / self.batch_size)

    def __iter__(self) -> Iterator[AnswerBatch]:
        """Batches of the next epoch."""
        rng = np.random.default_rng([self.seed, self.epoch])
        self.epoch += 1
        for first in rng.permutation(len(self)) * self.batch_size:
            rows = self.rows[first : first + self.batch_size]
            yield self.network.labelled(rows, with_slots=self.with_slots)


class AnswerDataModule(pl.LightningDataModule):
    """Lightning's view of the batches."""

    def __init__(self, batches: AnswerBatches) -> None:
        super().__init__()
        self.batches = batches

    def train_dataloader(self) -> DataLoader[AnswerBatch]:
        """The batches as they are: they are batched and shuffled already."""
        return DataLoader(self.batches, batch_size=None)
