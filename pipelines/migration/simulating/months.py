"""The calendar months of a run, and the days of them that are observed."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.config.migration import Period

_BY_WEEKDAY = np.array([1.15, 1.2, 1.15, 1.1, 1.0, 0.75, 0.65])  # Monday first
_BY_HOUR_IN_CHINA = np.array(
    [6, 3, 2, 1, 1, 2, 5, 11, 22, 31, 32, 27, 22, 24, 28, 28, 26, 22, 20, 24, 29, 30, 24, 13], float
)
_HOURS_AHEAD = 8
_DAY = 24 * 3600


@dataclass(frozen=True)
class Month:
    """One month; `days` are the observed ones (1 is the first)."""

    year: int
    month: int
    days: tuple[int, ...]

    @property
    def label(self) -> str:
        """2021-03."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def share(self) -> float:
        """Observed part of the month, by days."""
        return len(self.days) / _length(self.year, self.month)

    def seconds(self, number: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """Times of so many queries, in seconds from the month's start (UTC), by weekday and hour in China."""
        weekdays = [dt.date(self.year, self.month, day).weekday() for day in self.days]
        day = _drawn(_BY_WEEKDAY[weekdays], number, rng)
        hour = _drawn(np.roll(_BY_HOUR_IN_CHINA, -_HOURS_AHEAD), number, rng)
        start = (np.array(self.days)[day] - 1) * _DAY + hour * 3600
        seconds: NDArray[np.int32] = (start + rng.integers(3600, size=number)).astype(np.int32)
        return seconds

    @property
    def end(self) -> int:
        """Seconds from the month's start to the end of its last observed day."""
        return self.days[-1] * _DAY


def months_of(period: Period) -> list[Month]:
    """The months that have an observed day, in order."""
    calendar, observed = period.calendar, set(period.observed)
    day, days = dt.date(int(period.first[:4]) - 1, 12, 1), dict[tuple[int, int], list[int]]()
    while day.year <= int(period.last[:4]) + 1:
        if calendar.containing(day) in observed:
            days.setdefault((day.year, day.month), []).append(day.day)
        day += dt.timedelta(days=1)
    return [Month(year, month, tuple(found)) for (year, month), found in days.items()]


def _drawn(weights: NDArray[np.float64], number: int, rng: np.random.Generator) -> NDArray[np.int64]:
    bounds = np.cumsum(weights)
    at: NDArray[np.int64] = np.searchsorted(bounds, rng.random(number) * bounds[-1], side="right")
    return at


def _length(year: int, month: int) -> int:
    return (dt.date(year + month // 12, month % 12 + 1, 1) - dt.date(year, month, 1)).days
