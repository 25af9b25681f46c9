"""The gravity law of spatial interaction."""

from typing import Literal

import torch
from torch import Tensor

from modules.migration.forecaster import Forecaster, Task

Mass = Literal["last", "mean"]


class Gravity(Forecaster):
    """Poisson gravity: log E[M_ij] = s_k[season] + p_k log O_i + q_k log D_j + g_k log d_ij + r_k [i = j].

    O and D are out- and inflow over the window (its mean, or its last period), d the distance. One set of
    coefficients a horizon; fitted by Poisson maximum likelihood (`modules.migration.baselines.gravity_fit`).
    See Wilson, A family of spatial interaction models, Environment and Planning A 3 (1971).

    Shapes:
        coefficient: h x (4 + cycle): log O, log D, log d, diagonal, then a level for each season.
        log_km: N x N, 0 where distances are not known.
    """

    name = "gravity"
    coefficient: Tensor
    log_km: Tensor

    def __init__(self, task: Task, mass: Mass = "mean") -> None:
        super().__init__(task)
        self.mass = mass
        self.register_buffer("coefficient", torch.zeros(task.horizon, 4 + task.cycle, dtype=torch.float64))
        self.register_buffer("log_km", torch.zeros(task.regions, task.regions))

    @property
    def hyperparameters(self) -> dict[str, float | int | str]:
        """What the constructor takes beside the task."""
        return {"mass": self.mass}

    def features(self, history: Tensor) -> Tensor:
        """B x 4 x N x N: origin mass, destination mass, log distance, diagonal."""
        recent = (history[:, -1] if self.mass == "last" else history.mean(1)).double()
        out = torch.log1p(recent.sum(2))[:, :, None].expand_as(recent)
        into = torch.log1p(recent.sum(1))[:, None, :].expand_as(recent)
        diagonal = torch.eye(self.task.regions, dtype=torch.float64, device=history.device).expand_as(recent)
        return torch.stack(
            [out, into, self.log_km.double().expand_as(recent) * (1 - diagonal), diagonal], dim=1
        )

    def forward(self, history: Tensor, season: Tensor) -> Tensor:
        """Forecast counts."""
        steps = torch.arange(season.shape[1], device=season.device)
        level = self.coefficient[steps, 4 + season]  # B x h
        log = (
            torch.einsum("bfij,hf->bhij", self.features(history), self.coefficient[:, :4])
            + level[..., None, None]
        )
        # Far outside what was seen, a log-linear law explodes: no corridor is forecast beyond e^20.
        return torch.exp(log.clamp(max=20.0))
