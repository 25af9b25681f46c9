"""The naive forecasts that every other model has to beat."""

import torch
from torch import Tensor

from modules.migration.forecaster import Forecaster


class LastValue(Forecaster):
    """The last period repeated: M^{t+k} = M^t."""

    name = "last_value"

    def forward(self, history: Tensor, season: Tensor) -> Tensor:
        """Forecast counts."""
        return history[:, -1:].expand(-1, season.shape[1], -1, -1).double()


class SeasonalNaive(Forecaster):
    """The same season of the last cycle: M^{t+k} = M^{t+k-mC}, C the cycle, m the least that looks back.

    Needs a history of at least one cycle.
    """

    name = "seasonal_naive"

    def forward(self, history: Tensor, season: Tensor) -> Tensor:
        """Forecast counts."""
        cycle, length = self.task.cycle, self.task.length
        steps = torch.arange(season.shape[1], device=history.device) % cycle
        return history[:, length - cycle + steps].double()


class HistoricalMean(Forecaster):
    """The mean of the window, whatever the season: M^{t+k} = mean of M^{t-L+1} .. M^t."""

    name = "historical_mean"

    def forward(self, history: Tensor, season: Tensor) -> Tensor:
        """Forecast counts."""
        return history.double().mean(1, keepdim=True).expand(-1, season.shape[1], -1, -1)
