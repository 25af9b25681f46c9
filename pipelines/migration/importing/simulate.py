"""Simulated moves between real Chinese cities, with planted pull, push, stay and reach.

Off the diagonal, with i the origin, j the destination and t the period,

    log rate[t, i, j] = push[t, i] + pull[t, j] + reach[t, i] * log(km[i, j] / 100) + corridor[i, j]

On the diagonal, the odds that a move from i ends in i are those of `stay`: logit(share) = stay[t, i].
The counts are Poisson-gamma around the rates, scaled to the asked volume.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from numpy.typing import NDArray

from modules.migration.period import Calendar
from pipelines.config import RunConfig, SimulateSource
from pipelines.migration.importing.sphere import kilometres
from pipelines.migration.simulating.cities import City, largest_cities

_PEAK = {"day": 0, "week": 0, "month": 2, "quarter": 0, "year": 0}  # Monday, March, first quarter
_STAY_LOGIT = float(np.log(0.6 / 0.4))  # 60 % of moves stay in their city
_DISTANCE = -0.8
_DISPERSION = 25.0
_PEAKEDNESS = 4.0

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """What was planted, each [periods, cities], and the expected counts [periods, cities, cities]."""

    pull: Matrix
    push: Matrix
    stay: Matrix
    reach: Matrix
    rate: Matrix


def plant(
    cities: list[City],
    seasons: NDArray[np.int64],
    calendar: Calendar,
    volume: float,
    rng: np.random.Generator,
) -> Truth:
    """Draw the properties of the cities and the expected counts that follow from them."""
    shape = (len(seasons), len(cities))
    phase = 2 * np.pi * (seasons - _PEAK[calendar.unit]) / calendar.cycle
    wave = np.exp(_PEAKEDNESS * (np.cos(phase) - 1))  # 1 at the peak; constant where there is no cycle
    size = np.log([city.population for city in cities])
    size = (size - size.mean()) / max(size.std(), 1e-9)
    push = 0.7 * size + _property(rng, shape, wave, level=0.2, season=0.5)
    pull = 0.8 * size + _property(rng, shape, wave, level=0.3, season=0.2)
    stay = _STAY_LOGIT + _property(rng, shape, wave, level=0.2, season=0.0)
    reach = _DISTANCE + 0.3 * _property(rng, shape, wave, level=0.5, season=0.0)
    km = kilometres(np.array([city.lat for city in cities]), np.array([city.lon for city in cities]))
    log_km = np.log(np.maximum(km, 1.0) / 100)
    corridor = rng.normal(0, 0.4, km.shape)
    rate = np.exp(push[:, :, None] + pull[:, None, :] + reach[:, :, None] * log_km + corridor)
    diagonal = np.arange(len(cities))
    rate[:, diagonal, diagonal] = 0.0
    rate[:, diagonal, diagonal] = rate.sum(axis=2) * np.exp(stay)
    rate *= volume * len(seasons) / rate.sum()
    return Truth(pull, push, stay, reach, rate)


def _property(
    rng: np.random.Generator, shape: tuple[int, int], wave: Matrix, level: float, season: float
) -> Matrix:
    """A city's own level, linear trend, season, shocks that last, and AR(1) noise."""
    periods, cities = shape
    time = np.linspace(-0.5, 0.5, periods)[:, None]
    noise = np.zeros(shape)
    steps = rng.normal(0, 0.04, shape)
    for t in range(periods):
        noise[t] = (0.7 * noise[t - 1] if t else 0.0) + steps[t]
    shocks = np.zeros(shape)
    for city in rng.choice(cities, max(1, cities // 6), replace=False):
        shocks[rng.integers(periods) :, city] = rng.normal(0, 0.25)
    amplitude = season * rng.uniform(0.7, 1.3, cities)
    own: Matrix = rng.normal(0, level, cities) + rng.normal(0, 0.2, cities) * time + amplitude * wave[:, None]
    return own + shocks + noise


def simulate(source: SimulateSource, config: RunConfig, folder: Path) -> None:
    """Write flows.csv and regions.csv, as a user would bring them; same seed, same bytes."""
    cities = largest_cities(source.cities)
    calendar = config.period.calendar
    observed = config.period.observed
    rng = np.random.default_rng(config.seed)
    seasons = np.array([calendar.season(p) for p in observed])
    rate = plant(cities, seasons, calendar, source.queries / len(observed), rng).rate
    count = rng.poisson(rate * rng.gamma(_DISPERSION, 1 / _DISPERSION, rate.shape))
    t, i, j = np.nonzero(count)
    labels = pa.array([calendar.label(p) for p in observed])
    codes = pa.array([city.adcode for city in cities])
    flows = {
        "period": labels.take(t),
        "origin": codes.take(i),
        "destination": codes.take(j),
        "count": count[t, i, j],
    }
    pc.write_csv(pa.table(flows), folder / "flows.csv")
    regions = {
        "region": codes,
        "name": [city.name for city in cities],
        "lat": [city.lat for city in cities],
        "lon": [city.lon for city in cities],
    }
    pc.write_csv(pa.table(regions), folder / "regions.csv")
