"""What is planted: pull, push, stay and reach of every city and month, and who searches with this engine.

Off the diagonal, with i the origin, j the destination and t the month, and up to a constant,

    log people[t, i, j] = push[t, i] + pull[t, j] + reach[t, i] log(km[i, j] / 100)
                        + corridor[i, j] - balance[i]

where balance is the balancing factor of the production-constrained gravity model (Wilson 1971), here over the
mean month: people do not look less for work because their city is remote. On the diagonal, the odds that an
intention from i stays in i are those of `stay`: logit(share) = stay[t, i].
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.migration.simulating.cities import City
from pipelines.sphere import kilometres

_MARCH = 2
_PEAKEDNESS = 4.0
_STAY_LOGIT = float(np.log(0.6 / 0.4))  # 60 % of job seekers look where they are
_DISTANCE = -0.7
_LARGEST_SHARE = 0.95  # of a city's people who have an intention in a month, where and when it is largest

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Planted:
    """The truth of a simulation over T months and N cities."""

    pull: Matrix
    """[T, N], as are push, stay and reach."""
    push: Matrix
    stay: Matrix
    reach: Matrix
    people: Matrix
    """[T, N, N]: how many people in the origin mean to work in the destination."""
    penetration: Matrix
    """[T, N]: share of a city's people who use this search engine, 0..1."""


def plant(cities: list[City], months: NDArray[np.int64], rng: np.random.Generator) -> Planted:
    """Draw the cities' properties, the flows of people that follow, and the engine's penetration.

    Args:
        cities: N of them.
        months: [T] months of the year, 0 is January.
        rng: decides everything.
    """
    shape = (len(months), len(cities))
    wave = np.exp(_PEAKEDNESS * (np.cos(2 * np.pi * (months - _MARCH) / 12) - 1))  # 1 in March
    people = np.array([city.population for city in cities], float)
    size = np.log(people) - np.log(people).mean()
    pull = size + _property(rng, shape, wave, level=0.5, season=0.1)
    stay = _STAY_LOGIT + _property(rng, shape, wave, level=0.4, season=0.0)
    reach = _DISTANCE + 0.4 * _property(rng, shape, wave, level=1.0, season=0.0)
    km = kilometres(np.array([city.lat for city in cities]), np.array([city.lon for city in cities]))
    log_km = np.log(np.maximum(km, 1.0) / 100)
    corridor = rng.normal(0, 0.2, km.shape)
    push = size + _property(rng, shape, wave, level=0.15, season=0.35)
    away = pull[:, None, :] + reach[:, :, None] * log_km + corridor
    diagonal = np.arange(len(cities))
    away[:, diagonal, diagonal] = -np.inf
    balance = np.log(np.exp(away).sum(axis=2)).mean(axis=0)
    flow = np.exp(push[:, :, None] + away - balance[:, None])
    flow[:, diagonal, diagonal] = flow.sum(axis=2) * np.exp(stay)
    flow *= _LARGEST_SHARE / (flow.sum(axis=2) / people).max()
    logit = rng.normal(0.0, 0.5, len(cities)) + _property(rng, shape, wave, level=0.0, season=0.0)
    return Planted(pull, push, stay, reach, flow, 1 / (1 + np.exp(-logit)))


def _property(
    rng: np.random.Generator, shape: tuple[int, int], wave: Matrix, level: float, season: float
) -> Matrix:
    """A city's own level, linear trend, season, shocks that last, and AR(1) noise: [T, N]."""
    months, cities = shape
    time = np.linspace(-0.5, 0.5, months)[:, None]
    noise = np.zeros(shape)
    steps = rng.normal(0, 0.04, shape)
    for t in range(months):
        noise[t] = (0.7 * noise[t - 1] if t else 0.0) + steps[t]
    shocks = np.zeros(shape)
    for city in rng.choice(cities, max(1, cities // 6), replace=False):
        shocks[rng.integers(months) :, city] = rng.normal(0, 0.25)
    amplitude = season * rng.uniform(0.7, 1.3, cities)
    own: Matrix = rng.normal(0, level, cities) + rng.normal(0, 0.2, cities) * time + amplitude * wave[:, None]
    return own + shocks + noise
