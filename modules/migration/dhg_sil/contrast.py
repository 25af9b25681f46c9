"""Losses that tie a variable and its representation to the statistic they stand for."""

import torch
from torch import Tensor
from torch.nn.functional import normalize, softplus

_TEMPERATURE = 0.5
_MOST = 2.0


def rank_contrast(representation: Tensor, statistic: Tensor, anchors: Tensor) -> Tensor:
    """Rank-N-Contrast: cities whose statistics are near have near representations.

    For an anchor i and every other city j, the negatives are the cities l at least as far from i:
    -log exp(cos_ij / T) / sum_l exp(cos_il / T), T = 0.5, mean over i and j. Zha et al., NeurIPS 2023
    (arXiv:2210.01189). Sorted by distance the denominators are one running log-sum-exp; of two cities equally
    far, one counts as the farther.

    Shapes:
        representation: P x N x d (P cases); statistic: P x N, NaN where unknown.
        anchors: A, positions of the cities that serve as anchors.
    """
    known = statistic.isfinite()
    cities = torch.arange(statistic.shape[1], device=statistic.device)
    both = known[:, anchors, None] & known[:, None, :] & (anchors[:, None] != cities)  # P x A x N
    unit = normalize(representation, dim=-1)
    alike = (unit[:, anchors] @ unit.transpose(1, 2)) / _TEMPERATURE
    apart = torch.where(both, (statistic[:, anchors, None] - statistic[:, None, :]).abs(), -1.0)
    order = apart.argsort(dim=-1, descending=True)  # the unknown come last, in no denominator
    kept = both.gather(-1, order)
    alike = alike.gather(-1, order).masked_fill(~kept, -1e9)
    log_sum = torch.logcumsumexp(alike, dim=-1)
    return torch.where(kept, log_sum - alike, 0.0).sum() / kept.sum().clamp_min(1)


def pair_rank(values: Tensor, statistic: Tensor) -> Tensor:
    """A city with the larger statistic has the larger value: mean min(|ds|, 2) softplus(-dv sign(ds)).

    Shapes:
        values: P x N; statistic: P x N, standardised a case, NaN where unknown.
    """
    difference = statistic[:, :, None] - statistic[:, None, :]
    known = difference.isfinite()
    weight = torch.where(known, difference.abs().clamp(max=_MOST), 0.0)
    ordered = softplus(-(values[:, :, None] - values[:, None, :]) * difference.nan_to_num().sign())
    return (weight * ordered).sum() / known.sum().clamp_min(1)
