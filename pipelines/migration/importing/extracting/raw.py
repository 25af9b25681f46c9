"""Rows of a log as they were written, texts that repeat as numbers."""

import calendar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from modules.errors import UserError
from modules.period import Calendar

COLUMNS: Final = ("query_id", "user", "time", "origin", "text")
"""Of a row: texts or null."""

_WRITTEN = dict(zip(("query_id", "user_hash", "ts", "origin", "text"), COLUMNS, strict=True))
_REPEATING = ["origin", "text"]


@dataclass(frozen=True)
class Raw:
    """Rows, none read yet.

    Attributes:
        rows: query_id, user, time (texts), origin, text (places in the lists below); where the file's name
            says a month: month (its ordinal) and timely (time is plainly one of that month).
        origins: what `origin` counts in; null among them, any of them perhaps twice.
        texts: what `text` counts in.
    """

    rows: pl.DataFrame
    origins: pl.Series
    texts: pl.Series


def read_raw(path: Path, month: str = "") -> Raw:
    """Read a parquet file with the contract's columns, or with COLUMNS.

    Parquet keeps texts that repeat as numbers; they are taken as they lie, so that what is made of a text is
    made once a file and not once a row.

    Args:
        path: the file.
        month: that its rows must be of, like 2021-03.

    Raises:
        UserError: if the file is broken or lacks a column.
    """
    try:
        names = pl.read_parquet_schema(path)
        wanted = list(COLUMNS) if "user" in names else list(_WRITTEN)
        if missing := [name for name in wanted if name not in names]:
            raise broken(path, LookupError(f"it has no column {missing[0]}"))
        with pq.ParquetFile(path, read_dictionary=_REPEATING) as file:
            table = file.read(_REPEATING, use_threads=False)
        single = [name for name in wanted if name not in _REPEATING]
        rows = pl.read_parquet(path, columns=single).rename(_WRITTEN, strict=False)
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError) as error:
        raise broken(path, error) from error
    (origin, origins), (text, texts) = (_numbered(table[name]) for name in _REPEATING)
    rows = rows.with_columns(origin=origin, text=text)
    if month:
        rows = rows.with_columns(
            month=pl.lit(Calendar("month").ordinal(month), pl.Int32),
            timely=pl.col("time").str.contains(_times_of(month)).fill_null(value=False),
        )
    return Raw(rows, origins, texts)


def together(parts: list[Raw]) -> Raw:
    """Several files' rows as one."""
    if len(parts) == 1:
        return parts[0]
    rows, origins, texts = [], 0, 0
    for part in parts:
        rows.append(part.rows.with_columns(pl.col("origin") + origins, pl.col("text") + texts))
        origins, texts = origins + len(part.origins), texts + len(part.texts)
    return Raw(
        pl.concat(rows, rechunk=True),
        pl.concat([part.origins for part in parts]),
        pl.concat([part.texts for part in parts]),
    )


def broken(path: Path, error: Exception) -> UserError:
    """What to say of a file that is no such log."""
    what = " ".join(str(error).split())[:120]
    return UserError(f"{path}: is not a month of queries as `simulate` writes it ({what})")


def _numbered(column: Any) -> tuple[pl.Series, pl.Series]:
    """Of every row the place of its text in a list, and the list; the last is null."""
    whole = column.combine_chunks()
    listed = pl.Series(whole.dictionary, dtype=pl.String)
    numbers = whole.indices.fill_null(len(listed)).to_numpy().astype(np.uint32)
    return pl.Series(numbers), pl.concat([listed, pl.Series([None], dtype=pl.String)])


def _times_of(month: str) -> str:
    """The pattern of times of a month: 2021-03-05T12:34:56Z."""
    year, number = map(int, month.split("-"))
    days = "|".join(f"{day + 1:02d}" for day in range(calendar.monthrange(year, number)[1]))
    return rf"^{month}-({days})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$"
