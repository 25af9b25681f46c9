"""The periods of the picker: what happened and what the model expects, made alike."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from modules.migration.arrays import Float64Array
from modules.migration.dhg_sil.outlook import CityOutlook
from modules.migration.dhg_sil.variables import VARIABLES
from modules.migration.flows import Flows
from pipelines.migration.reporting.attraction.held_out import HeldOut
from pipelines.migration.reporting.attraction.index import scaled
from pipelines.migration.reporting.attraction.partners import (
    largest_changes,
    largest_corridors,
    largest_partners,
)
from pipelines.migration.reporting.attraction.ranks import Ranks, rank_intervals, ranked
from pipelines.migration.reporting.attraction.record import Basis, Changes, Partner, Ranking, Shown, Values
from pipelines.migration.reporting.attraction.resampling import (
    deviation_of_changes,
    deviation_of_errors,
    normal_draws,
    resampled_counts,
)
from pipelines.migration.reporting.attraction.rounding import known, significant
from pipelines.migration.reporting.attraction.shares import shares
from pipelines.migration.reporting.attraction.statistics import ATTRACTION, STATISTICS, statistics

PERIODS = 24
"""Most observed periods in the picker."""
CORRIDORS = 40
_MANY_CITIES = 120
_PARTNERS = {False: (10, 6), True: (5, 4)}
"""Most partners of a city and the digits of their moves, by whether the cities are many."""


@dataclass(frozen=True)
class Timeline:
    """Observed periods and those that are forecast, on one axis of T + h steps.

    Shapes:
        users: T x N x N, distinct people behind the counts, or none where that is not known.
        ahead: h x N x N, forecast moves.
    """

    flows: Flows
    users: Float64Array | None
    ahead: Float64Array
    held_out: HeldOut
    outlook: CityOutlook | None
    seed: int

    @property
    def observed(self) -> int:
        """T: every period of the data, gaps included."""
        return len(self.flows.observed)

    @cached_property
    def counts(self) -> Float64Array:
        """(T + h) x N x N, moves; NaN where unknown."""
        return np.concatenate([self.flows.values.astype(np.float64), self.ahead])

    def label(self, step: int) -> str:
        """Name of a period."""
        return self.flows.calendar.label(self.flows.first + step)

    @property
    def steps(self) -> list[int]:
        """What the picker offers: the last observed periods and every one ahead."""
        seen = np.flatnonzero(self.flows.observed)[-PERIODS:].tolist()
        return [*seen, *range(self.observed, len(self.counts))]

    def before(self, step: int, back: int) -> int | None:
        """The step so far back, if anything is known of it."""
        earlier = step - back
        known_then = earlier >= 0 and (earlier >= self.observed or bool(self.flows.observed[earlier]))
        return earlier if known_then else None

    @cached_property
    def statistics(self) -> dict[str, Float64Array]:
        """STATISTICS of every period, (T + h) x N."""
        return self._of(self.counts)

    def _of(self, counts: Float64Array) -> dict[str, Float64Array]:
        # Period by period: the tensor of a long run is large enough once.
        rules, km = self.flows.rules, self.flows.log_km
        each = [statistics(part, km, diagonal=rules.diagonal) for part in counts]
        return {name: np.stack([found[name] for found in each]) for name in STATISTICS}

    @cached_property
    def _deviation(self) -> dict[str, Float64Array]:
        observed = self.flows.observed
        return {
            name: deviation_of_changes(series[: self.observed], observed, self.flows.calendar.cycle)
            for name, series in self.statistics.items()
        }

    @cached_property
    def _error(self) -> dict[str, Float64Array]:
        actual, made = self._of(self.held_out.actual), self._of(self.held_out.forecast)
        judged = self.held_out.judged[..., None]
        return {
            name: deviation_of_errors(np.where(judged, actual[name], np.nan), made[name])
            for name in STATISTICS
        }

    def ranks(self, step: int) -> dict[str, Ranks]:
        """Ranks of the cities by each of STATISTICS, with intervals from resampling.

        Observed: the users of every corridor drawn anew, or, where the data do not tell users, each city's
        statistic moved by its own usual change. Ahead: moved by the model's own error over the test.
        """
        # A generator of its own: one period's intervals do not hang on which others are shown.
        generator = np.random.default_rng([self.seed, step])
        values = {name: series[step] for name, series in self.statistics.items()}
        if step < self.observed and self.users is not None:
            counts = np.nan_to_num(self.counts[step])
            batches = [self._of(batch) for batch in resampled_counts(counts, self.users[step], generator)]
            draws = {name: np.concatenate([batch[name] for batch in batches]) for name in STATISTICS}
            return {name: rank_intervals(values[name], draws[name]) for name in STATISTICS}
        ahead = step - self.observed
        deviation = self._deviation if ahead < 0 else {n: each[ahead] for n, each in self._error.items()}
        return {
            name: rank_intervals(values[name], normal_draws(values[name], deviation[name], generator))
            for name in STATISTICS
        }


def shown_periods(timeline: Timeline) -> tuple[Shown, ...]:
    """Everything about the periods of the picker."""
    shown: list[Shown] = []
    for step in timeline.steps:
        shown.append(_shown(timeline, step, shown[-1] if shown else None))
    return tuple(shown)


def _shown(timeline: Timeline, step: int, previous: Shown | None) -> Shown:
    ahead = step - timeline.observed + 1
    counts, share = timeline.counts[step], shares(timeline.counts[step])
    ranks = timeline.ranks(step)
    attraction = timeline.statistics[ATTRACTION][step]
    last = timeline.before(step, 1)
    then = None if last is None else timeline.counts[last]
    upcoming = max(step + 1, timeline.observed)
    expected = timeline.counts[upcoming] if upcoming < len(timeline.counts) else None
    cycle = timeline.flows.calendar.cycle
    year_ago = timeline.before(step, cycle) if cycle > 1 else None
    basis, dials = _dials(timeline, step, ranks, previous)
    return Shown(
        period=timeline.label(step),
        ahead=max(ahead, 0),
        total=significant(float(share.total)),
        index=_ranking(scaled(attraction), ranks[ATTRACTION], 4),
        inflow=known(share.inflow),
        outflow=known(share.outflow),
        dials=dials,
        basis=basis,
        corridors=tuple(
            (i, j, significant(float(counts[i, j]))) for i, j in largest_corridors(counts, CORRIDORS)
        ),
        sources=_partners(counts, then, expected),
        destinations=_partners(
            counts.T, None if then is None else then.T, None if expected is None else expected.T
        ),
        next_period=None if expected is None else timeline.label(upcoming),
        since=None if last is None else _changes(timeline, step, last),
        cycle_ago=None if year_ago is None else _changes(timeline, step, year_ago),
    )


def _dials(
    timeline: Timeline, step: int, ranks: dict[str, Ranks], previous: Shown | None
) -> tuple[Basis, dict[str, Ranking]]:
    ahead = step - timeline.observed
    if ahead < 0:
        values = {name: timeline.statistics[name][step] for name in VARIABLES}
        return "observed", {name: _ranking(values[name], ranks[name], 4) for name in VARIABLES}
    said = timeline.outlook
    if said is None:
        return "last observed", {} if previous is None else previous.dials
    return "forecast", {
        name: Ranking(
            value=known(said.value[name][ahead], 4),
            rank=known(said.rank[name][ahead]),
            low=known(said.rank_low[name][ahead]),
            high=known(said.rank_high[name][ahead]),
            tied=(False,) * len(timeline.flows.regions),
        )
        for name in VARIABLES
        if name in said.rank
    }


def _ranking(values: Float64Array, ranks: Ranks, digits: int) -> Ranking:
    return Ranking(
        value=known(values, digits),
        rank=known(ranks.rank),
        low=known(ranks.low),
        high=known(ranks.high),
        tied=tuple(bool(tied) for tied in ranks.tied),
    )


def _partners(
    counts: Float64Array, then: Float64Array | None, expected: Float64Array | None
) -> tuple[tuple[Partner, ...], ...]:
    most, digits = _PARTNERS[len(counts) > _MANY_CITIES]

    def at(matrix: Float64Array | None, i: int, j: int) -> float | None:
        return None if matrix is None or np.isnan(matrix[i, j]) else significant(float(matrix[i, j]), digits)

    return tuple(
        tuple((i, significant(float(counts[i, j]), digits), at(then, i, j), at(expected, i, j)) for i in rows)
        for j, rows in enumerate(largest_partners(counts, most))
    )


def _changes(timeline: Timeline, step: int, earlier: int) -> Changes:
    now, then = timeline.counts[step], timeline.counts[earlier]
    share = shares(then)
    change = now - then

    def movers(matrix: Float64Array) -> tuple[tuple[tuple[int, float], ...], ...]:
        return tuple(
            tuple((i, significant(float(matrix[i, j]))) for i in rows)
            for j, rows in enumerate(largest_changes(matrix))
        )

    ranks: Values = known(ranked(timeline.statistics[ATTRACTION][earlier]))
    return Changes(
        period=timeline.label(earlier),
        inflow=known(share.inflow),
        outflow=known(share.outflow),
        rank=ranks,
        sources=movers(change),
        destinations=movers(change.T),
    )
