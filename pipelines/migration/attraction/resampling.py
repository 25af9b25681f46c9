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


def deviation_of_changes(series: Float64Array, observed: BoolArray) -> Float64Array:
    """How much a city's statistic moves by chance from one period to the next: N.

    The median absolute change between neighbouring periods, as a normal deviation, over sqrt(2) because a
    change carries the chance of two periods. A season that is the city's own counts as chance: the
    interval is rather too wide. NaN with fewer than three changes.

    Args:
        series: T x N.
        observed: T; a change into or out of a gap is left out.
    """
    changes = np.diff(series, axis=0)[observed[1:] & observed[:-1]]
    known = np.isfinite(changes).sum(0) >= _FEWEST_CHANGES
    middle = np.full(series.shape[1], np.nan)
    middle[known] = np.nanmedian(np.abs(changes[:, known]), axis=0)
    return middle * (_TO_DEVIATION / 2**0.5)


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
