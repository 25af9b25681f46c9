"""How well flows were forecast."""

import numpy as np
import torch
from scipy.stats import spearmanr
from torchmetrics.functional.regression import (
    mean_absolute_error,
    mean_squared_error,
    weighted_mean_absolute_percentage_error,
)
from torchmetrics.functional.retrieval import retrieval_normalized_dcg

from modules.migration.arrays import BoolArray, Float64Array

TOP = 20


def common_part_of_commuters(forecast: Float64Array, actual: Float64Array) -> float:
    """CPC = 2 sum min(f, m) / (sum f + sum m): 1 for equal flows, 0 for disjoint ones.

    Lenormand et al., Systematic comparison of trip distribution laws, J. Transport Geography 51 (2016).
    """
    total = forecast.sum() + actual.sum()
    return float(2 * np.minimum(forecast, actual).sum() / total) if total > 0 else 1.0


def score(
    forecast: Float64Array, actual: Float64Array, scored: BoolArray, last: Float64Array
) -> dict[str, float]:
    """Every headline metric of forecasts O x h x N x N against the truth, over scored cells.

    `skill_level` = 1 - MAE / MAE(last value). `skill_change` = 1 - sum (f - m)^2 / sum (l - m)^2 over
    log1p flows, l the last value: the share of the squared log change that the forecast explains, every
    corridor alike. `spearman` and `ndcg` rank regions by inflow off the diagonal, mean over origins and
    horizons; ndcg is at 20.

    Args:
        forecast: moves.
        actual: moves.
        scored: which cells count.
        last: the last-value forecast, moves.
    """
    f, m, naive = (torch.from_numpy(values[scored]) for values in (forecast, actual, last))
    mae, last_mae = float(mean_absolute_error(f, m)), float(mean_absolute_error(naive, m))
    log_f, log_m, log_l = (torch.log1p(values) for values in (f, m, naive))
    change = float(((log_l - log_m) ** 2).sum())
    spearman, ndcg = rank_scores(forecast, actual, scored)
    return {
        "mae": mae,
        "rmse": float(mean_squared_error(f, m, squared=False)),
        "wape": float(weighted_mean_absolute_percentage_error(f, m)),
        "cpc": common_part_of_commuters(forecast[scored], actual[scored]),
        "skill_level": 1 - mae / last_mae if last_mae > 0 else 0.0,
        "skill_change": 1 - float(((log_f - log_m) ** 2).sum()) / change if change > 0 else 0.0,
        "spearman": spearman,
        "ndcg": ndcg,
    }


def inflow(flows: Float64Array, scored: BoolArray) -> Float64Array:
    """Inflow of each region over scored cells off the diagonal: ... x N."""
    off = scored & ~np.eye(scored.shape[-1], dtype=np.bool_)
    summed: Float64Array = np.where(off, flows, 0).sum(-2)
    return summed


def rank_scores(forecast: Float64Array, actual: Float64Array, scored: BoolArray) -> tuple[float, float]:
    """Mean Spearman correlation and NDCG@20 of the inflow ranking; 0 where no period can be ranked."""
    rows = [
        (f, m)
        for f, m in zip(
            inflow(forecast, scored).reshape(-1, forecast.shape[-1]),
            inflow(actual, scored).reshape(-1, forecast.shape[-1]),
            strict=True,
        )
        if np.ptp(m) > 0 and np.ptp(f) > 0
    ]
    if not rows:
        return 0.0, 0.0
    spearman = [float(spearmanr(f, m).statistic) for f, m in rows]
    ndcg = [
        float(retrieval_normalized_dcg(torch.from_numpy(f), torch.from_numpy(m), top_k=min(TOP, len(f))))
        for f, m in rows
    ]
    return float(np.mean(spearman)), float(np.mean(ndcg))
