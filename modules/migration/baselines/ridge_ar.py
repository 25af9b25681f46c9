"""Autoregression on the logs of a corridor's own past, shrunk towards a naive forecast."""

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from modules.migration.addends import Addends
from modules.migration.forecaster import LogForecaster, Task

if TYPE_CHECKING:  # it reads tables, by a library that serving does not have
    from modules.migration.windows import WindowDataset

Anchor = Literal["mean", "last", "seasonal"]


class RidgeAR(LogForecaster):
    """One linear map from the last L logs to each horizon, pooled over corridors.

    x^{t+k} = b_k + sum_tau w_{k,tau} x^tau, with the weights that minimise
    sum_cells m^g (x^{t+k} - b - w.x)^2 + n alpha (|w - w_0|^2 + b^2): ridge with a prior mean w_0, which is
    the `anchor`'s forecast (0 for the mean, 1 on the last lag, 1 on the same season), so that strong
    shrinkage gives a naive forecast and not zero. m is the corridor's mean flow over training,
    `size_weight` = g moves the fit from every corridor alike (0) towards every mover alike (1).

    Shapes:
        weight: h x S x (L + 1), the last entry the bias; S = 1, or the cycle with a calendar.
    """

    name = "ridge_ar"
    weight: Tensor

    def __init__(
        self,
        task: Task,
        alpha: float = 1e-3,
        anchor: Anchor = "last",
        size_weight: float = 0.0,
    ) -> None:
        super().__init__(task)
        self.alpha, self.anchor, self.size_weight = alpha, anchor, size_weight
        self.register_buffer("weight", torch.zeros(task.horizon, self.seasons, task.length + 1))

    @property
    def hyperparameters(self) -> dict[str, float | int | str]:
        """What the constructor takes beside the task."""
        return {"alpha": self.alpha, "anchor": self.anchor, "size_weight": self.size_weight}

    @property
    def seasons(self) -> int:
        """Sets of weights."""
        return 1

    def encoded(self, x: Tensor, season: Tensor) -> Tensor:
        """Forecast in the encoder's space."""
        return self.lags(x.flatten(2), season).reshape(*season.shape, *x.shape[2:])

    def addends(self, x: Tensor, season: Tensor) -> Addends:
        """What `encoded` is the sum of."""
        own = self.lag_weight(season)[..., None, None] * x[:, None]
        level = self.bias(season)[..., None, None].expand(-1, -1, *x.shape[2:])
        return Addends({"own": own}, {"level": level})

    def lags(self, x: Tensor, season: Tensor) -> Tensor:
        """Forecast some corridors only: x is B x L x C, the output B x h x C."""
        return torch.einsum("blc,bhl->bhc", x, self.lag_weight(season)) + self.bias(season)[..., None]

    def lag_weight(self, season: Tensor) -> Tensor:
        """Weights of the lags: B x h x L."""
        return self._of_season(season)[..., :-1]

    def bias(self, season: Tensor) -> Tensor:
        """What is added whatever the past: B x h."""
        return self._of_season(season)[..., -1]

    def _of_season(self, season: Tensor) -> Tensor:
        steps = torch.arange(season.shape[1], device=season.device)
        return self.weight[steps, season % self.seasons]  # B x h x (L + 1)

    def prior(self) -> Tensor:
        """w_0: h x (L + 1)."""
        task = self.task
        prior = torch.zeros(task.horizon, task.length + 1, dtype=torch.float64)
        for step in range(task.horizon):
            if self.anchor == "last" or (self.anchor == "seasonal" and task.length < task.cycle):
                prior[step, task.length - 1] = 1
            elif self.anchor == "seasonal":
                prior[step, task.length - task.cycle + step % task.cycle] = 1
        return prior

    def fit(self, windows: "WindowDataset", size: Tensor) -> None:
        """Solve for the weights by normal equations summed over windows; `encoder` must be fitted.

        Args:
            windows: the training windows.
            size: N x N, mean flow of each corridor over training.
        """
        task = self.task
        importance = size.double().clamp_min(1e-9) ** self.size_weight
        width = task.length + 1
        gram = torch.zeros(task.horizon, self.seasons, width, width, dtype=torch.float64)
        moment = torch.zeros(task.horizon, self.seasons, width, dtype=torch.float64)
        for index in range(len(windows)):
            window = windows[index]
            x = self.encoder.encode(window.history.double())
            features = torch.cat([x, torch.ones_like(x[:1])]).flatten(1)  # (L+1) x N^2
            target = self.encoder.encode(window.target.double()).flatten(1)
            for step in range(task.horizon):
                weight = (importance * window.scored[step]).flatten()
                slot = (step, int(window.season[step]) % self.seasons)
                gram[slot] += (features * weight) @ features.T
                moment[slot] += (features * weight) @ target[step]
        self.weight.copy_(self._solve(gram, moment))

    def _solve(self, gram: Tensor, moment: Tensor) -> Tensor:
        prior = self.prior()
        return torch.stack(
            [
                _shrunk(gram[step, 0], moment[step, 0], self.alpha, prior[step])[None]
                for step in range(len(gram))
            ]
        )


