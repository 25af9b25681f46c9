"""From texts to typed rows; what cannot be read goes to quarantine with the reason."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from modules.period import Unit
from pipelines.migration.importing.extracting.raw import Raw
from pipelines.migration.importing.extracting.rules import REASONS

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
_NO_MONTH = pl.lit(None, pl.Int32)
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
            apart), origin (adcode of the prefecture, 0: unknown), text (place in `texts`).
        texts: as typed; some of them several times, or of no row.
        quarantine: query_id, reason, value (of the offending field), period (null: time at fault), month.
    """

    rows: pl.DataFrame
    texts: pl.Series
    quarantine: pl.DataFrame


def cast(parts: Iterable[Raw], unit: Unit, prefectures: pl.Series) -> Cast:
    """Read every field of raw rows but the text; a row has the first reason that holds, as REASONS stand.

    Most rows are sound, so a cheap look first finds those that may not be, and only these are judged.

    Args:
        parts: where the rows are said to be of a month, other times are out of range. Ids are compared within
            a month, or all with one another; so a month lies in one part.
        unit: of the periods.
        prefectures: adcode -> adcode of its prefecture, 0 where there is none.
    """
    typed, texts, suspects = [], [], []
    height = listed = 0
    for raw in parts:
        rows = _typed(raw, unit, prefectures)
        again = _again(raw)
        suspect = rows["suspect"] if again is None else rows["suspect"] | again
        suspects.append(_written(raw, suspect.arg_true()).with_columns(pl.col("row") + height))
        typed.append(rows.drop("suspect").with_columns(pl.col("text") + listed))
        texts.append(raw.texts)
        height, listed = height + raw.rows.height, listed + len(raw.texts)
    whole, perhaps = pl.concat(typed), pl.concat(suspects)
    bad = _judged(perhaps.with_columns(time=read_times(perhaps["written"])))
    sound = np.ones(height, np.bool_)
    sound[bad["row"].to_numpy()] = False
    return Cast(
        whole.filter(pl.Series(sound)) if bad.height else whole,
        pl.concat(texts),
        _quarantined(bad.with_columns(period=_ordinal("time", unit))),
    )


def _typed(raw: Raw, unit: Unit, prefectures: pl.Series) -> pl.DataFrame:
    """Cast.rows, and whether a row is `suspect`: all are that have a reason but for being a twin."""
    rows, known = raw.rows, "month" in raw.rows.columns
    if known and unit in _MONTHS:
        timely, period = pl.col("timely"), pl.col("month") // _MONTHS[unit]
    else:
        rows = rows.with_columns(read=read_times(rows["time"]))
        timely, period = _inside("read", known=known).fill_null(value=False), _ordinal("read", unit)
    no_code = raw.origins.to_frame("origin").select(_no_code()).to_series()
    code = raw.origins.set(no_code, None).cast(pl.UInt32).fill_null(0)
    user, origin = pl.col("user"), pl.col("origin")
    return rows.select(
        "query_id",
        "text",
        month="month" if known else _NO_MONTH,
        period=period,
        user=user.hash(),
        origin=pl.lit(prefectures.gather(code)).gather(origin),
        suspect=pl.col("query_id").is_null()
        | ~timely
        | pl.lit(no_code).gather(origin)
        | ~_plainly_a_user(user).fill_null(value=False),
    )


def _judged(suspects: pl.DataFrame) -> pl.DataFrame:
    """Those with a reason."""
    user, known = pl.col("user"), pl.col("month").is_not_null()
    inside = pl.when(known).then(_inside("time", known=True)).otherwise(_inside("time", known=False))
    wrong = {
        "no_query_id": pl.col("query_id").is_null(),
        "bad_time": pl.col("time").is_null(),
        "time_out_of_range": ~inside,
        "no_user": user.is_null() | ~user.str.contains(r"\S") | user.is_in(_NOBODY),
        "bad_user": user.str.contains(_DECIMAL),
        "bad_origin": _no_code(),
    }
    judged = suspects.with_columns(reason=_first_that_holds(wrong))
    sound = pl.col("reason").is_null()
    return pl.concat([judged.filter(~sound), _twins(judged.filter(sound))])


def _no_code() -> pl.Expr:
    return ~pl.col("origin").str.contains(_CODE).fill_null(value=True)


def _plainly_a_user(user: pl.Expr) -> pl.Expr:
    """Longer than all of _NOBODY, begins with a visible ASCII letter or sign, holds no decimal point."""
    longer = user.str.len_bytes() > max(map(len, _NOBODY))
    return longer & user.is_between(pl.lit("!"), pl.lit("~")) & ~user.str.contains(".", literal=True)


def _inside(time: str, *, known: bool) -> pl.Expr:
    """Whether a time is one of the row's month, or else one in which there was searching."""
    if known:
        return _ordinal(time, "month") == pl.col("month")
    return pl.col(time).dt.year().is_between(EARLIEST, LATEST)


def _written(raw: Raw, at: pl.Series) -> pl.DataFrame:
    """Some rows with all their texts: row (where it stands), and its fields, the time as `written`."""
    some = raw.rows[at]
    return some.select(
        "query_id",
        "user",
        row=at.cast(pl.UInt32),
        month="month" if "month" in some.columns else _NO_MONTH,
        written="time",
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


def _again(raw: Raw) -> pl.Series | None:
    """Which rows have the id of another row of their month, if any do."""
    month = pl.col("month").cast(pl.UInt64) if "month" in raw.rows.columns else pl.lit(0, pl.UInt64)
    ids = raw.rows.select(id=pl.col("query_id").hash() + month * pl.lit(_ODD, pl.UInt64))["id"]
    ordered = ids.sort().to_numpy()
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    return ids.is_in(pl.Series(again).implode()) if len(again) else None


def _twins(sound: pl.DataFrame) -> pl.DataFrame:
    """All but one of the rows of a month with the same id: in whatever order, the same one stays."""
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
