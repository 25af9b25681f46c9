"""Other data that could have been: what ranks are resampled from."""

from collections.abc import Iterator

import numpy as np

from modules.migration.arrays import BoolArray, Float64Array

DRAWS = 200
_CELLS_AT_ONCE = 4_000_000
_TO_DEVIATION = 1.4826  # of a normal distribution's median absolute deviation
_FEWEST_CHANGES = 3


def resampled_counts(
    counts: Float64Array, users: Float64Array, generator: np.random.Generator
) -> Iterator[Float64Array]:
    """DRAWS resamples of counts N x N in batches b x N x N: each corridor's users drawn anew.

    The Poisson bootstrap (Hanley & MacGibbon, Computer Methods and Programs in Biomedicine 83, 2006): a
    person is in a resample Poisson(1) times, so a corridor of n users counts Poisson(n) / n of its moves.

    Args:
        counts: moves (people corrected for penetration).
        users: N x N, distinct people behind them.
        generator: where chance comes from.
    """
    batch = max(1, _CELLS_AT_ONCE // counts.size)
    per_user = np.divide(counts, users, out=np.zeros_like(counts), where=users > 0)
    for start in range(0, DRAWS, batch):
        drawn = generator.poisson(users, (min(batch, DRAWS - start), *users.shape))
        yield per_user * drawn


def deviation_of_changes(series: Float64Array, observed: BoolArray, cycle: int) -> Float64Array:
    """How much a city's statistic moves by chance from one period to the next: N.

    With a calendar cycle, the median absolute change s_t - s_t-1 less the same change a cycle before, which
    takes out trend and season; without one, or a series too short, the plain change. As a normal deviation,
    over the root of the number of periods whose chance it carries (4 or 2). NaN with fewer than three
    changes.

    Args:
        series: T x N.
        observed: T; a change that touches a gap is left out.
        cycle: periods in a calendar cycle (1: none).
    """
    changes = np.diff(np.where(observed[:, None], series, np.nan), axis=0)
    carried = np.full(series.shape[1], 2.0)
    middle = _middle(changes)
    if cycle > 1 and len(changes) > cycle:
        seasonal = _middle(changes[cycle:] - changes[:-cycle])
        carried = np.where(np.isnan(seasonal), carried, 4.0)
        middle = np.where(np.isnan(seasonal), middle, seasonal)
    return middle * _TO_DEVIATION / carried**0.5


def _middle(changes: Float64Array) -> Float64Array:
    known = np.isfinite(changes).sum(0) >= _FEWEST_CHANGES
    middle = np.full(changes.shape[1], np.nan)
    middle[known] = np.nanmedian(np.abs(changes[:, known]), axis=0)
    return middle


def deviation_of_errors(actual: Float64Array, forecast: Float64Array) -> Float64Array:
    """Root mean square error of a statistic's forecasts over origins: O x h x N each -> h x N.

    An origin without a truth at a horizon is left out; NaN with fewer than three of them.
    """
    squares = (actual - forecast) ** 2
    known = np.isfinite(squares).sum(0)
    total = np.nansum(squares, axis=0)
    return np.where(known >= _FEWEST_CHANGES, np.sqrt(total / np.maximum(known, 1)), np.nan)


def normal_draws(
    values: Float64Array, deviation: Float64Array, generator: np.random.Generator
) -> Float64Array:
    """DRAWS x N: values with normal noise of each city's own deviation."""
    draws: Float64Array = values + deviation * generator.standard_normal((DRAWS, len(values)))
    return draws
