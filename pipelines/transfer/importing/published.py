"""The day an article was published, or why it is not known; never a guess."""

import re
from datetime import date, datetime

REASONS = ("empty", "broken", "out_of_range")

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAY_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\S+")


def published(cell: object, first: date, last: date) -> tuple[date | None, str | None]:
    """The day that a cell says by ISO 8601, as written (time and zone are passed over), or one of REASONS.

    8/11/18 is broken: it is a day in August to some and in November to others.
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None, "empty"
    day = _day(cell)
    if day is None:
        return None, "broken"
    return (day, None) if first <= day <= last else (None, "out_of_range")


def _day(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    written = cell.strip() if isinstance(cell, str) else ""
    try:
        if _DAY.fullmatch(written):
            return date.fromisoformat(written)
        if _DAY_AND_TIME.fullmatch(written):
            return datetime.fromisoformat(written).date()
    except ValueError:
        return None
    return None
