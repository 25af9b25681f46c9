import numpy as np
import pytest

from modules.period import Calendar
from pipelines.migration.importing.periods import PeriodError, read_periods
from pipelines.tables.table import Coded


def _columns(*columns: list[str]) -> list[Coded]:
    return [Coded(np.arange(len(column), dtype=np.int32), column) for column in columns]


@pytest.mark.parametrize(
    ("unit", "columns", "labels"),
    [
        ("day", [["20200101", "2020-01-02"]], ["2020-01-01", "2020-01-02"]),
        ("day", [["2020", "2020"], ["1", "02"], ["31", "1"]], ["2020-01-31", "2020-02-01"]),
        ("week", [["2020-01-01", "2020-01-06"]], ["2019-12-30", "2020-01-06"]),
        ("week", [["2020", "2020"], ["1", "02"]], ["2019-12-30", "2020-01-06"]),
        ("month", [["2020-01", "202002"]], ["2020-01", "2020-02"]),
        ("month", [["2020", "2020"], ["1", "02"]], ["2020-01", "2020-02"]),
        ("month", [["2020-01-01 00:00:00", "2020-02-01T00:00:00Z"]], ["2020-01", "2020-02"]),
        ("quarter", [["2020Q1", "2020-Q2"]], ["2020Q1", "2020Q2"]),
        ("quarter", [["2020", "2020"], ["1", "Q2"]], ["2020Q1", "2020Q2"]),
        ("quarter", [["2020-03-31", "2020-04-01"]], ["2020Q1", "2020Q2"]),
        ("year", [["1998", "1999"]], ["1998", "1999"]),
        ("year", [["19980101", "19991231"]], ["1998", "1999"]),
    ],
)
def test_a_period_is_read_in_every_unit(unit, columns, labels):
    calendar = Calendar(unit)
    periods = read_periods(_columns(*columns), calendar)
    assert [calendar.label(int(ordinal)) for ordinal in periods.ordinal] == labels


@pytest.mark.parametrize(
    ("unit", "columns"),
    [
        ("day", [["2020-01-01", "2020-02-30"]]),
        ("day", [["2020-01-01", "01/02/2020"]]),
        ("day", [["2020-01-01", "1577836800000000000"]]),
        ("month", [["2020-01", "2020-13"]]),
        ("month", [["2020", "2020"], ["1", "13"]]),
        ("month", [["2020", "2020"], ["1", "May"]]),
        ("quarter", [["2020Q1", "2020Q5"]]),
        ("quarter", [["2020", "2020"], ["1", "0"]]),
        ("week", [["2020", "2020"], ["1", "54"]]),
        ("year", [["1998", "98"]]),
    ],
)
def test_what_is_no_period_is_refused_with_its_row(unit, columns):
    with pytest.raises(PeriodError, match=columns[-1][1]) as caught:
        read_periods(_columns(*columns), Calendar(unit))
    assert caught.value.row == 1


def test_a_year_alone_takes_one_column():
    with pytest.raises(PeriodError, match="2 columns make no year"):
        read_periods(_columns(["2020"], ["1"]), Calendar("year"))


def test_equal_dates_have_equal_keys_however_written():
    keys = read_periods(_columns(["20200101", "2020-01-01", "2020-01-02"]), Calendar("month")).key
    assert keys[0] == keys[1] != keys[2]
