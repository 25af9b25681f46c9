"""From texts to typed rows; what cannot be read goes to quarantine with the reason."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from modules.migration.period import Unit
from pipelines.migration.extracting.rules import REASONS

COLUMNS = ("query_id", "user", "time", "origin", "text")
"""Of a raw row: texts or null."""

EARLIEST, LATEST = 1995, 2099
"""Years in which a search can have been made."""
SHOWN = 80
"""Letters of an offending value that quarantine keeps."""

_ISO = "%Y-%m-%dT%H:%M:%SZ"
_OTHER_FORMS = ("T%H:%M:%S%.f%:z", "T%H:%M:%S%.fZ", "T%H:%M:%S%.f", "T%H:%M", "")
_ODD = 0x9E3779B97F4A7C15
_EPOCH = dt.date(1970, 1, 1).toordinal()
_CODE_LENGTH = 6
_LONG = 24
"""Bytes of a user: what is as long is neither blank nor a number."""
_NOBODY = ("NULL", "null", "None", "nan", "NaN", "n/a", "N/A", "-")
_DECIMAL = r"^-?[0-9]+\.[0-9]+$"
_FIELD = {
    "bad_time": "written",
    "time_out_of_range": "written",
    "bad_origin": "origin",
    "duplicate_id": "query_id",
}
"""The offending field of a reason, where it has a value and is not the user."""


@dataclass(frozen=True)
class Cast:
    """Typed rows and what could not be typed.

    Attributes:
        rows: query_id, period (ordinal), user (64-bit hash, only to tell users apart), origin (adcode of the
            prefecture, 0: unknown), text (64-bit hash), query (as typed), month (if given).
        quarantine: query_id, reason, value (of the offending field), period (null: time at fault), month.
    """

    rows: pl.DataFrame
    quarantine: pl.DataFrame


def cast(raw: pl.DataFrame, unit: Unit, prefectures: pl.Series) -> Cast:
    """Read every field of raw rows but the text; a row has the first reason that holds, as REASONS stand.

    Most rows are sound, so a cheap look first finds those that may not be, and only these are judged.

    Args:
        raw: COLUMNS, and `month` (ordinal) where the rows are said to be of one: other times are out of
            range. Ids are compared within a month, or all with one another.
        unit: of the periods.
        prefectures: adcode -> adcode of its prefecture, 0 where there is none.
    """
    time, user = pl.col("time"), pl.col("user")
    inside = time.dt.year().is_between(EARLIEST, LATEST)
    period = _ordinal(unit)
    if "month" in raw.columns:
        starts, base = _starts(raw["month"])
        at = pl.col("month") - base
        inside = time.is_between(pl.lit(starts).gather(at), pl.lit(starts).gather(at + 1), closed="left")
        period = pl.col("month") if unit == "month" else period
    else:
        raw = raw.with_columns(month=pl.lit(None, pl.Int32))
    code = pl.col("origin").cast(pl.UInt32, strict=False)
    not_a_code = code.is_null() | (pl.col("origin").str.len_bytes() != _CODE_LENGTH)
    not_a_code &= pl.col("origin").is_not_null()
    written = raw["time"]
    frame = raw.with_columns(time=read_times(written))
    typed = frame.select(
        "query_id",
        "month",
        period=period,
        user=user.hash(),
        origin=pl.lit(prefectures).gather(code.fill_null(0)),
        text=pl.col("text").hash(),
        query="text",
        suspect=pl.col("query_id").is_null()
        | ~inside.fill_null(value=False)
        | not_a_code
        | (user.str.len_bytes() < _LONG).fill_null(value=True),
    )
    rows = typed["suspect"].arg_true()
    suspects = frame[rows].with_columns(row=rows, written=written[rows])
    wrong = {
        "no_query_id": pl.col("query_id").is_null(),
        "bad_time": time.is_null(),
        "time_out_of_range": ~inside,
        "no_user": user.is_null() | ~user.str.contains(r"\S") | user.is_in(_NOBODY),
        "bad_user": user.str.contains(_DECIMAL),
        "bad_origin": not_a_code,
    }
    bad = suspects.with_columns(reason=_first_that_holds(wrong)).filter(pl.col("reason").is_not_null())
    twins = _twins(frame, bad["row"])
    bad = pl.concat([bad, twins.with_columns(written=pl.lit(None, pl.String)).select(bad.columns)])
    sound = np.ones(frame.height, np.bool_)
    sound[bad["row"].to_numpy()] = False
    typed = typed.drop("suspect")
    return Cast(
        typed.filter(pl.Series(sound)) if bad.height else typed,
        _quarantined(bad.with_columns(period=_ordinal(unit))),
    )


def _starts(months: pl.Series) -> tuple[pl.Series, int]:
    """When the months from the first to the one after the last begin, and the ordinal of the first."""
    ordinals: list[int] = months.unique().sort().to_list()
    if not ordinals:
        return pl.Series("start", [], pl.Datetime("ms")), 0
    span = range(ordinals[0], ordinals[-1] + 2)
    begin = [dt.datetime.fromisoformat(f"{each // 12:04d}-{each % 12 + 1:02d}-01") for each in span]
    return pl.Series("start", begin, pl.Datetime("ms")), ordinals[0]


def _first_that_holds(wrong: dict[str, pl.Expr]) -> pl.Expr:
    reason = pl.lit(None, pl.String)
    for name in sorted(wrong, key=REASONS.index, reverse=True):
        reason = pl.when(wrong[name]).then(pl.lit(name)).otherwise(reason)
    return reason


def read_times(written: pl.Series) -> pl.Series:
    """UTC times; ISO 8601 first, and only what that cannot read in the other common forms."""
    times = written.str.to_datetime(_ISO, time_unit="ms", strict=False, cache=False)
    left = times.is_null() & written.is_not_null()
    if not left.any():
        return times
    odd = (
        written.filter(left).str.strip_chars().str.replace_all("/", "-", literal=True).str.replace(" +", "T")
    )
    read = pl.Series("time", [None] * len(odd), pl.Datetime("ms"))
    for form in _OTHER_FORMS:
        found = odd.str.to_datetime(f"%Y-%m-%d{form}", time_unit="ms", strict=False, exact=True)
        read = read.fill_null(found.dt.replace_time_zone(None))
    return times.scatter(left.arg_true(), read)


def _ordinal(unit: Unit) -> pl.Expr:
    time = pl.col("time")
    year, month = time.dt.year(), time.dt.month().cast(pl.Int32) - 1
    days = time.dt.epoch("d") + _EPOCH
    counted = {
        "day": days,
        "week": (days - 1) // 7,
        "month": 12 * year + month,
        "quarter": 4 * year + month // 3,
        "year": year,
    }
    return counted[unit].cast(pl.Int32)


def _twins(frame: pl.DataFrame, bad: pl.Series) -> pl.DataFrame:
    """All sound rows but one of those of a month with the same id: in whatever order, the same one stays."""
    month = pl.col("month").fill_null(0).cast(pl.UInt64) * pl.lit(_ODD, pl.UInt64)
    ids = frame.select(id=pl.col("query_id").hash() + month)["id"].sort()
    some = frame if (ids == ids.shift()).any() else frame.clear()
    numbered = some.with_row_index("row").with_columns(reason=pl.lit("duplicate_id"))
    sound = numbered.filter(~pl.col("row").is_in(bad.implode()))
    same = pl.struct("query_id", "month")
    twins = sound.filter(same.is_duplicated()).sort("query_id", "month", "time", "text", "user", "origin")
    return twins.filter(~same.is_first_distinct())


def _quarantined(bad: pl.DataFrame) -> pl.DataFrame:
    value = pl.lit(None, pl.String)
    for reason, field in _FIELD.items():
        value = pl.when(pl.col("reason") == reason).then(pl.col(field).cast(pl.String)).otherwise(value)
    timeless = pl.col("reason").is_in(["bad_time", "time_out_of_range"])
    return bad.select(
        "query_id",
        "reason",
        "month",
        value=value.str.slice(0, SHOWN),
        period=pl.when(~timeless).then("period"),
    )
