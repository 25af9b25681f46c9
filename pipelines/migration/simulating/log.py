"""A search engine's log, drawn month by month."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.config.simulate import SimulateSource
from pipelines.migration.simulating.choices import Choices
from pipelines.migration.simulating.cities import City
from pipelines.migration.simulating.columns import coded, hexadecimal, iso, running
from pipelines.migration.simulating.months import Month
from pipelines.migration.simulating.phrase_file import read_phrases
from pipelines.migration.simulating.phrases_of_run import Phrases
from pipelines.migration.simulating.rows import KINDS, Rows
from pipelines.migration.simulating.sample import ADDED, IN_PLACE, QUERIES, Sample
from pipelines.migration.simulating.spoil import Spoiler
from pipelines.migration.simulating.users import Users, UsersOfMonth

_STREAM = 1  # of random numbers, beside that of the planted truth
_NO_INTENTION = ("bot", "malformed", "wrong_type", "out_of_range")
_ABOUT_HOME = 0.6  # of the other searches that name a place
_HOSTS = ("work", "other")

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class MonthOfLog:
    """What a month's two files hold, row by row in the same order."""

    month: Month
    queries: pa.Table
    gold: pa.Table


class Log:
    """A simulated log; iterating draws one month after the other and keeps none.

    Every user of a month looks for work in one city at most, so the job rows' distinct users of a cell are
    Poisson around its planted people times penetration times the sample's rate.
    """

    def __init__(
        self, source: SimulateSource, cities: list[City], months: list[Month], sample: Sample, seed: int
    ) -> None:
        self._source, self._cities, self._months, self._sample, self._seed = (
            source,
            cities,
            months,
            sample,
            seed,
        )
        self._phrases = Phrases(cities)
        self._users = Users((sample.seekers.sum(axis=2) + sample.others).max(axis=0), seed)
        hosts = read_phrases("hosts")
        self._hosts = pa.array(sorted({host for sort in hosts.values() for host in sort} - {"none"}))
        number = {host: at for at, host in enumerate(self._hosts.to_pylist())} | {"none": -1}
        self._host = Choices(
            [{number[host]: share for host, share in hosts[sort].items()} for sort in _HOSTS]
        )
        self._codes = pa.array([city.adcode for city in cities])
        self._spoiler = Spoiler({city.adcode: city.name for city in cities})

    def __iter__(self) -> Iterator[MonthOfLog]:
        for t, month in enumerate(self._months):
            yield self._month(t, month)

    def _month(self, t: int, month: Month) -> MonthOfLog:
        rng = np.random.default_rng([self._seed, _STREAM, month.year, month.month])
        users = self._users.month(rng)
        seekers = self._seekers(t, month, users, rng)
        parts = [seekers, *self._others(t, month, users, rng), *self._added(t, month, users, rng)]
        parts.append(self._repeats(t, month, seekers, rng))
        parts.append(self._bots(t, month, users, rng))
        rows = Rows.stack(parts)
        kinds = np.array(KINDS)[rows.kind]
        numbers = running(month, len(rows))
        columns = {
            "user_hash": hexadecimal(rows.user),
            "ts": iso(month, rows.second),
            "origin": coded(self._codes, rows.origin),
            "text": self._phrases.spell(rows.pieces),
        }
        self._spoiler.spoil(columns, kinds, month, rng)
        hosts = coded(self._hosts, rows.host)
        told = np.where(np.isin(kinds, _NO_INTENTION), -1, rows.destination).astype(np.int32)
        gold = {
            "query_id": numbers,
            "kind": pa.array(KINDS).take(pa.array(rows.kind)),
            "destination": coded(self._codes, told),
            "held_back": rows.held_back,
        }
        return MonthOfLog(
            month, pa.table({"query_id": numbers, **columns, "clicked_host": hosts}), pa.table(gold)
        )

    def _seekers(self, t: int, month: Month, users: UsersOfMonth, rng: np.random.Generator) -> Rows:
        number = rng.poisson(self._sample.seekers[t])
        origin, destination = (
            np.repeat(at, number.ravel()).astype(np.int32) for at in np.indices(number.shape).reshape(2, -1)
        )
        queries = 1 + np.searchsorted(np.cumsum(QUERIES)[:-1], rng.random(len(origin)), side="right")
        user = np.repeat(users.new(origin), queries)
        return self._rows(
            "job", month, np.repeat(origin, queries), np.repeat(destination, queries), user, rng
        )

    def _others(self, t: int, month: Month, users: UsersOfMonth, rng: np.random.Generator) -> Iterator[Rows]:
        number = rng.poisson(self._sample.others[t])
        origin = np.repeat(np.arange(len(number), dtype=np.int32), number)
        user = users.new(origin)
        share = [self._sample.in_place[kind][t] for kind in IN_PLACE]
        sort = np.searchsorted(np.cumsum(share), rng.random(len(origin)), side="right")
        for at, kind in enumerate((*IN_PLACE, "background")):
            mine = sort == at
            place = origin[mine]
            if kind == "background":
                away = rng.random(len(place)) > _ABOUT_HOME
                place[away] = rng.integers(len(number), size=int(away.sum()))
            yield self._rows(kind, month, origin[mine], place, user[mine], rng)

    def _added(self, t: int, month: Month, users: UsersOfMonth, rng: np.random.Generator) -> Iterator[Rows]:
        bounds = np.cumsum(self._sample.seekers[t].ravel())
        for kind in ADDED:
            number = rng.poisson(self._sample.added[kind][t])
            cell = np.sort(np.searchsorted(bounds, rng.random(number) * bounds[-1], side="right"))
            origin, destination = (end.astype(np.int32) for end in np.divmod(cell, len(self._cities)))
            yield self._rows(kind, month, origin, destination, users.new(origin), rng)

    def _repeats(self, t: int, month: Month, seekers: Rows, rng: np.random.Generator) -> Rows:
        number = rng.poisson(self._sample.added["repeat"][t])
        again = seekers.take(rng.integers(len(seekers), size=number if len(seekers) else 0))
        later = again.second + rng.random(len(again)) * (month.end - again.second)
        kind = np.full(len(again), KINDS.index("repeat"), np.int8)
        return Rows(
            kind,
            again.origin,
            again.destination,
            again.user,
            later.astype(np.int32),
            again.held_back,
            again.host,
            again.pieces,
        )

    def _bots(self, t: int, month: Month, users: UsersOfMonth, rng: np.random.Generator) -> Rows:
        bursts, each = int(self._sample.bursts[t]), self._sample.burst
        home = np.sort(rng.integers(len(self._cities), size=bursts)).astype(np.int32)
        user = np.repeat(users.new(home), each)
        place = rng.integers(len(self._cities), size=bursts * each).astype(np.int32)
        rows = self._rows("bot", month, np.repeat(home, each), place, user, rng)
        start = np.minimum(month.seconds(bursts, rng), month.end - 4 * each)
        second = np.repeat(start, each) + np.cumsum(rng.integers(1, 4, (bursts, each)), axis=1).ravel()
        return Rows(
            rows.kind,
            rows.origin,
            rows.destination,
            rows.user,
            second.astype(np.int32),
            rows.held_back,
            rows.host,
            rows.pieces,
        )

    def _rows(
        self,
        kind: str,
        month: Month,
        origin: Ints,
        place: Ints,
        user: NDArray[np.uint64],
        rng: np.random.Generator,
    ) -> Rows:
        number = len(origin)
        held_back = rng.random(number) < self._source.held_back
        sort = kind if kind in self._phrases.sorts else "job"
        pieces = self._phrases.write(sort, held_back, place, rng)
        if kind == "ambiguous":
            destination = self._phrases.meant(pieces, origin)
        else:
            destination = place if sort == "job" else np.full(number, -1, np.int32)
        site = np.full(number, _HOSTS.index("other" if kind in {"background", "employer"} else "work"))
        return Rows(
            np.full(number, KINDS.index(kind), np.int8),
            origin,
            destination,
            user,
            month.seconds(number, rng),
            held_back,
            self._host.draw(site, rng),
            pieces,
        )
