"""When something happened, as a text puts it, to a month, a year or UNKNOWN."""

import re
from calendar import month_name
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import dateparser  # type: ignore[import-untyped]

Precision = Literal["month", "year", "unknown"]


@dataclass(frozen=True)
class Period:
    """A month, a year, or neither."""

    text: str | None
    """`2015-03` or `2015`."""
    precision: Precision
    inferred: bool = False
    """Whether the date of the article was needed."""

    @property
    def year(self) -> int | None:
        """The year, where there is one."""
        return int(self.text[:4]) if self.text else None


UNKNOWN = Period(None, "unknown")

_MONTHS = {
    name[:length].lower(): number
    for number, name in enumerate(month_name)
    for length in {3, 4 if name == "September" else 3, len(name)}
    if name
}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""Month that each begins in, in the north."""
_SEASON_MONTHS = 3
_YEAR = r"(?P<year>[12]\d{3})"
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?:\d{1,2}(?:st|nd|rd|th)?)"
_TO = r"\s*(?:-|\u2013|—|\bto\b|\bthrough\b|\band\b|\buntil\b|\btill\b)\s*"

_NO_POINT = re.compile(
    r"\bcentur|\bdecades?\b|\b\d{2,4}['\u2019]?s\b|\bb\.?c\b|\bb\.?c\.?e\b|\bage[ds]?\b|\byears? old\b|"
    r"\b(?:later|earlier than|before|after|afterwards?|until|till|following|previous|same|next)\b"
)
"""Spans of many years, ages, and what hangs on another time in the story and not on the article's date."""
_ISO = re.compile(
    r"(?P<year>[12]\d{3})-(?P<number>0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?(?:t[\d:.z+-]*)?$"
)
_NUMERIC = re.compile(r"(?P<first>\d{1,2})[/.](?P<second>\d{1,2})[/.](?P<year>[12]\d{3})$")
_MONTH_YEAR = re.compile(rf"\b{_MONTH}(?:\s*{_DAY}(?:{_TO}{_DAY})?)?(?:\s*,)?\s*(?:of\s+)?{_YEAR}\b")
_MONTH_RANGE = re.compile(
    rf"\b{_MONTH}(?:\s*{_DAY})?{_TO}(?:(?:{'|'.join(_MONTHS)})\b\.?)(?:\s*{_DAY})?(?:\s*,)?\s*{_YEAR}\b"
)
_ANY_YEAR = re.compile(rf"(?<![\d.,$£€-]){_YEAR}(?![\d,.]\d)")
_OLD_YEAR = re.compile(r"(?:in |year |ad |a\.d\. )*(?P<year>[1-9]\d{2})(?: ad| a\.d\.| ce)?$")
_ONLY_MONTH = re.compile(
    r"(?:on |in |during |by |since |early |late |mid-?|earlier |late in |early in )*"
    rf"(?P<which>this |last |this past )?{_MONTH}(?:\s*{_DAY}(?:{_TO}{_DAY})?)?$|"
    rf"{_DAY}\s+(?:of\s+)?(?P<month2>{'|'.join(_MONTHS)})$"
)
_SEASON = re.compile(
    r"(?:in |during |over |the |early |late )*(?P<which>this |last |this past |past )"
    r"(?P<season>spring|summer|autumn|fall|winter)$"
)
_UNIT = re.compile(
    r"(?:in |during |early |late |earlier |later )*"
    r"(?P<which>this|last|the past|past) (?P<unit>year|month|week)$"
)
_AGO = re.compile(
    r"(?:about |around |nearly |almost |some |roughly |just |only |more than |over )*"
    r"(?P<count>an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2}) "
    r"(?P<unit>year|month|week|day)s? ago$"
)
_DAYS = re.compile(
    r"(?:on |late |early |earlier |last )*"
    r"(?P<day>yesterday|today|tonight|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"(?: (?:morning|afternoon|evening|night))?$"
)


