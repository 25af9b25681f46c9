"""A log of queries as chunks of whole periods, whatever files it comes in."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modules.errors import UserError
from modules.migration.period import Unit
from pipelines.config.extract import QueriesSource
from pipelines.migration.extracting.batches import Ragged, batches
from pipelines.migration.extracting.cast import COLUMNS, EARLIEST, LATEST, read_times

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_COLUMNS = dict(zip(("query_id", "user_hash", "ts", "origin", "text"), COLUMNS, strict=True))
_MONTHS = {"month": 1, "day": 1, "quarter": 3, "year": 12}
UNDATED = "undated"

Times = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Chunk:
    """Files that hold all rows of some whole periods.

    Attributes:
        label: sorts as time does.
        files: parquet; the contract's columns, or cast.COLUMNS.
        within: the rows' first time and the first after them, where the files' names promise it.
    """

    label: str
    files: tuple[Path, ...]
    within: Times | None = None


def monthly_chunks(files: list[Path], unit: Unit) -> list[Chunk]:
    """The chunks of files with one calendar month each, like 2021-03.parquet: nothing is rewritten.

    Raises:
        UserError: if a name is no month.
    """
    groups: dict[str, list[Path]] = {}
    for path in files:
        if _MONTH.fullmatch(path.stem) is None:
            raise UserError(f"{path}: is not named by its month, like 2021-03.parquet")
        year, month = map(int, path.stem.split("-"))
        first = (month - 1) // _MONTHS[unit] * _MONTHS[unit] + 1
        groups.setdefault(f"{year:04d}-{first:02d}", []).append(path)
    return [
        Chunk(label, tuple(paths), _times(label, _MONTHS[unit])) for label, paths in sorted(groups.items())
    ]


def spooled_chunks(
    files: list[Path], source: QueriesSource, unit: Unit, spool: Path
) -> tuple[list[Chunk], Ragged]:
    """The chunks of files in any order: one pass writes each row to the months that its period begins in.

    Memory is bounded by a batch of rows here and by a month (a period, if longer) later. Rows without a time
    are a chunk of their own.

    Returns:
        The chunks, and where the csv rows stand that have more or fewer fields than the header.

    Raises:
        UserError: if a file is broken or lacks a column.
    """
    number = 0
    ragged: Ragged = []
    for path in files:
        for batch in batches(path, source, ragged):
            for (label,), part in (
                batch.with_columns(label=_label(batch["time"], unit))
                .partition_by("label", as_dict=True, include_key=False)
                .items()
            ):
                folder = spool / str(label)
                folder.mkdir(parents=True, exist_ok=True)
                part.write_parquet(folder / f"{number:08d}.parquet", compression="lz4")
            number += 1
    chunks = [Chunk(folder.name, tuple(sorted(folder.iterdir()))) for folder in sorted(spool.iterdir())]
    return chunks, ragged


def read_chunk(chunk: Chunk) -> pl.DataFrame:
    """The raw rows of a chunk, cast.COLUMNS.

    Raises:
        UserError: if a file is broken or lacks a column.
    """
    return pl.concat(list(_frames(chunk.files)))


def _frames(files: tuple[Path, ...]) -> Iterator[pl.DataFrame]:
    for path in files:
        try:
            names = pl.read_parquet_schema(path)
            wanted = list(COLUMNS) if "user" in names else list(_COLUMNS)
            yield pl.read_parquet(path, columns=wanted).rename(_COLUMNS, strict=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            what = " ".join(str(error).split())[:120]
            raise UserError(f"{path}: is not a month of queries as `simulate` writes it ({what})") from error


def _times(label: str, months: int) -> Times:
    first = dt.datetime.fromisoformat(f"{label}-01")
    after = first.year * 12 + first.month - 1 + months
    return first, dt.datetime.fromisoformat(f"{after // 12:04d}-{after % 12 + 1:02d}-01")


def _label(written: pl.Series, unit: Unit) -> pl.Series:
    time = read_times(written).alias("time").to_frame()
    start = pl.col("time").dt.truncate({"week": "1w", "quarter": "1q", "year": "1y"}.get(unit, "1d"))
    sound = pl.col("time").dt.year().is_between(EARLIEST, LATEST)
    return time.select(
        pl.when(sound).then(start.dt.strftime("%Y-%m")).fill_null(pl.lit(UNDATED)).alias("label")
    )["label"]
