"""Training the residual GRU."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from modules.migration.residual_gru import ResidualGRU
from modules.migration.windows import Window


class ForecastModule(pl.LightningModule):
    """Smooth L1 (beta 0.5) on standardised logs of sampled corridors, AdamW, one-cycle learning rate.

    A corridor's weight in the loss is its mean flow to the power the core was fitted with, scaled to mean 1.

    Args:
        network: what learns; its core stays as it is.
        size: N x N, mean flow of each corridor over training.
        learning_rate: peak of the cycle.
        steps: length of the cycle, in batches.
        weight_decay: of AdamW.
        corridors: sampled anew for every batch (all, if there are fewer).
        seed: of the sampling.
    """

    size: Tensor

    def __init__(
        self,
        network: ResidualGRU,
        size: Tensor,
        learning_rate: float,
        steps: int,
        weight_decay: float = 1e-4,
        corridors: int = 1024,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.network = network
        weight = size.clamp_min(1e-9) ** network.core.size_weight
        self.register_buffer("size", weight / weight.mean())
        self.steps = steps
        self.learning_rate, self.weight_decay, self.corridors = learning_rate, weight_decay, corridors
        self.generator = torch.Generator().manual_seed(seed)

    def _loss(self, batch: Window, origin: Tensor, destination: Tensor) -> Tensor:
        encoder = self.network.encoder
        forecast = self.network.corridors(encoder.encode(batch.history), batch.season, origin, destination)
        target = encoder.encode(batch.target[:, :, origin, destination])
        weight = batch.scored[:, :, origin, destination] * self.size[origin, destination]
        loss = smooth_l1_loss(forecast, target, beta=0.5, reduction="none")
        return (loss * weight).sum() / weight.sum().clamp_min(1e-9)

    def training_step(self, batch: Window, _index: int) -> Tensor:
        """Loss on a sample of corridors."""
        regions = self.network.task.regions
        sample = torch.randperm(regions * regions, generator=self.generator)[: self.corridors].to(self.device)
        loss = self._loss(batch, sample // regions, sample % regions)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.history))
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW under a one-cycle schedule (Smith, arXiv:1803.09820)."""
        learned = [p for p in self.network.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(learned, lr=self.learning_rate, weight_decay=self.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.learning_rate, total_steps=self.steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