def when(mention: str, published: date | None = None) -> Period:
    """The month or the year that a mention of time means.

    A year that the mention says is taken from it. Without one, it is counted from the day of the article, or
    UNKNOWN. Ranges take their start; decades, centuries, ages and durations are UNKNOWN, as is what is told
    from another moment of the story ("two years later"): the article's date says nothing of that.
    """
    said = re.sub(r"\s+", " ", mention.strip().lower()).strip(" ,;.()")
    return _said(said) or (_counted(said, published) if published else None) or UNKNOWN


def _said(said: str) -> Period | None:
    """A period that needs no article: its year stands in the mention."""
    if iso := _ISO.match(said):
        return _month(int(iso["year"]), int(iso["number"]))
    if numeric := _NUMERIC.match(said):
        return _numeric(int(numeric["first"]), int(numeric["second"]), int(numeric["year"]))
    plain = re.sub(r"\b[12]\d{3}['\u2019]?s\b", " ", said)
    if re.search(r"\bb\.?c", plain):
        return None
    in_months = min(
        filter(None, (_MONTH_YEAR.search(plain), _MONTH_RANGE.search(plain))),
        key=re.Match.start,
        default=None,
    )
    year = _ANY_YEAR.search(plain) or _OLD_YEAR.match(plain)
    if in_months and not (year and year.start() < in_months.start()):
        return _month(int(in_months["year"]), _MONTHS[in_months["month"]])
    return Period(f"{int(year['year']):04}", "year") if year else None


def _numeric(first: int, second: int, year: int) -> Period | None:
    """13/12/2015: a month only where one order alone is possible, or both are the same."""
    months = {month for month, day in ((first, second), (second, first)) if _is_day(year, month, day)}
    return (
        _month(year, months.pop()) if len(months) == 1 else Period(f"{year:04}", "year") if months else None
    )


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _month(year: int, month: int, *, inferred: bool = False) -> Period:
    return Period(f"{year:04}-{month:02}", "month", inferred)


def _counted(said: str, published: date) -> Period | None:
    """A period that is told from the article's day."""
    if _NO_POINT.search(said):
        return None
    for pattern, count in _COUNTED:
        if told := pattern.match(said):
            return count(told, published)
    return None


def _of_month(told: re.Match[str], published: date) -> Period:
    """The latest month of that name; "last" is not the month of the article itself."""
    month = _MONTHS[told["month"] or told["month2"]]
    is_past = month < published.month or (month == published.month and told["which"] != "last ")
    return _month(published.year - (not is_past), month, inferred=True)


def _of_season(told: re.Match[str], published: date) -> Period:
    """The year in which the season began: this one's, or that of the latest that is over."""
    begins = _SEASONS[told["season"]]
    year = published.year
    if begins > published.month:
        year -= 1
    if told["which"] == "last " and (published.year - year) * 12 + published.month - begins < _SEASON_MONTHS:
        year -= 1
    return Period(f"{year:04}", "year", inferred=True)


def _of_unit(told: re.Match[str], published: date) -> Period:
    is_last = told["which"] == "last"
    if told["unit"] == "year":
        return Period(f"{published.year - is_last:04}", "year", inferred=True)
    return _parsed(f"{'1' if is_last else '0'} {told['unit']}s ago", published)


def _of_ago(told: re.Match[str], published: date) -> Period | None:
    period = _parsed(f"{told['count']} {told['unit']}s ago", published)
    return Period(f"{period.year:04}", "year", inferred=True) if told["unit"] == "year" else period


def _of_day(told: re.Match[str], published: date) -> Period:
    return _parsed("today" if told["day"] == "tonight" else told["day"], published)


def _parsed(phrase: str, published: date) -> Period:
    """What dateparser makes of a phrase that it reads soundly."""
    base = datetime.combine(published, datetime.min.time())
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "past"}
    found = dateparser.parse(phrase, languages=["en"], settings=settings)
    return _month(found.year, found.month, inferred=True) if found else UNKNOWN


_COUNTED: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Period | None]], ...] = (
    (_ONLY_MONTH, _of_month),
    (_SEASON, _of_season),
    (_UNIT, _of_unit),
    (_AGO, _of_ago),
    (_DAYS, _of_day),
)
