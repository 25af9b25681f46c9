from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.transfer.times import UNKNOWN, Period, when

PUBLISHED = date(2015, 3, 10)
MONTH_NAMES = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))

TOLD = {
    "2015-03-04": "2015-03",
    "13/12/2015": "2015-12",
    "3/4/2015": "2015",
    "4/4/2015": "2015-04",
    "March 2015": "2015-03",
    "Sept. 3, 2014": "2014-09",
    "the 12th of March 2014": "2014-03",
    "10 January 1856": "1856-01",
    "the summer of 1877": "1877",
    "early 2015": "2015",
    "822": "0822",
    "1953 to 1954": "1953",
    "1848\u20131850": "1848",
    "June 1953 to May 1954": "1953-06",
    "between March and June 2015": "2015-03",
    "December 2014 and January 2015": "2014-12",
    "the 2015-16 season": "2015",
}
COUNTED = {
    "last year": "2014",
    "this year": "2015",
    "last summer": "2014",
    "this winter": "2014",
    "in March": "2015-03",
    "last March": "2014-03",
    "April": "2014-04",
    "March 12": "2015-03",
    "two years ago": "2013",
    "three months ago": "2014-12",
    "about a year ago": "2014",
    "last month": "2015-02",
    "last week": "2015-03",
    "yesterday": "2015-03",
    "last Tuesday night": "2015-03",
}
NEVER = (
    "the 1980s",
    "the mid-1990s",
    "the 19th century",
    "432 BC",
    "a decade ago",
    "a few years ago",
    "two years later",
    "the following year",
    "the same year",
    "next year",
    "age 43",
    "43 years",
    "recently",
    "",
    "$1,200",
)


@pytest.mark.parametrize(("mention", "period"), TOLD.items())
def test_a_time_that_is_told_needs_no_article(mention: str, period: str) -> None:
    for published in (None, PUBLISHED):
        found = when(mention, published)
        assert found == Period(period, "year" if len(period) == 4 else "month", inferred=False)


@pytest.mark.parametrize(("mention", "period"), COUNTED.items())
def test_a_relative_time_is_counted_from_the_article_alone_and_flagged(mention: str, period: str) -> None:
    assert when(mention, PUBLISHED) == Period(period, "year" if len(period) == 4 else "month", inferred=True)
    assert when(mention) == UNKNOWN


@pytest.mark.parametrize("mention", NEVER)
def test_what_is_no_point_in_time_stays_unknown(mention: str) -> None:
    assert when(mention, PUBLISHED) == UNKNOWN


@given(day=DAYS, published=st.none() | DAYS)
def test_a_whole_date_gives_its_month_however_it_is_written(day: date, published: date | None) -> None:
    month = MONTH_NAMES[day.month - 1]
    for mention in (
        day.isoformat(),
        f"{month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month} {day.year}",
        f"on {month[:3]}. {day.day} {day.year}",
    ):
        assert when(mention, published) == Period(f"{day:%Y-%m}", "month")
    assert when(str(day.year), published) == Period(str(day.year), "year")


@given(month=st.integers(1, 12), published=DAYS)
def test_a_month_alone_is_the_latest_one_of_its_name(month: int, published: date) -> None:
    found = when(f"in {MONTH_NAMES[month - 1]}", published)
    assert found.text is not None
    year = published.year - (month > published.month)
    assert found == Period(f"{year:04}-{month:02}", "month", inferred=True)


@given(text=st.text(max_size=40), published=st.none() | DAYS)
def test_any_text_gives_a_well_formed_period_that_is_not_after_the_article(
    text: str, published: date | None
) -> None:
    found = when(text, published)
    assert (found.text is None) == (found.precision == "unknown")
    if found.inferred:
        assert published is not None
        assert found.text is not None
        assert found.text <= f"{published + timedelta(days=1):%Y-%m}"
