"""How a period's moves are shared out among the cities."""

from dataclasses import dataclass

import numpy as np

from modules.migration.arrays import Float64Array


@dataclass(frozen=True)
class Shares:
    """Moves between cities by city; moves inside a city are in none of them. Leading axes are free.

    Shapes:
        inflow: ... x N, moves into the city from the others.
        outflow: ... x N, moves out of it.
        total: ..., all moves between cities: the sum of either.
    """

    inflow: Float64Array
    outflow: Float64Array
    total: Float64Array

    @property
    def of_inflow(self) -> Float64Array:
        """In(j) / all moves between cities: sums to 1."""
        return self._part(self.inflow)

    @property
    def of_outflow(self) -> Float64Array:
        """Out(i) / all moves between cities: sums to 1."""
        return self._part(self.outflow)

    @property
    def of_net(self) -> Float64Array:
        """(In(j) - Out(j)) / all moves between cities: sums to 0."""
        return self._part(self.inflow - self.outflow)

    def _part(self, moves: Float64Array) -> Float64Array:
        part: Float64Array = moves / np.maximum(self.total, np.finfo(np.float64).tiny)[..., None]
        return part


def shares(counts: Float64Array) -> Shares:
    """Shares of counts ... x N x N (rows are origins); an unknown cell counts as nobody.

    The definitions of Zhaopin's city talent attraction ranking (2020-2023): mobile talent is who applies to
    another city than their own; a city's inflow share and net inflow share are parts of all mobile talent.
    """
    between = np.nan_to_num(counts.astype(np.float64)) * (1 - np.eye(counts.shape[-1]))
    inflow, outflow = between.sum(-2), between.sum(-1)
    return Shares(inflow, outflow, inflow.sum(-1))
