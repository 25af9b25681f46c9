"""Training a forecaster that learns on top of the autoregressive core."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from modules.migration.forecaster import LogForecaster
from modules.migration.windows import Window

_BETA = 0.1
"""Where the loss turns from square to absolute: near the latter, since forecasts are judged by MAE."""


class ForecastModule(pl.LightningModule):
    """Smooth L1 on standardised logs, AdamW, one-cycle learning rate.

    Args:
        network: what learns; its core stays as it is.
        size: N x N, mean flow of each corridor over training.
        learning_rate: peak of the cycle.
        steps: length of the cycle, in batches.
        size_weight: a corridor's weight is its mean flow to this power, scaled to mean 1.
        weight_decay: of AdamW.
        seed: of whatever a batch draws.
    """

    weight: Tensor

    def __init__(
        self,
        network: LogForecaster,
        size: Tensor,
        learning_rate: float,
        steps: int,
        size_weight: float = 0.5,
        weight_decay: float = 1e-4,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.network = network
        weight = size.clamp_min(1e-9) ** size_weight
        self.register_buffer("weight", weight / weight.mean())
        self.steps = steps
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.generator = torch.Generator().manual_seed(seed)

    def forecast_loss(self, forecast: Tensor, target: Tensor, scored: Tensor, weight: Tensor) -> Tensor:
        """Weighted mean loss of standardised forecasts (B x h x ...) against counts, over scored cells."""
        encoded = self.network.encoder.encode(target)
        loss = smooth_l1_loss(forecast, encoded, beta=_BETA, reduction="none")
        cells = scored * weight
        return (loss * cells).sum() / cells.sum().clamp_min(1e-9)

    def training_step(self, batch: Window, _index: int) -> Tensor:
        """The loss, logged as `train_loss`."""
        loss = self.loss(batch)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.history))
        return loss

    def loss(self, batch: Window) -> Tensor:
        """The forecast's loss over every corridor."""
        x = self.network.encoder.encode(batch.history)
        forecast = self.network.encoded(x, batch.season)
        return self.forecast_loss(forecast, batch.target, batch.scored, self.weight)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """What learns, and how fast."""
        return [{"params": list(self.network.parameters()), "lr": self.learning_rate}]

    def configure_optimizers(self) -> Any:
        """AdamW under a one-cycle schedule (Smith, arXiv:1803.09820)."""
        groups = self.parameter_groups()
        optimizer = torch.optim.AdamW(groups, weight_decay=self.weight_decay)
        peaks = [group["lr"] for group in groups]
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peaks, total_steps=self.steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
