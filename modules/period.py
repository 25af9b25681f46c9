"""Periods: equal steps of time, counted by an ordinal and written as a sortable label."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["day", "week", "month", "quarter", "year"]

CYCLE: dict[Unit, int] = {"day": 7, "week": 1, "month": 12, "quarter": 4, "year": 1}
"""Periods in the calendar cycle that a unit can show: weekdays, months, quarters (weeks, years: none)."""

_DAYS_A_WEEK = 7
_LABEL: dict[Unit, str] = {
    "day": r"(\d{4})-?(\d{2})-?(\d{2})",
    "week": r"(\d{4})-?(\d{2})-?(\d{2})",
    "month": r"(\d{4})-?(\d{2})(?:-?01)?",
    "quarter": r"(\d{4})-?Q([1-4])",
    "year": r"(\d{4})",
}


@dataclass(frozen=True)
class Calendar:
    """Counts periods of one unit: `ordinal` and `label` are inverse, neighbours differ by one.

    A week is named by its Monday, so 2020-01-01 and 2020-01-03 are the same week, 2019-12-30.
    """

    unit: Unit

    @property
    def cycle(self) -> int:
        """Periods in one calendar cycle (1: none)."""
        return CYCLE[self.unit]

    def ordinal(self, label: str) -> int:
        """Number of the period that `label` (2020-01-31, 20200131, 2020-01, 1997Q1, 1998) lies in.

        Raises:
            ValueError: if `label` is not a period of this unit; says how to write one.
        """
        try:
            return self._ordinal(label.strip())
        except ValueError as error:
            raise ValueError(self.refusal(label)) from error

    def refusal(self, label: str) -> str:
        """What to say of a label that is no period of this unit."""
        return f"{label!r} is not a {self.unit} (write it like {self.label(self._example)})"

    def _ordinal(self, label: str) -> int:
        match = re.fullmatch(_LABEL[self.unit], label)
        if match is None:
            raise ValueError(label)
        parts = [int(part) for part in match.groups()]
        if self.unit == "quarter":
            return 4 * parts[0] + parts[1] - 1
        return parts[0] if self.unit == "year" else self.containing(dt.date(*parts, *[1] * (3 - len(parts))))

    def containing(self, day: dt.date) -> int:
        """Number of the period that a day lies in."""
        if self.unit == "month":
            return 12 * day.year + day.month - 1
        if self.unit == "quarter":
            return 4 * day.year + (day.month - 1) // 3
        if self.unit == "year":
            return day.year
        return day.toordinal() if self.unit == "day" else (day.toordinal() - 1) // _DAYS_A_WEEK

    def label(self, ordinal: int) -> str:
        """Sortable label of a period."""
        if self.unit in {"day", "week"}:
            days = ordinal if self.unit == "day" else ordinal * _DAYS_A_WEEK + 1
            return dt.date.fromordinal(days).isoformat()
        if self.unit == "month":
            return f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"
        return f"{ordinal // 4:04d}Q{ordinal % 4 + 1}" if self.unit == "quarter" else f"{ordinal:04d}"

    def season(self, ordinal: int) -> int:
        """Position of a period in its calendar cycle, 0 <= season < cycle."""
        return (ordinal - 1 if self.unit == "day" else ordinal) % self.cycle

    @property
    def _example(self) -> int:
        day = dt.date(2020, 1, 6).toordinal()
        return {"day": day, "week": (day - 1) // 7, "month": 24240, "quarter": 8080, "year": 2020}[self.unit]
