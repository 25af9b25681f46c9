"""What every forecaster of flows is: a network from a history and a calendar to counts."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from modules.migration.addends import Addends


@dataclass(frozen=True)
class Task:
    """The shape of a forecasting problem; with hyperparameters it determines a network's architecture."""

    regions: int
    length: int
    horizon: int
    cycle: int


class Forecaster(nn.Module):
    """Base of every model, baselines included: saved, loaded and served alike.

    Shapes:
        history: B x L x N x N, moves, nothing unknown in it.
        season: B x h, position of each target period in the calendar cycle.
        output: B x h x N x N, moves, >= 0.
    """

    name: ClassVar[str]
    """How params, metrics, reports and docs call it."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task

    @property
    def hyperparameters(self) -> dict[str, float | int | str]:
        """What the constructor takes beside the task."""
        return {}

    @abstractmethod
    def forward(self, history: Tensor, season: Tensor) -> Tensor:
        """Forecast counts."""

    def explain(self, history: Tensor, season: Tensor) -> Addends:
        """What log1p of the forecast is the sum of before it is clipped at 0; here one term, all of it."""
        return Addends({}, {"forecast": torch.log1p(self(history, season))})


class LogEncoder(nn.Module):
    """Counts to standardised logs and back: x = (log1p(M) - mu) / sigma, fitted on training periods only.

    Decoding is done in float64, so equal encoded forecasts give equal counts.
    """

    mu: Tensor
    sigma: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mu", torch.zeros(()))
        self.register_buffer("sigma", torch.ones(()))

    def fit(self, counts: Tensor) -> None:
        """Set mu and sigma from counts (any shape, at least two of them)."""
        logs = torch.log1p(counts.double())
        self.mu.copy_(logs.mean())
        self.sigma.copy_(logs.std().clamp_min(1e-6))

    def encode(self, counts: Tensor) -> Tensor:
        """Counts to standardised logs."""
        return (torch.log1p(counts) - self.mu) / self.sigma

    def decode(self, encoded: Tensor) -> Tensor:
        """Standardised logs to counts, clipped at 0."""
        return torch.expm1(encoded.double() * self.sigma.double() + self.mu.double()).clamp_min(0)


class LogForecaster(Forecaster):
    """A forecaster that works on standardised logs: forward = decode(encoded(encode(history), season))."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.encoder = LogEncoder()

    @abstractmethod
    def encoded(self, x: Tensor, season: Tensor) -> Tensor:
        """Forecast in the encoder's space: x is B x L x N x N, the output B x h x N x N."""

    def forward(self, history: Tensor, season: Tensor) -> Tensor:
        """Forecast counts."""
        counts: Tensor = self.encoder.decode(self.encoded(self.encoder.encode(history), season))
        return counts

    def addends(self, x: Tensor, season: Tensor) -> Addends:
        """What `encoded` is the sum of."""
        return Addends({}, {"forecast": self.encoded(x, season)})

    def explain(self, history: Tensor, season: Tensor) -> Addends:
        """What log1p of the forecast is the sum of before it is clipped at 0; `scale` is the encoder's mu."""
        mu, sigma = self.encoder.mu.double(), self.encoder.sigma.double()
        found = self.addends(self.encoder.encode(history), season)
        lags = {name: each.double() * sigma for name, each in found.lags.items()}
        terms = {name: each.double() * sigma for name, each in found.terms.items()}
        shape = (*season.shape, *history.shape[2:])
        return Addends(lags, terms | {"scale": mu.expand(shape)})
