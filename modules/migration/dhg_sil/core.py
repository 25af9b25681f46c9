"""DHG-SIL's closed form: shared lags, side lags and each corridor's own ways, on the autoregressive core."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from modules.migration.addends import Addends
from modules.migration.baselines.ridge_ar import CalendarRidgeAR
from modules.migration.dhg_sil.corridor_effects import Residuals, Shrinkage, corridor_effects
from modules.migration.forecaster import LogForecaster, Task

if TYPE_CHECKING:  # it reads tables, by a library that serving does not have
    from modules.migration.windows import WindowDataset

SIDES = ("opposite", "origin", "destination")
"""What beside a corridor's own past is lagged: the opposite corridor, all from its origin, all to its
destination, those who stay included where they are flows."""


class DHGSILCore(LogForecaster):
    """A hierarchical autoregression: what the pooled core leaves unexplained, by lag and by corridor.

        x_ij = sum_l ((w^l + d^l + c_ij^l) x_ij^l + sum_s b_s^l side_s,ij^l) + level + corridor_ij,season

    w is the calendar-aware core's; d, b and level are a ridge on the core's residuals r,
    argmin sum m (r - d.x - b.side - level)^2 + n penalty (|d|^2 + |b|^2 + level^2), and what is then left is
    explained corridor by corridor (`corridor_effects`): a level, a seasonal level and the lags c, each shrunk
    towards 0. A cell's weight m is its corridor's mean flow to a power, halved for every `half_life` of the
    windows that it is older. Anew for every period ahead. It forecasts without any gradient; DHG-SIL adds to
    it.

    Args:
        task: what is forecast.
        half_life: as a share of the windows (0: all weigh alike).
        penalty: of the ridge.
        sides: `none`, `opposite` or `all` of SIDES.
        shrinkage: pseudo-windows that hold a corridor's level at 0 (0: no such term).
        season_shrinkage: the same of its seasonal levels.
        lag_shrinkage: the same of its lags.
        loss_weight: power of the mean flow.

    Shapes:
        lags: h x L; side_lags: h x 3 x L; level: h.
        corridor: h x N x N; corridor_season: h x S x N x N; corridor_lags: h x L x N x N.
    """

    name = "dhg_sil_core"
    lags: Tensor
    side_lags: Tensor
    level: Tensor
    corridor: Tensor
    corridor_season: Tensor
    corridor_lags: Tensor

    def __init__(
        self,
        task: Task,
        half_life: float = 0.0,
        penalty: float = 1e-3,
        sides: str = "all",
        shrinkage: float = 8.0,
        season_shrinkage: float = 0.0,
        lag_shrinkage: float = 0.0,
        loss_weight: float = 0.5,
    ) -> None:
        super().__init__(task)
        self.half_life, self.penalty, self.sides = half_life, penalty, sides
        self.shrinkage = Shrinkage(shrinkage, season_shrinkage, lag_shrinkage)
        self.loss_weight = loss_weight
        self.core = CalendarRidgeAR(task)
        horizon, length, regions = task.horizon, task.length, task.regions
        self.register_buffer("lags", torch.zeros(horizon, length))
        self.register_buffer("side_lags", torch.zeros(horizon, len(SIDES), length))
        self.register_buffer("level", torch.zeros(horizon))
        self.register_buffer("corridor", torch.zeros(horizon, regions, regions))
        self.register_buffer("corridor_season", torch.zeros(horizon, task.cycle, regions, regions))
        self.register_buffer("corridor_lags", torch.zeros(horizon, length, regions, regions))

    @property
    def hyperparameters(self) -> dict[str, float | int | str]:
        """What the constructor takes beside the task."""
        return {
            "half_life": self.half_life,
            "penalty": self.penalty,
            "sides": self.sides,
            "shrinkage": self.shrinkage.level,
            "season_shrinkage": self.shrinkage.season,
            "lag_shrinkage": self.shrinkage.lags,
            "loss_weight": self.loss_weight,
        }

    def encoded(self, x: Tensor, season: Tensor) -> Tensor:
        """Forecast in the encoder's space."""
        own = torch.einsum("bhlij,blij->bhij", self.lag_weight(season), x)
        return own + self.beside(x, season) + self.fixed(season)

    def addends(self, x: Tensor, season: Tensor) -> Addends:
        """What `encoded` is the sum of."""
        own = self.lag_weight(season) * x[:, None]
        return Addends({"own": own, **self.side_addends(x, season)}, self.terms(season))

    def lag_weight(self, season: Tensor) -> Tensor:
        """Weights of a corridor's own lags: B x h x L x N x N."""
        shared = self.core.lag_weight(season) + self.lags[: season.shape[1]]
        return shared[..., None, None] + self.corridor_lags[: season.shape[1]]

    def beside(self, x: Tensor, season: Tensor) -> Tensor:
        """What the sides add: B x h x N x N."""
        return torch.einsum("hsl,bslij->bhij", self.side_lags[: season.shape[1]], self.side_past(x))

    def side_addends(self, x: Tensor, season: Tensor) -> dict[str, Tensor]:
        """What each lag of each side adds: B x h x L x N x N a side."""
        each = self.side_lags[: season.shape[1], ..., None, None] * self.side_past(x)[:, None]
        return {name: each[:, :, place] for place, name in enumerate(SIDES)}

    def terms(self, season: Tensor) -> dict[str, Tensor]:
        """What has no lag: B x h x N x N each."""
        steps = torch.arange(season.shape[1], device=season.device)
        corridor = self.corridor[steps] + self.corridor_season[steps, season % self.task.cycle]
        level = self.core.bias(season) + self.level[steps]
        return {"level": level[..., None, None].expand_as(corridor), "corridor": corridor}

    def fixed(self, season: Tensor) -> Tensor:
        """The sum of what has no lag: B x h x N x N."""
        terms = self.terms(season)
        return terms["level"] + terms["corridor"]

    def side_past(self, x: Tensor) -> Tensor:
        """What SIDES were, off the diagonal: B x 3 x L x N x N."""
        counts = self.encoder.decode(x)
        out, into = (self.encoder.encode(counts.mean(axis)).to(x.dtype) for axis in (3, 2))
        between = 1 - torch.eye(self.task.regions, device=x.device, dtype=x.dtype)
        sides = (x.transpose(2, 3), out[..., :, None], into[..., None, :])
        return torch.stack([side * between for side in sides], dim=1)

    def fit(self, windows: "WindowDataset", size: Tensor) -> None:
        """Solve for lags and corridors; `core` and `encoder` must be fitted.

        Args:
            windows: the training windows.
            size: N x N, mean flow of each corridor over training.
        """
        used = {"none": [], "opposite": [0], "all": list(range(len(SIDES)))}[self.sides]
        horizon, length = self.task.horizon, self.task.length
        age = torch.arange(len(windows) - 1, -1, -1, dtype=torch.float64) / len(windows)
        late = 0.5 ** (age / self.half_life) if self.half_life else torch.ones_like(age)
        importance = size.double().clamp_min(1e-9) ** self.loss_weight
        importance /= importance.mean()
        width = length * (1 + len(used)) + 1
        gram = torch.zeros(horizon, width, width, dtype=torch.float64)
        moment = torch.zeros(horizon, width, dtype=torch.float64)
        for index in range(len(windows)):
            scored = windows[index].scored
            features, residual = self._past_and_residual(windows, index, used)
            for step in range(horizon):
                rows = features[:, scored[step]]
                weighted = rows * (importance[scored[step]] * late[index])
                gram[step] += weighted @ rows.T
                moment[step] += weighted @ residual[step][scored[step]]
        mass = gram[:, -1, -1, None, None]
        ridge = torch.eye(width, dtype=torch.float64) * (self.penalty * mass + 1e-9)
        solved = torch.linalg.solve(gram + ridge, moment)  # h x width
        self.lags.copy_(solved[:, :length])
        self.side_lags[:, used] = solved[:, length:-1].reshape(horizon, len(used), length).float()
        self.level.copy_(solved[:, -1])
        found = corridor_effects(self._residuals(windows, late), self.task.cycle, self.shrinkage)
        self.corridor.copy_(found.level)
        self.corridor_season.copy_(found.season)
        self.corridor_lags.copy_(found.lags)

    def _residuals(self, windows: "WindowDataset", late: Tensor) -> Residuals:
        every = [windows[index] for index in range(len(windows))]
        x = torch.stack([self.encoder.encode(window.history) for window in every])
        season = torch.stack([window.season for window in every])
        target = torch.stack([self.encoder.encode(window.target) for window in every])
        made = torch.cat([self.encoded(x[i : i + 1], season[i : i + 1]) for i in range(len(every))])
        weight = torch.stack([window.scored * at for window, at in zip(every, late.float(), strict=True)])
        return Residuals(x, torch.where(weight > 0, target - made, 0.0), weight, season)

    def _past_and_residual(
        self, windows: "WindowDataset", index: int, used: list[int]
    ) -> tuple[Tensor, Tensor]:
        window = windows[index]
        x = self.encoder.encode(window.history.double())[None]
        sides = self.side_past(x)[0, used].flatten(0, 1)
        made = self.core.encoded(x.float(), window.season[None])[0].double()
        residual = self.encoder.encode(window.target.double()) - made
        return torch.cat([x[0], sides, torch.ones_like(x[0, :1])]), residual
