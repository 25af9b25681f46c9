"""Whether two matrices of flows agree, beyond what their margins make them agree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

Values = NDArray[np.float64]
PERMUTATIONS = 999


@dataclass(frozen=True)
class Association:
    """A rank correlation over cells and how often chance does as well."""

    rho: float
    p: float
    cells: int


def association(flows: Values, others: Values, seed: int, permutations: int = PERMUTATIONS) -> Association:
    """Spearman's rho over the off-diagonal cells, and its p by the quadratic assignment procedure.

    Countries of one matrix are renamed at random, rows and columns alike (Krackhardt, Social Networks 10,
    1988): every renamed matrix has the same margins in another order, so what large countries have in common
    with large countries stays in the null. p = (1 + as good or better) / (1 + permutations), one-sided.

    Args:
        flows: N x N, origin by destination, or T x N x N: countries are then renamed alike at all times.
        others: the same countries' and times'.
        seed: of the permutations.
        permutations: how many.

    Raises:
        ValueError: if the matrices are not square and alike.
    """
    if flows.shape != others.shape or flows.ndim not in {2, 3} or flows.shape[-2] != flows.shape[-1]:
        raise ValueError("two square matrices of the same countries are needed")
    size = flows.shape[-1]
    off = ~np.eye(size, dtype=np.bool_)
    rng = np.random.default_rng(seed)
    own = flows[..., off].ravel()
    rho = _rho(own, others[..., off].ravel())
    as_good = 0
    for _ in range(permutations):
        order = rng.permutation(size)
        as_good += _rho(own, others[..., order[:, None], order][..., off].ravel()) >= rho
    return Association(rho, (1 + as_good) / (1 + permutations), len(own))


def changes(series: Values) -> Values:
    """First differences along time, T - 1 x N x N: what is left when everything grows."""
    differences: Values = np.diff(series, axis=0)
    return differences


def _rho(a: Values, b: Values) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(spearmanr(a, b).statistic)
