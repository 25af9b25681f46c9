"""What of DHG-SIL has a closed form: shared lags, side lags and the corridors' own drift."""

import torch
from torch import Tensor

from modules.migration.dhg_sil.dhg_sil import DHGSIL, SIDES
from modules.migration.windows import WindowDataset

_CELLS = 400_000
"""Cells that the shared lags are fitted on; so few coefficients need no more."""


def warm_start(
    network: DHGSIL,
    windows: WindowDataset,
    size: Tensor,
    *,
    size_weight: float,
    half_life: float,
    penalty: float,
    sides: str,
    shrinkage: float,
) -> None:
    """Fit what the core leaves unexplained: a weighted ridge on lags, then a shrunk mean for each corridor.

    With r the core's residual and w a cell's weight (its corridor's mean flow to a power, halved for every
    `half_life` of the windows that it is older),

        lags = argmin sum w (r - lags . features)^2 + n penalty |lags|^2
        corridor_ij = sum_t w_t (r - lags . features) / (sum_t w_t + shrinkage)

    the second being the posterior mean of a random effect whose variance is the noise's over `shrinkage`
    (Robinson, Statistical Science 6, 1991). Anew for every period ahead.

    Args:
        network: with its core and encoder fitted; changed in place.
        windows: the training windows.
        size: N x N, mean flow of each corridor over training.
        size_weight: power of the size.
        half_life: as a share of the windows (0: all weigh alike).
        penalty: of the ridge.
        sides: those of SIDES that are used, comma-separated.
        shrinkage: pseudo-windows that hold a corridor at 0 (0: no corridor term).
    """
    task, count = network.task, len(windows)
    age = torch.arange(count - 1, -1, -1, dtype=torch.float64) / count
    late = 0.5 ** (age / half_life) if half_life else torch.ones_like(age)
    importance = size.double().clamp_min(1e-9) ** size_weight
    importance /= importance.mean()
    used = [SIDES.index(name) for name in sides.split(",") if name]
    width = task.length * (1 + len(used)) + 1
    gram = torch.zeros(task.horizon, width, width, dtype=torch.float64)
    moment = torch.zeros(task.horizon, width, dtype=torch.float64)
    residuals = []
    for index in range(count):
        window = windows[index]
        x = network.encoder.encode(window.history.double())[None]
        features = _features(network, x, used)  # F x N x N
        residual = network.encoder.encode(window.target.double()) - network.core.encoded(
            x.float(), window.season[None]
        )[0].double()
        residuals.append(residual)
        for step in range(task.horizon):
            cells = window.scored[step]
            weight = importance[cells] * late[index]
            rows = features[:, cells]
            gram[step] += (rows * weight) @ rows.T
            moment[step] += (rows * weight) @ residual[step][cells]
    mass = gram[:, -1, -1]
    ridge = torch.eye(width, dtype=torch.float64) * (penalty * mass[:, None, None] + 1e-9)
    solved = torch.linalg.solve(gram + ridge, moment)  # h x F
    drift = torch.zeros(task.horizon, task.regions, task.regions, dtype=torch.float64)
    weights = torch.zeros_like(drift)
    for index, residual in enumerate(residuals):
        window = windows[index]
        features = _features(network, network.encoder.encode(window.history.double())[None], used)
        left = residual - torch.einsum("hf,fij->hij", solved, features)
        drift += late[index] * torch.where(window.scored, left, 0.0)
        weights += late[index] * window.scored
    with torch.no_grad():
        network.lag_weights.shared.copy_(solved[:, : task.length])
        lags = solved[:, task.length : -1].reshape(task.horizon, len(used), task.length)
        network.side_lags[:, used] = lags.float()
        network.level.copy_(solved[:, -1])
        if shrinkage:
            network.corridor.copy_(drift / (weights + shrinkage))


def _features(network: DHGSIL, x: Tensor, used: list[int]) -> Tensor:
    sides = network.sides(x)[0, used].flatten(0, 1)
    return torch.cat([x[0], sides, torch.ones_like(x[0, :1])])