class CalendarRidgeAR(RidgeAR):
    """Ridge-AR whose weights depend on the season of the target, shrunk towards the pooled weights.

    w_s = w + d_s with penalties n alpha |w - w_0|^2 and n_s beta |d_s|^2, so a season with little to
    say keeps the pooled weights: a two-level hierarchical ridge, solved as one linear system.
    """

    name = "ridge_ar_calendar"

    def __init__(
        self,
        task: Task,
        alpha: float = 1e-3,
        anchor: Anchor = "last",
        size_weight: float = 0.0,
        beta: float = 1e-2,
    ) -> None:
        super().__init__(task, alpha, anchor, size_weight)
        self.beta = beta

    @property
    def hyperparameters(self) -> dict[str, float | int | str]:
        """What the constructor takes beside the task."""
        return {**super().hyperparameters, "beta": self.beta}

    @property
    def seasons(self) -> int:
        """Sets of weights."""
        return self.task.cycle

    def _solve(self, gram: Tensor, moment: Tensor) -> Tensor:
        prior = self.prior()
        solved = torch.zeros_like(self.weight, dtype=torch.float64)
        for step in range(len(gram)):
            # Minimising over d_s for a given w leaves a ridge on w with each season's gram replaced by
            # its Schur complement, so the seasons never need one large system.
            inverse = [torch.linalg.inv(g + _penalty(g, self.beta)) for g in gram[step]]
            keep = [
                torch.eye(len(g), dtype=g.dtype) - g @ i for g, i in zip(gram[step], inverse, strict=True)
            ]
            pooled_gram = torch.stack([k @ g for k, g in zip(keep, gram[step], strict=True)]).sum(0)
            pooled_moment = torch.stack([k @ m for k, m in zip(keep, moment[step], strict=True)]).sum(0)
            total = gram[step].sum(0)
            penalty = _penalty(total, self.alpha)
            pooled = torch.linalg.solve(pooled_gram + penalty, pooled_moment + penalty @ prior[step])
            for season, (g, i) in enumerate(zip(gram[step], inverse, strict=True)):
                solved[step, season] = pooled + i @ (moment[step, season] - g @ pooled)
        return solved


def _penalty(gram: Tensor, strength: float) -> Tensor:
    # n times the strength: the gram's last diagonal entry is the sum of the weights of the rows.
    return torch.eye(len(gram), dtype=gram.dtype) * (strength * gram[-1, -1] + 1e-9)


def _shrunk(gram: Tensor, moment: Tensor, strength: float, prior: Tensor) -> Tensor:
    penalty = _penalty(gram, strength)
    solution: Tensor = torch.linalg.solve(gram + penalty, moment + penalty @ prior)
    return solution
