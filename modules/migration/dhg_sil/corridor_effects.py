"""What each corridor does in its own way: its level, its seasons and its use of its own past."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot


@dataclass(frozen=True)
class Shrinkage:
    """Pseudo-windows that hold a corridor's effect at 0; 0 leaves the effect out."""

    level: float
    season: float
    lags: float


@dataclass(frozen=True)
class Residuals:
    """What a fit that all corridors share left unexplained in each of n windows.

    Shapes:
        x: n x L x N x N, the window, encoded.
        left: n x h x N x N.
        weight: n x h x N x N, 0 where a cell does not count.
        season: n x h.
    """

    x: Tensor
    left: Tensor
    weight: Tensor
    season: Tensor


@dataclass(frozen=True)
class CorridorEffects:
    """Random effects of every corridor, for every period ahead: left = level + season_s + lags . x.

    Shapes:
        level: h x N x N; season: h x S x N x N; lags: h x L x N x N.
    """

    level: Tensor
    season: Tensor
    lags: Tensor


def corridor_effects(residuals: Residuals, cycle: int, shrinkage: Shrinkage) -> CorridorEffects:
    """Predict every corridor's effects u: the posterior mean of a mixed model with independent effects.

    u = argmin sum_t m_t (left_t - phi_t . u)^2 + sum_k shrinkage_k v_k u_k^2, with
    phi = (1, the season's indicator, x - mean of x) and v the mean square of the lags, 1 of the others: a
    shrinkage is the ratio of the noise's variance to the effect's. Robinson, That BLUP is a good thing,
    Statistical Science 6 (1991). One small linear system a corridor and period ahead.

    Args:
        residuals: to explain.
        cycle: seasons S.
        shrinkage: of each kind of effect.
    """
    windows, length, regions, _ = residuals.x.shape
    horizon = residuals.left.shape[1]
    centre = residuals.x.mean((0, 1))
    spread = float((residuals.x - centre).square().mean())
    penalty = torch.cat(
        [
            torch.full((1,), shrinkage.level),
            torch.full((cycle,), shrinkage.season if cycle > 1 else 0.0),
            torch.full((length,), shrinkage.lags * spread),
        ]
    ).double()
    used = penalty > 0
    effects = penalty.new_zeros(horizon, regions, regions, len(penalty))
    for origin in range(regions if used.any() else 0):  # bounds memory, whatever the number of regions
        lags = (residuals.x[:, :, origin] - centre[origin]).double()
        for step in range(horizon):
            season = one_hot(residuals.season[:, step] % cycle, cycle).to(lags.dtype)[..., None]
            level = lags.new_ones(windows, 1, regions)
            phi = torch.cat([level, season.expand(-1, -1, regions), lags], dim=1)[:, used]
            weighted = phi * residuals.weight[:, step, None, origin].double()
            gram = torch.einsum("nfj,ngj->jfg", weighted, phi) + torch.diag(penalty[used])
            moment = torch.einsum("nfj,nj->jf", weighted, residuals.left[:, step, origin].double())
            effects[step, origin, :, used] = torch.linalg.solve(gram, moment)
    level, season, lags = torch.split(effects.movedim(-1, 1), [1, cycle, length], dim=1)
    return CorridorEffects(level[:, 0] - (lags * centre).sum(1), season, lags)
