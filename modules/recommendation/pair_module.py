"""Training a recommender."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from modules.recommendation.batch import PairBatch
from modules.recommendation.flat_parameters import FlatParameters
from modules.recommendation.pair_model import PairModel


class PairModule(pl.LightningModule):
    """The model's own loss, Adam, the learning rate cut to a tenth when the loss stays where it was.

    Lightning hands over a stretch of batches and makes the last of its steps; the others are made here, the
    same way, clipped as the trainer clips. While it trains, the network's parameters lie in one piece.

    Args:
        network: what learns.
        learning_rate: of Adam.
        embedding_regularizer: lambda of lambda / 2 * |w|^2 over the embeddings.
        net_regularizer: the same over all other weights.
        patience: epochs without a lower loss after which the rate is cut; none: it stays.
    """

    def __init__(
        self,
        network: PairModel,
        learning_rate: float,
        embedding_regularizer: float = 0.0,
        net_regularizer: float = 0.0,
        patience: int | None = None,
    ) -> None:
        super().__init__()
        self.network, self.learning_rate, self.patience = network, learning_rate, patience
        self.embedding_regularizer, self.net_regularizer = embedding_regularizer, net_regularizer
        self._flat: list[FlatParameters] = []

    def loss(self, batch: PairBatch) -> Tensor:
        """The network's."""
        return self.network.loss(batch.students, batch.employers, batch.label, batch.decisions, batch.intent)

    def training_step(self, stretch: list[PairBatch], _index: int) -> Tensor:
        """Steps on all batches but the last, whose loss is returned; their mean is logged as `train_loss`."""
        optimizer: Any = self.optimizers(use_pl_optimizer=False)
        clip, parts = self.trainer.gradient_clip_val, [part.whole for part in self._flat]
        losses = []
        for batch in stretch[:-1]:
            self._zero_gradients()
            loss = self.loss(batch)
            torch.autograd.backward(loss)
            if clip:
                clip_grad_norm_(parts, clip)
            optimizer.step()
            losses.append(loss.detach())
        loss = self.loss(stretch[-1])
        mean = torch.stack([*losses, loss.detach()]).mean()
        self.log("train_loss", mean, on_step=False, on_epoch=True, batch_size=sum(map(len, stretch)))
        return loss

    def configure_optimizers(self) -> Any:
        """Adam (Kingma and Ba, ICLR 2015); its weight decay adds lambda * w to a gradient."""
        embeddings = self.network.embedding_parameters()
        known = {id(each) for each in embeddings}
        others = [each for each in self.network.parameters() if id(each) not in known]
        held = {self.embedding_regularizer: embeddings}
        held[self.net_regularizer] = held.get(self.net_regularizer, []) + others
        self._flat = [FlatParameters(each) for each in held.values()]
        groups = [
            {"params": [part.whole], "weight_decay": decay}
            for decay, part in zip(held, self._flat, strict=True)
        ]
        optimizer = torch.optim.Adam(groups, lr=self.learning_rate, fused=True)
        if self.patience is None:
            return optimizer
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=self.patience)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "monitor": "train_loss"}}

    def optimizer_zero_grad(self, *_: Any) -> None:
        """In place: the network's gradients are views."""
        self._zero_gradients()

    def on_train_end(self) -> None:
        """The network's parameters are its own again."""
        for part in self._flat:
            part.release()

    def _zero_gradients(self) -> None:
        for part in self._flat:
            part.zero_gradient()
