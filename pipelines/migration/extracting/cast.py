"""From texts to typed rows; what cannot be read goes to quarantine with the reason."""

import datetime as dt
from dataclasses import dataclass

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
_EPOCH = dt.date(1970, 1, 1).toordinal()
_CODE_LENGTH = 6
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
            prefecture, 0: unknown), text (64-bit hash), query (as typed).
        quarantine: query_id, reason, value (of the offending field), period (null: the time is at fault).
    """

    rows: pl.DataFrame
    quarantine: pl.DataFrame


def cast(
    raw: pl.DataFrame, unit: Unit, prefectures: pl.Series, within: tuple[dt.datetime, dt.datetime] | None
) -> Cast:
    """Read every field of raw rows; a row has the first reason that holds, in the order of REASONS.

    Args:
        raw: COLUMNS.
        unit: of the periods.
        prefectures: adcode -> adcode of its prefecture, 0 where there is none.
        within: the first time that the rows can have, and the first after them; others are out of range.
    """
    frame = raw.with_columns(time=read_times(raw["time"]), written="time")
    inside = pl.col("time").dt.year().is_between(EARLIEST, LATEST)
    if within is not None:
        inside = pl.col("time").is_between(*within, closed="left")
    code = pl.col("origin").cast(pl.UInt32, strict=False)
    not_a_code = code.is_null() | (pl.col("origin").str.len_bytes() != _CODE_LENGTH)
    wrong = {
        "no_query_id": pl.col("query_id").is_null(),
        "bad_time": pl.col("time").is_null(),
        "time_out_of_range": ~inside,
        "no_user": _blank("user") | pl.col("user").is_in(_NOBODY),
        "bad_user": pl.col("user").str.contains(_DECIMAL),
        "bad_origin": pl.col("origin").is_not_null() & not_a_code,
        "no_text": pl.col("text").is_null() | ~pl.col("text").str.contains(r"\p{L}|\x{FFFD}"),
        "garbled_text": pl.col("text").str.contains("\ufffd", literal=True),
    }
    reason = pl.lit(None, pl.UInt8)
    for name, holds in reversed(wrong.items()):
        reason = pl.when(holds).then(pl.lit(REASONS.index(name), pl.UInt8)).otherwise(reason)
    frame = _without_twins(frame.with_columns(reason=reason, period=_ordinal(unit)))
    bad = frame.filter(pl.col("reason").is_not_null())
    sound = frame.filter(pl.col("reason").is_null()) if bad.height else frame
    return Cast(
        sound.select(
            "query_id",
            "period",
            user=pl.col("user").hash(),
            origin=pl.lit(prefectures).gather(code.fill_null(0)),
            text=pl.col("text").hash(),
            query="text",
        ),
        _quarantined(bad),
    )


def read_times(written: pl.Series) -> pl.Series:
    """UTC times; ISO 8601 first, and only what that cannot read in the other common forms."""
    times = written.str.to_datetime(_ISO, time_unit="ms", strict=False)
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


def _blank(column: str) -> pl.Expr:
    return pl.col(column).is_null() | ~pl.col(column).str.contains(r"\S")


def _without_twins(frame: pl.DataFrame) -> pl.DataFrame:
    """Name all rows but one of those with the same id: whichever order they come in, the same one stays."""
    ids = frame["query_id"].hash().sort()
    if not (ids == ids.shift()).any():
        return frame
    frame = frame.with_row_index("row")
    sound = frame.filter(pl.col("reason").is_null())
    twins = sound.filter(sound["query_id"].is_duplicated()).sort("query_id", "time", "text", "user", "origin")
    extra = twins.filter(~twins["query_id"].is_first_distinct())["row"]
    code = pl.lit(REASONS.index("duplicate_id"), pl.UInt8)
    return frame.with_columns(
        reason=pl.when(pl.col("row").is_in(extra.implode())).then(code).otherwise("reason")
    ).drop("row")


def _quarantined(bad: pl.DataFrame) -> pl.DataFrame:
    value = pl.lit(None, pl.String)
    for reason, field in _FIELD.items():
        value = pl.when(pl.col("reason") == reason).then(pl.col(field).cast(pl.String)).otherwise(value)
    named = bad.with_columns(
        reason=pl.col("reason").replace_strict(range(len(REASONS)), REASONS, return_dtype=pl.String)
    )
    timeless = pl.col("reason").is_in(["bad_time", "time_out_of_range"])
    return named.select(
        "query_id", "reason", value=value.str.slice(0, SHOWN), period=pl.when(~timeless).then("period")
    ).sort("query_id", "reason", "value", nulls_last=True)
