import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.period import CYCLE, Calendar

DAYS = st.dates(dt.date(1000, 1, 1), dt.date(9000, 1, 1))


@given(st.sampled_from(sorted(CYCLE)), DAYS)
def test_ordinal_and_label_are_inverse(unit, day):
    calendar = Calendar(unit)
    ordinal = calendar.containing(day)
    assert calendar.ordinal(calendar.label(ordinal)) == ordinal


@given(st.sampled_from(sorted(CYCLE)), DAYS)
def test_labels_sort_as_periods_do_and_seasons_go_round(unit, day):
    calendar = Calendar(unit)
    ordinal = calendar.containing(day)
    assert calendar.label(ordinal) < calendar.label(ordinal + 1)
    assert (calendar.season(ordinal) + 1) % calendar.cycle == calendar.season(ordinal + 1)


@given(st.sampled_from(sorted(CYCLE)), DAYS)
def test_the_day_after_is_in_the_same_period_or_the_next(unit, day):
    calendar = Calendar(unit)
    assert calendar.containing(day + dt.timedelta(1)) - calendar.containing(day) in {0, 1}


@pytest.mark.parametrize(
    ("unit", "label", "season"),
    [("day", "2020-01-06", 0), ("month", "2020-03", 2), ("quarter", "1997Q1", 0), ("year", "1998", 0)],
)
def test_a_season_counts_from_monday_january_and_the_first_quarter(unit, label, season):
    assert Calendar(unit).season(Calendar(unit).ordinal(label)) == season


@pytest.mark.parametrize(
    ("unit", "label"), [("month", "2020Q1"), ("quarter", "2020-01"), ("day", "2020"), ("year", "")]
)
def test_a_label_of_another_unit_is_refused(unit, label):
    with pytest.raises(ValueError, match=f"is not a {unit}"):
        Calendar(unit).ordinal(label)
