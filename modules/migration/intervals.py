"""Split-conformal prediction intervals for corridors."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from modules.migration.arrays import BoolArray, Float64Array

SizeClass = Literal["small", "medium", "large"]
CLASSES: tuple[SizeClass, ...] = ("small", "medium", "large")


class ConformalIntervals(nn.Module):
    """Interval [expm1(f + q_lo), expm1(f + q_hi)] around a forecast, f its log1p, clipped at 0.

    q_lo and q_hi are the (1-c)/2 and (1+c)/2 quantiles, with the finite-sample correction, of the
    residuals log1p(M) - f on periods that the forecaster was not fitted on: one pair a horizon and size
    class. Vovk et al., Algorithmic Learning in a Random World (2005); Mondrian classes. Coverage is
    approximate: periods are not exchangeable, and the same ones chose the model.

    Shapes:
        quantile: h x 3 x 2, in log1p moves.
        size_class: N x N, 0 small, 1 medium, 2 large (thirds of the corridors by mean flow in training).
    """

    quantile: Tensor
    size_class: Tensor

    def __init__(self, regions: int, horizon: int) -> None:
        super().__init__()
        self.register_buffer("quantile", torch.zeros(horizon, len(CLASSES), 2, dtype=torch.float64))
        self.register_buffer("size_class", torch.zeros(regions, regions, dtype=torch.int64))

    def fit(
        self, forecast: Float64Array, actual: Float64Array, scored: BoolArray, size: Tensor, coverage: float
    ) -> None:
        """Calibrate on held-out forecasts (O x h x N x N each); `size` is N x N."""
        self.size_class.copy_(size_classes(size, scored))
        residual = np.log1p(actual) - np.log1p(forecast)
        classes = self.size_class.numpy()
        for step in range(residual.shape[1]):
            for number in range(len(CLASSES)):
                of_class = residual[:, step][scored[:, step] & (classes == number)]
                # A class without calibration cells takes its horizon's, a horizon without any takes all.
                known = next(
                    (part for part in (of_class, residual[:, step][scored[:, step]]) if len(part)),
                    residual[scored],
                )
                self.quantile[step, number] = torch.from_numpy(_quantiles(known, coverage))

    def forward(self, forecast: Tensor) -> tuple[Tensor, Tensor]:
        """Lower and upper bound of forecasts B x h x N x N, moves."""
        quantile = self.quantile[: forecast.shape[1], self.size_class]  # h x N x N x 2
        log = torch.log1p(forecast.double())[..., None] + quantile
        bounds = torch.expm1(log).clamp_min(0)
        return bounds[..., 0], bounds[..., 1]


def size_classes(size: Tensor, scored: BoolArray) -> Tensor:
    """Thirds of the corridors that are ever scored, by mean flow: N x N of 0, 1, 2."""
    used = torch.from_numpy(scored.any(axis=(0, 1)))
    if not used.any():
        return torch.zeros(size.shape, dtype=torch.int64)
    edges = torch.quantile(size[used].double(), torch.tensor([1 / 3, 2 / 3], dtype=torch.float64))
    return torch.bucketize(size.double(), edges)


def _quantiles(residual: Float64Array, coverage: float) -> Float64Array:
    count, tail = len(residual), (1 - coverage) / 2
    level = min(np.ceil((count + 1) * (1 - tail)) / count, 1.0)
    return np.array(
        [
            -np.quantile(-residual, level, method="higher"),
            np.quantile(residual, level, method="higher"),
        ]
    )
