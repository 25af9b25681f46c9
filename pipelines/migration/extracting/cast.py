"""From texts to typed rows; what cannot be read goes to quarantine with the reason."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from modules.migration.period import Unit
from pipelines.migration.extracting.raw import Raw
from pipelines.migration.extracting.rules import REASONS

EARLIEST, LATEST = 1995, 2099
"""Years in which a search can have been made."""
SHOWN = 80
"""Letters of an offending value that quarantine keeps."""

_ISO = "%Y-%m-%dT%H:%M:%SZ"
_OTHER_FORMS = (
    *("%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f"),
    *("%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%M%:z", "%Y-%m-%dT%H:%MZ"),
    *("%Y%m%dT%H%M%S%#z", "%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"),
)
_ODD = 0x9E3779B97F4A7C15
_EPOCH = dt.date(1970, 1, 1).toordinal()
_CODE = "^[0-9]{6}$"
_MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
"""Units that a month's ordinal tells."""
_NO_MONTH = pl.lit(None, pl.Int32).alias("month")
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
        rows: query_id, month (null: not said), period (ordinal), user (64-bit hash, only to tell users
            apart), origin (adcode of the prefecture, 0: unknown), text (place in Raw.texts).
        quarantine: query_id, reason, value (of the offending field), period (null: time at fault), month.
    """

    rows: pl.DataFrame
    quarantine: pl.DataFrame


def cast(raw: Raw, unit: Unit, prefectures: pl.Series) -> Cast:
    """Read every field of raw rows but the text; a row has the first reason that holds, as REASONS stand.

    Most rows are sound, so a cheap look first finds those that may not be, and only these are judged.

    Args:
        raw: where the rows are said to be of a month, other times are out of range. Ids are compared within
            a month, or all with one another.
        unit: of the periods.
        prefectures: adcode -> adcode of its prefecture, 0 where there is none.
    """
    rows, known = raw.rows, "month" in raw.rows.columns
    if not known:
        rows = rows.with_columns(_NO_MONTH)
    if known and unit in _MONTHS:
        timely, period = pl.col("timely"), pl.col("month") // _MONTHS[unit]
    else:
        rows = rows.with_columns(read=read_times(rows["time"]))
        timely, period = _inside("read", known=known).fill_null(value=False), _ordinal("read", unit)
    no_code = ~raw.origins.str.contains(_CODE).fill_null(value=True)
    code = raw.origins.set(no_code, None).cast(pl.UInt32).fill_null(0)
    user, origin = pl.col("user"), pl.col("origin")
    typed = rows.select(
        "query_id",
        "month",
        "text",
        period=period,
        user=user.hash(),
        origin=pl.lit(prefectures.gather(code)).gather(origin),
        suspect=pl.col("query_id").is_null()
        | ~timely
        | pl.lit(no_code).gather(origin)
        | ~_plainly_a_user(user).fill_null(value=False),
    )
    suspects = _written(raw, rows, typed["suspect"].arg_true())
    not_a_code = pl.col("origin").is_in(raw.origins.filter(no_code).implode())
    wrong = {
        "no_query_id": pl.col("query_id").is_null(),
        "bad_time": pl.col("time").is_null(),
        "time_out_of_range": ~_inside("time", known=known),
        "no_user": user.is_null() | ~user.str.contains(r"\S") | user.is_in(_NOBODY),
        "bad_user": user.str.contains(_DECIMAL),
        "bad_origin": not_a_code,
    }
    bad = suspects.with_columns(reason=_first_that_holds(wrong)).filter(pl.col("reason").is_not_null())
    bad = pl.concat([bad, _twins(raw, rows, bad["row"])])
    sound = np.ones(rows.height, np.bool_)
    sound[bad["row"].to_numpy()] = False
    typed = typed.drop("suspect")
    return Cast(
        typed.filter(pl.Series(sound)) if bad.height else typed,
        _quarantined(bad.with_columns(period=_ordinal("time", unit))),
    )


def _plainly_a_user(user: pl.Expr) -> pl.Expr:
    """Longer than all of _NOBODY, begins with a visible ASCII letter or sign, holds no decimal point."""
    longer = user.str.len_bytes() > max(map(len, _NOBODY))
    return longer & user.is_between(pl.lit("!"), pl.lit("~")) & ~user.str.contains(".", literal=True)


def _inside(time: str, *, known: bool) -> pl.Expr:
    """Whether a time is one of the row's month, or else one in which there was searching."""
    if known:
        return _ordinal(time, "month") == pl.col("month")
    return pl.col(time).dt.year().is_between(EARLIEST, LATEST)


def _written(raw: Raw, rows: pl.DataFrame, at: pl.Series) -> pl.DataFrame:
    """Some rows with all their texts: row (where it stands), its fields, written (the time as it was)."""
    some = rows[at]
    return some.select(
        "query_id",
        "user",
        "month",
        row=at,
        written="time",
        time=read_times(some["time"]),
        origin=raw.origins.gather(some["origin"]),
        text=raw.texts.gather(some["text"]),
    )


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
        if read.has_nulls():
            found = odd.str.to_datetime(form, time_unit="ms", strict=False, exact=True)
            read = read.fill_null(found.dt.replace_time_zone(None))
    return times.scatter(left.arg_true(), read)


def _ordinal(column: str, unit: Unit) -> pl.Expr:
    time = pl.col(column)
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


def _twins(raw: Raw, rows: pl.DataFrame, bad: pl.Series) -> pl.DataFrame:
    """All sound rows but one of those of a month with the same id: in whatever order, the same one stays."""
    month = pl.col("month").fill_null(0).cast(pl.UInt64) * pl.lit(_ODD, pl.UInt64)
    ids = rows.select(id=pl.col("query_id").hash() + month)["id"]
    ordered = ids.sort()
    again = ordered.filter(ordered == ordered.shift())
    some = _written(raw, rows, ids.is_in(again.implode()).arg_true() if len(again) else bad.clear())
    sound = some.filter(~pl.col("row").is_in(bad.implode()))
    same = pl.struct("query_id", "month")
    twins = sound.filter(same.is_duplicated()).sort("query_id", "month", "time", "text", "user", "origin")
    return twins.filter(~same.is_first_distinct()).with_columns(reason=pl.lit("duplicate_id"))


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
