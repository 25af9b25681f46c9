"""Training the filter's classifier."""

import math
from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, IterableDataset

from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.tagging.labelled import Labelled

BATCH_SIZE = 32
FOLDS = 5
"""Of the groups of the labelled passages."""


class FilterModule(pl.LightningModule):
    """BCE of embedded passages; both classes weigh alike.

    What a classifier says of the passages that it learnt from is surer than what it says of others. So the
    threshold is set by heads that learn beside it, each from all folds but one (cross-fitting), and are
    asked about that one.

    Args:
        network: what learns.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        batches: whose moves set the threshold in the end.
        recall: share of these moves that is to pass, each judged by a head that never saw it.
    """

    def __init__(
        self,
        network: MoveFilter,
        learning_rate: float,
        weight_decay: float,
        batches: "EmbeddedBatches",
        recall: float,
    ) -> None:
        super().__init__()
        self.network, self.learning_rate, self.weight_decay = network, learning_rate, weight_decay
        self.batches, self.recall = batches, recall
        self.beside = nn.Linear(network.tells.in_features, FOLDS)
        moves = batches.moves.sum()
        self.positive_weight = (len(batches.moves) - moves) / moves.clamp(min=1)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _index: int) -> Tensor:
        """The losses of all heads; the mean of the network's own over an epoch is logged as `train_loss`."""
        embedded, moves, folds = batch
        own = self._loss(self.network(embedded), moves).mean()
        beside = self._loss(self.beside(embedded), moves.unsqueeze(1).expand(-1, FOLDS))
        learnt = folds.unsqueeze(1) != torch.arange(FOLDS, device=folds.device)
        self.log("train_loss", own, on_step=False, on_epoch=True, batch_size=len(moves))
        return own + (beside * learnt).mean(0).sum()

    def _loss(self, logits: Tensor, moves: Tensor) -> Tensor:
        weight = self.positive_weight.to(moves.device)
        return binary_cross_entropy_with_logits(logits, moves, pos_weight=weight, reduction="none")

    @torch.no_grad()
    def on_train_end(self) -> None:
        """Set the network's threshold."""
        moves = self.batches.moves > 0
        if moves.any():
            embedded, folds = (
                each[moves].to(self.device) for each in (self.batches.embedded, self.batches.folds)
            )
            unseen = self.beside(embedded).gather(1, folds.unsqueeze(1)).squeeze(1)
            self.network.set_threshold(unseen, self.recall)

    def configure_optimizers(self) -> Any:
        """AdamW of the heads alone."""
        return torch.optim.AdamW(
            [*self.network.tells.parameters(), *self.beside.parameters()],
            lr=self.learning_rate,
            weight_decay=self.weight_decay,
        )


class EmbeddedBatches(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Batches of passages that are embedded once, in another order every epoch.

    Args:
        rows: to learn from.
        network: that embeds them.
        seed: of the order.
    """

    def __init__(self, rows: Sequence[Labelled], network: MoveFilter, seed: int) -> None:
        self.embedded = network.embed([row.passage for row in rows])
        self.moves = torch.tensor([float(row.circulation) for row in rows])
        groups = [row.group or row.passage.text for row in rows]
        self.folds = torch.tensor([crc32(group.encode()) % FOLDS for group in groups])
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """Batches of an epoch."""
        return math.ceil(len(self.moves) / BATCH_SIZE)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Batches of the next epoch."""
        order = torch.randperm(len(self.moves), generator=self.generator)
        for rows in torch.split(order, BATCH_SIZE):
            yield self.embedded[rows], self.moves[rows], self.folds[rows]


class EmbeddedDataModule(pl.LightningDataModule):
    """Lightning's view of the batches."""

    def __init__(self, batches: EmbeddedBatches) -> None:
        super().__init__()
        self.batches = batches

    def train_dataloader(self) -> DataLoader[tuple[Tensor, Tensor, Tensor]]:
        """The batches as they are."""
        return DataLoader(self.batches, batch_size=None)
