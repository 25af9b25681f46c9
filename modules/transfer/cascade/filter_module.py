"""Training the filter's classifier."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, IterableDataset

from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.tagging.labelled import Labelled

BATCH_SIZE = 32


class FilterModule(pl.LightningModule):
    """BCE of embedded passages; both classes weigh alike.

    Args:
        network: what learns.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        batches: whose moves set the threshold in the end.
        recall: share of these moves that is to pass.
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
        moves = batches.moves.sum()
        self.positive_weight = (len(batches.moves) - moves) / moves.clamp(min=1)

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        """The loss; its mean over an epoch is logged as `train_loss`."""
        embedded, moves = batch
        loss = binary_cross_entropy_with_logits(
            self.network(embedded), moves, pos_weight=self.positive_weight.to(moves.device)
        )
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(moves))
        return loss

    def on_train_end(self) -> None:
        """Set the network's threshold."""
        moves = self.batches.embedded[self.batches.moves > 0].to(self.device)
        if len(moves):
            self.network.set_threshold(self.network(moves), self.recall)

    def configure_optimizers(self) -> Any:
        """AdamW of the head alone."""
        return torch.optim.AdamW(
            self.network.tells.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )


class EmbeddedBatches(IterableDataset[tuple[Tensor, Tensor]]):
    """Batches of passages that are embedded once, in another order every epoch.

    Args:
        rows: to learn from.
        network: that embeds them.
        seed: of the order.
    """

    def __init__(self, rows: Sequence[Labelled], network: MoveFilter, seed: int) -> None:
        self.embedded = network.embed([row.passage for row in rows])
        self.moves = torch.tensor([float(row.circulation) for row in rows])
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """Batches of an epoch."""
        return math.ceil(len(self.moves) / BATCH_SIZE)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of the next epoch."""
        order = torch.randperm(len(self.moves), generator=self.generator)
        for rows in torch.split(order, BATCH_SIZE):
            yield self.embedded[rows], self.moves[rows]


class EmbeddedDataModule(pl.LightningDataModule):
    """Lightning's view of the batches."""

    def __init__(self, batches: EmbeddedBatches) -> None:
        super().__init__()
        self.batches = batches

    def train_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        """The batches as they are."""
        return DataLoader(self.batches, batch_size=None)
