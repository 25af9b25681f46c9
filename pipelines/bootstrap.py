"""Intervals that respect what is independent: origins, destinations and blocks of time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Resamples:
    """Bootstrap weights, drawn once so that every model is resampled alike (a paired bootstrap).

    Shapes:
        time: B x O, how often each forecast origin was drawn.
        origin: B x N.
        destination: B x N.
    """

    time: Float64Array
    origin: Float64Array
    destination: Float64Array


def draw_resamples(origins: int, regions: int, block: int, count: int, seed: int) -> Resamples:
    """Draw origins, destinations and blocks of consecutive forecast origins, each with replacement.

    The pigeonhole bootstrap of Owen, The Annals of Applied Statistics 1 (2007), on the three ways of
    an origin x destination x time array: a cell's weight is the product of its three counts, so cells that
    share a region or a period are never taken for independent.
    """
    generator = np.random.default_rng(seed)
    blocks = -(-origins // block)
    time = np.repeat(draw_counts(generator, count, blocks), block, axis=1)[:, :origins]
    return Resamples(time, draw_counts(generator, count, regions), draw_counts(generator, count, regions))


def draw_counts(generator: np.random.Generator, count: int, size: int) -> Float64Array:
    """How often each of `size` things is drawn, with replacement, in `count` resamples: B x size."""
    return generator.multinomial(size, np.full(size, 1 / size), size=count).astype(np.float64)


def resampled_means(error: Float64Array, cells: Float64Array, resamples: Resamples) -> Float64Array:
    """Weighted mean of `error` under every resample: B.

    Args:
        error: O x N x N, errors summed over horizons (and seeds).
        cells: O x N x N, number of errors in each sum.
        resamples: the weights.
    """
    return _totals(error, resamples) / np.maximum(_totals(cells, resamples), 1e-12)


def _totals(values: Float64Array, resamples: Resamples) -> Float64Array:
    totals = np.empty(len(resamples.time))
    for index, (time, origin, destination) in enumerate(
        zip(resamples.time, resamples.origin, resamples.destination, strict=True)
    ):
        by_region = np.tensordot(time, values, axes=1)  # N x N
        totals[index] = origin @ by_region @ destination
    return totals


def percentile_interval(estimate: float, resampled: Float64Array) -> dict[str, float]:
    """The estimate with its 95 % percentile interval."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return {"estimate": estimate, "low": float(low), "high": float(high)}
