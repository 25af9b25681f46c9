"""A forecaster that learns what the autoregressive core leaves unexplained."""

from abc import abstractmethod

import torch
from torch import Tensor

from modules.migration.addends import Addends
from modules.migration.baselines.ridge_ar import CalendarRidgeAR
from modules.migration.forecaster import LogForecaster, Task


class CorrectedForecaster(LogForecaster):
    """x^{t+k} = core_k(x) + correction_k(x): the baselines that learn by gradient stand on the same core.

    Args:
        task: what is forecast.
        hidden: width of what learns.
        dropout: on what learns.

    Shapes:
        log_km: N x N, 0 where distances are not known.
    """

    log_km: Tensor

    def __init__(self, task: Task, hidden: int, dropout: float) -> None:
        super().__init__(task)
        self.hidden, self.dropout = hidden, dropout
        self.core = CalendarRidgeAR(task)
        self.register_buffer("log_km", torch.zeros(task.regions, task.regions))

    @property
    def hyperparameters(self) -> dict[str, float | int | str]:
        """What the constructor takes beside the task."""
        return {"hidden": self.hidden, "dropout": self.dropout}

    @abstractmethod
    def correction(self, x: Tensor, season: Tensor) -> Tensor:
        """What is added to the core: x is B x L x N x N, the output B x h x N x N; 0 before training."""

    def encoded(self, x: Tensor, season: Tensor) -> Tensor:
        """Forecast in the encoder's space."""
        return self.core.encoded(x, season) + self.correction(x, season)

    def addends(self, x: Tensor, season: Tensor) -> Addends:
        """What `encoded` is the sum of."""
        core = self.core.addends(x, season)
        return Addends(core.lags, {**core.terms, "correction": self.correction(x, season)})
