"""The engine's sample: how many of the people who were planted are expected in a log of the asked size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modules.errors import UserError
from pipelines.config.simulate import SimulateSource
from pipelines.migration.simulating.cities import City
from pipelines.migration.simulating.months import Month
from pipelines.migration.simulating.planted import Matrix, Planted

QUERIES = np.array([0.66, 0.22, 0.08, 0.04])
"""Shares of job seekers who search once, twice, three and four times in a month."""
IN_PLACE = ("ambiguous", "employer", "navigational", "no_place")
"""Dirt that other users type: it takes the place of searches for something else."""
ADDED = ("unknown_origin", "malformed", "wrong_type", "out_of_range")
"""Dirt that job seekers beyond the planted ones leave, one row each."""
_BURST = 200


@dataclass(frozen=True)
class Sample:
    """Expected numbers over T months and N cities."""

    rate: float
    """Share of the engine's users in the log."""
    seekers: Matrix
    """[T, N, N]: users who look for work, by origin and destination."""
    others: Matrix
    """[T, N]: users who search for anything else, one row each."""
    in_place: dict[str, NDArray[np.float64]]
    """Class of dirt -> [T] probability that a row of an other user is of it."""
    added: dict[str, NDArray[np.float64]]
    """Class of dirt -> [T] rows; `repeat` too."""
    bursts: NDArray[np.int64]
    """[T] bursts of a bot, each of 200 rows; exact."""

    @property
    def burst(self) -> int:
        """Rows of a burst."""
        return _BURST


def sample(planted: Planted, cities: list[City], months: list[Month], source: SimulateSource) -> Sample:
    """Scale the planted people to the asked number of rows.

    Raises:
        UserError: if more rows are asked for than these cities' people would type, or more dirt than fits.
    """
    dirt = source.dirt
    observed = np.array([month.share for month in months])
    people = np.array([city.population for city in cities], float)
    users = planted.penetration * observed[:, None]
    seekers = planted.people * users[:, :, None]
    others = users * (people - planted.people.sum(axis=2))
    queries = float(QUERIES @ np.arange(1, len(QUERIES) + 1))
    rows = seekers.sum(axis=(1, 2)) * queries + others.sum(axis=1)
    beside = sum(dirt.share(kind) for kind in (*ADDED, "repeat", "bot"))
    rate = source.queries * (1 - beside) / rows.sum()
    if rate > 1:
        most = rows.sum() / (1 - beside)
        raise UserError(f"source.queries: the people of {len(cities)} cities type {most:.3g}; ask for fewer")
    rows *= rate / (1 - beside)
    in_place = {kind: dirt.share(kind) * rows / (rate * others.sum(axis=1)) for kind in IN_PLACE}
    if sum(in_place.values(), np.zeros(len(months))).max() > 1:
        raise UserError(f"source.dirt: {', '.join(IN_PLACE)} ask for more rows than others type; lower them")
    added = {kind: dirt.share(kind) * rows for kind in (*ADDED, "repeat")}
    bursts = np.diff(np.round(np.cumsum(dirt.share("bot") * rows) / _BURST), prepend=0).astype(np.int64)
    return Sample(rate, rate * seekers, rate * others, in_place, added, bursts)
