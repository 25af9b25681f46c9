"""Inflow and outflow of every city over time, with the forecast and its interval."""

import numpy as np

from modules.migration.arrays import Float64Array
from pipelines.migration.reporting.attraction.held_out import log_band
from pipelines.migration.reporting.attraction.periods import Timeline
from pipelines.migration.reporting.attraction.record import Series, Values
from pipelines.migration.reporting.attraction.rounding import known
from pipelines.migration.reporting.attraction.shares import Shares, shares

PERIODS = 60
"""Most observed periods drawn."""
_DIGITS = 6


def city_series(timeline: Timeline, coverage: float) -> Series:
    """The last periods, those ahead, and intervals [expm1(f + lo), expm1(f + hi)], f = log1p(forecast).

    lo and hi are quantiles of log1p(truth) - log1p(forecast) of the cities' totals over the test, one pair a
    period ahead for inflow and one for outflow, all cities together.
    """
    steps = range(max(0, timeline.observed - PERIODS), len(timeline.counts))
    past = shares(timeline.counts[steps.start :])
    gap = ~timeline.flows.observed[steps.start :]
    actual, made = shares(timeline.held_out.actual), shares(timeline.held_out.forecast)
    judged = timeline.held_out.judged[..., None]
    bounds: dict[str, tuple[Values, ...]] = {}
    for side in ("inflow", "outflow"):
        errors = np.where(judged, np.log1p(_of(actual, side)) - np.log1p(_of(made, side)), np.nan)
        ahead = np.log1p(_of(past, side)[-len(timeline.ahead) :])
        bands = np.array([log_band(errors[:, step], coverage) for step in range(len(ahead))])
        for place, end in enumerate(("low", "high")):
            bound = np.maximum(np.expm1(ahead + bands[:, place, None]), 0)
            bounds[f"{side}_{end}"] = _by_city(bound)
    observed = timeline.observed - steps.start
    empty = np.concatenate([gap, np.zeros(len(timeline.ahead), dtype=np.bool_)])[:, None]
    return Series(
        periods=tuple(timeline.label(step) for step in steps),
        observed=observed,
        inflow=_by_city(np.where(empty, np.nan, past.inflow)),
        outflow=_by_city(np.where(empty, np.nan, past.outflow)),
        coverage=coverage,
        origins=len(actual.total),
        **bounds,
    )


def _of(share: Shares, side: str) -> Float64Array:
    return share.inflow if side == "inflow" else share.outflow


def _by_city(values: Float64Array) -> tuple[Values, ...]:
    return tuple(known(city, _DIGITS) for city in values.T)
