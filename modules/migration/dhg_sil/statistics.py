"""What each variable should order: an observable statistic of the target period, never an input."""

import torch
from torch import Tensor

from modules.migration.dhg_sil.variables import VARIABLES


def city_statistics(counts: Tensor, scored: Tensor, log_km: Tensor, *, diagonal: bool) -> dict[str, Tensor]:
    """The statistic of each variable, ... x N, NaN for a city with nothing to judge.

    pull: log share of all inflow. push: log share of all outflow. stay: logit of the share that stays, or
    without a diagonal the net inflow (in - out) / (in + out). reach: how slowly the outflow thins out with
    distance, the slope over destinations j of log(M_ij / inflow_j) on log d_ij, weighted by sqrt(M_ij):
    between the weight of a count's own noise (M) and that of what is peculiar to a corridor (1).

    Args:
        counts: ... x N x N, moves.
        scored: ... x N x N, which of them count.
        log_km: N x N, log((km + 1) / 500).
        diagonal: whether moves inside a city are counted.
    """
    off = ~torch.eye(counts.shape[-1], dtype=torch.bool, device=counts.device)
    moves = torch.where(scored & off, counts.double(), 0.0)
    inflow, outflow = moves.sum(-2), moves.sum(-1)
    total = moves.sum((-1, -2))[..., None]
    stayed = counts.double().diagonal(dim1=-2, dim2=-1)
    found = {
        "pull": torch.log(inflow / total),
        "push": torch.log(outflow / total),
        "stay": torch.log(stayed / outflow) if diagonal else (inflow - outflow) / (inflow + outflow),
        "reach": _slope(moves, inflow, log_km.double()),
    }
    return {name: torch.where(found[name].isfinite(), found[name], torch.nan) for name in VARIABLES}


def _slope(moves: Tensor, inflow: Tensor, log_km: Tensor) -> Tensor:
    weight = moves.sqrt()
    height = torch.where(moves > 0, torch.log(moves.clamp_min(1e-12) / inflow[..., None, :]), 0.0)
    share = weight / weight.sum(-1, keepdim=True)
    away = log_km - (share * log_km).sum(-1, keepdim=True)
    return (share * away * height).sum(-1) / (share * away**2).sum(-1)


def standardised(statistic: Tensor) -> Tensor:
    """Mean 0 and deviation 1 over the known cities of each case: ... x N."""
    known = statistic.isfinite()
    count = known.sum(-1, keepdim=True).clamp_min(1)
    centred = statistic - statistic.nan_to_num().sum(-1, keepdim=True) / count
    deviation = ((centred.nan_to_num() ** 2).sum(-1, keepdim=True) / count).sqrt()
    return centred / deviation.clamp_min(1e-9)
