"""Training the residual GRU, which has a sequence for every corridor: on some of them at a time."""

import torch
from torch import Tensor

from modules.migration.forecast_module import ForecastModule
from modules.migration.residual_gru import ResidualGRU
from modules.migration.windows import Window

_CORRIDORS = 1024
"""Sampled anew for every batch (all, if there are fewer)."""


class CorridorModule(ForecastModule):
    """The forecast's loss over a sample of corridors.

    Args:
        network: what learns; its core stays as it is.
        size: N x N, mean flow of each corridor over training.
        settings: see `ForecastModule`.
    """

    def __init__(self, network: ResidualGRU, size: Tensor, **settings: float) -> None:
        super().__init__(network, size, **settings)  # type: ignore[arg-type]
        self.residual_gru = network

    def loss(self, batch: Window) -> Tensor:
        """The loss over a sample of corridors."""
        regions = self.residual_gru.task.regions
        sample = torch.randperm(regions * regions, generator=self.generator)[:_CORRIDORS]
        i, j = (part.to(self.device) for part in (sample // regions, sample % regions))
        x = self.residual_gru.encoder.encode(batch.history)
        forecast = self.residual_gru.corridors(x, batch.season, i, j)
        return self.forecast_loss(
            forecast, batch.target[:, :, i, j], batch.scored[:, :, i, j], self.weight[i, j]
        )
