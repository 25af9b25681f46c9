"""Batches of labelled passages."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytorch_lightning as pl
from torch.utils.data import DataLoader, IterableDataset

from modules.transfer.tagging.labelled import Labelled
from modules.transfer.tagging.tagger import LabelledBatch, Tagger


class LabelledBatches(IterableDataset[LabelledBatch]):
    """An epoch's batches: passages of like length together, in another order every epoch.

    Args:
        rows: to learn from.
        batch_size: passages of a batch.
        network: whose encoding the batches have.
        seed: of the order.
    """

    def __init__(self, rows: Sequence[Labelled], batch_size: int, network: Tagger, seed: int) -> None:
        self.rows = sorted(rows, key=lambda row: (len(row.passage.text), row.passage.text))
        self.batch_size, self.encoded, self.seed = batch_size, network.labelled, seed
        self.epoch = 0

    def __len__(self) -> int:
        """Batches of an epoch."""
        return math.ceil(len(self.rows) / self.batch_size)

    def __iter__(self) -> Iterator[LabelledBatch]:
        """Batches of the next epoch."""
        rng = np.random.default_rng([self.seed, self.epoch])
        self.epoch += 1
        for first in rng.permutation(len(self)) * self.batch_size:
            yield self.encoded(self.rows[first : first + self.batch_size])


class LabelledDataModule(pl.LightningDataModule):
    """Lightning's view of the batches."""

    def __init__(self, batches: LabelledBatches) -> None:
        super().__init__()
        self.batches = batches

    def train_dataloader(self) -> DataLoader[LabelledBatch]:
        """The batches as they are: they are batched and shuffled already."""
        return DataLoader(self.batches, batch_size=None)
