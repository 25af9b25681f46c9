"""What the model says of its cities: four readable numbers each, and how sure their ranks are."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from modules.migration.arrays import Float64Array
from modules.migration.dhg_sil.dhg_sil import DHGSIL
from modules.migration.dhg_sil.variables import VARIABLES

_DRAWS = 1000
_LEVELS = (0.05, 0.95)
Ranks = NDArray[np.int64]


@dataclass(frozen=True)
class CityOutlook:
    """The variables of every city for every period ahead; rank 1 is the largest value.

    Shapes:
        value: h x N a variable, standardised over cities.
        percentile: h x N, 0 the last and 100 the first of all cities.
        rank, rank_low, rank_high: h x N, the rank and its 90 % interval.
        representation: N x d, of the next period; near cities are peers.
    """

    value: Mapping[str, Float64Array]
    percentile: Mapping[str, Float64Array]
    rank: Mapping[str, Ranks]
    rank_low: Mapping[str, Ranks]
    rank_high: Mapping[str, Ranks]
    representation: Float64Array


def city_outlook(
    network: DHGSIL, history: torch.Tensor, season: torch.Tensor, error: Mapping[str, float]
) -> CityOutlook:
    """The outlook from one window.

    A rank's interval is that of 1000 draws of value + error x normal for every city at once, `error` being
    the variable's root mean squared error against its statistic, both standardised, on held-out periods.

    Args:
        network: the model.
        history: L x N x N, moves.
        season: h.
        error: of every variable that has a statistic in these data; the others are left out.
    """
    with torch.inference_mode():
        x = network.encoder.encode(history[None])
        cities = network.forecast_and_cities(x, season[None])[1]
    drawn = np.random.default_rng(0).standard_normal((_DRAWS, history.shape[1]))
    value, rank, low, high = {}, {}, {}, {}
    for name in error:
        value[name] = standard(cities.variables[name][0].double().numpy())
        rank[name] = _ranks(value[name])
        ranks = _ranks(value[name][:, None] + error[name] * drawn)  # h x draws x N
        ends = (np.quantile(ranks, q, axis=1).round().astype(np.int64) for q in _LEVELS)
        # Among many cities that are nearly alike the draws can miss the rank itself.
        low[name], high[name] = np.minimum(next(ends), rank[name]), np.maximum(next(ends), rank[name])
    last = max(history.shape[1] - 1, 1)
    return CityOutlook(
        value=value,
        percentile={name: 100 * (history.shape[1] - each) / last for name, each in rank.items()},
        rank=rank,
        rank_low=low,
        rank_high=high,
        representation=np.concatenate(
            [cities.representations[name][0, 0].double().numpy() for name in VARIABLES], axis=-1
        ),
    )


def standard(values: Float64Array) -> Float64Array:
    """Mean 0 and deviation 1 over the last axis, NaN left out."""
    centred = values - np.nanmean(values, axis=-1, keepdims=True)
    scaled: Float64Array = centred / np.maximum(np.nanstd(values, axis=-1, keepdims=True), 1e-9)
    return scaled


def _ranks(values: Float64Array) -> Ranks:
    # scipy.stats.rankdata says it too, but serving does without scipy.
    return (-values).argsort(axis=-1, kind="stable").argsort(axis=-1) + 1
