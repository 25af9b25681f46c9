"""Small flow tensors with a known law."""

import numpy as np

from modules.migration.cells import CellRules
from modules.migration.flows import Flows
from modules.period import Calendar


def flows_of(
    values: np.ndarray, unit: str = "month", *, diagonal: bool = True, distances: bool = True
) -> Flows:
    """A tensor T x N x N as Flows: NaN periods are gaps, NaN cells unknown, everything else scored."""
    regions = values.shape[1]
    scored = ~np.isnan(values)
    if not diagonal:
        scored &= ~np.eye(regions, dtype=bool)
    place = np.arange(regions)
    km = np.abs(place[:, None] - place) * 300.0
    names = tuple(f"r{index:02d}" for index in range(regions))
    return Flows(
        calendar=Calendar(unit),
        rules=CellRules(absent="zero", zero=True, diagonal=diagonal),
        first=Calendar(unit).ordinal(
            {"month": "2015-01", "quarter": "2000Q1", "year": "1990", "day": "2020-01-06"}[unit]
        ),
        regions=names,
        names=names,
        values=values.astype(np.float32),
        scored=scored,
        observed=~np.isnan(values).all((1, 2)),
        log_km=np.log((km + 1) / 500).astype(np.float32) if distances else None,
    )


def seasonal_flows(steps: int = 72, regions: int = 4, seed: int = 0, unit: str = "month") -> Flows:
    """Logs that follow their own past, a season and noise."""
    generator = np.random.default_rng(seed)
    season = np.sin(np.arange(steps) * 2 * np.pi / Calendar(unit).cycle)
    level = generator.normal(5, 1, (regions, regions))
    logs = np.empty((steps, regions, regions))
    noise = np.zeros((regions, regions))
    for step in range(steps):
        noise = 0.7 * noise + generator.normal(0, 0.1, (regions, regions))
        logs[step] = level + 0.5 * season[step] + noise
    return flows_of(np.exp(logs), unit)
