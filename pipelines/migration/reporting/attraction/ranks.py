"""Ranks and how far to trust them: intervals and ties from resampled values."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modules.migration.arrays import BoolArray, Float64Array

LEVEL = 0.9
"""Share of the resamples in which a rank lies inside its interval."""


@dataclass(frozen=True)
class Ranks:
    """Ranks of N cities, 1 the largest value; NaN where a city has no value, or nothing to resample.

    Shapes:
        rank, low, high: N; low <= rank <= high.
        tied: N, whether the city cannot be told from the next one above it.
    """

    rank: Float64Array
    low: Float64Array
    high: Float64Array
    tied: BoolArray


def ranked(values: Float64Array) -> Float64Array:
    """1 + the number of larger values, equal ones in the given order; NaN stays NaN: ... x N."""
    order = np.argsort(np.where(np.isnan(values), np.inf, -values), axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable") + 1.0
    return np.where(np.isnan(values), np.nan, rank)


def rank_intervals(values: Float64Array, draws: Float64Array) -> Ranks:
    """Ranks of `values` with LEVEL intervals from `draws`: the percentile interval of each city's rank.

    Goldstein & Spiegelhalter, League tables and their limitations, JRSS A 159 (1996): publish the rank with
    the interval that resampling gives. Two neighbours are tied where the lower one wins in more than
    (1 - LEVEL) / 2 of the resamples, a paired comparison, which two intervals that overlap are not.

    Args:
        values: N.
        draws: B x N, the same values resampled; a NaN column has no interval.
    """
    rank = ranked(values)
    tail = (1 - LEVEL) / 2
    known = ~np.isnan(values) & ~np.isnan(draws).any(0)
    low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
    resampled = ranked(draws)
    low[known] = np.quantile(resampled[:, known], tail, axis=0, method="lower")
    high[known] = np.quantile(resampled[:, known], 1 - tail, axis=0, method="higher")
    tied = np.zeros(len(values), dtype=np.bool_)
    order = np.argsort(np.where(np.isnan(rank), np.inf, rank), kind="stable")
    for above, below in pairwise(order):
        if known[above] and known[below]:
            tied[below] = (draws[:, below] >= draws[:, above]).mean() > tail
    return Ranks(rank, np.minimum(low, rank), np.maximum(high, rank), tied)
