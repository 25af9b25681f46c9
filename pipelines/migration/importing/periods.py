"""From the period columns of a table to counted periods."""

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modules.period import Calendar
from pipelines.tables.table import Coded

_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[T ][0-9:.,Z+-]*)?")


class PeriodError(ValueError):
    """A period that cannot be read, and the first row in which it stands."""

    def __init__(self, row: int, message: str) -> None:
        """Keep the row, counted from 0."""
        super().__init__(message)
        self.row = row


@dataclass(frozen=True)
class Periods:
    """Per row the period, and a finer key: the day for dates, so that only equal dates are duplicates."""

    ordinal: NDArray[np.int32]
    key: NDArray[np.int32]


def read_periods(parts: list[Coded], calendar: Calendar) -> Periods:
    """Count the periods that one or several columns, largest unit first, write.

    Raises:
        PeriodError: at the first row that does not name a period.
    """
    codes = parts[0].codes.astype(np.int64)
    for part in parts[1:]:
        codes = codes * len(part.texts) + part.codes
    distinct, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    ordinal, key = np.empty(len(distinct), np.int32), np.empty(len(distinct), np.int32)
    for at in np.argsort(first):
        texts = [part.texts[part.codes[first[at]]] for part in parts]
        try:
            ordinal[at], key[at] = _period(texts, calendar)
        except ValueError as error:
            raise PeriodError(int(first[at]), str(error)) from error
    return Periods(ordinal[inverse], key[inverse])


def _period(texts: list[str], calendar: Calendar) -> tuple[int, int]:
    try:
        text = texts[0] if len(texts) == 1 else _joined(texts, calendar)
        date = _DATE.fullmatch(text)
        day = None if date is None else dt.date(*(int(part) for part in date.groups()))
    except ValueError as error:
        raise ValueError(f"{calendar.refusal(', '.join(texts))}: {error}") from error
    if day is not None:
        return calendar.containing(day), day.toordinal()
    ordinal = calendar.ordinal(text)
    return ordinal, -1 - ordinal


def _joined(texts: list[str], calendar: Calendar) -> str:
    match calendar.unit, texts:
        case "quarter", [year, quarter]:
            return f"{year}Q{int(quarter.removeprefix('Q'))}"
        case "month", [year, month]:
            return f"{year}-{int(month):02d}"
        case "week", [year, week]:
            return dt.date.fromisocalendar(int(year), int(week), 1).isoformat()
        case _, [year, month, day]:
            return f"{year}-{int(month):02d}-{int(day):02d}"
    msg = f"{len(texts)} columns make no {calendar.unit}; name year and {calendar.unit}, or one column"
    raise ValueError(msg)
