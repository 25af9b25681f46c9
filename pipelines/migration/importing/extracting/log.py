"""A log of queries as chunks of whole periods, whatever files it comes in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from modules.errors import UserError
from modules.period import Unit
from pipelines.config.extract import QueriesSource
from pipelines.migration.importing.extracting.batches import Torn, batches
from pipelines.migration.importing.extracting.cast import EARLIEST, LATEST, read_times
from pipelines.migration.importing.extracting.raw import Raw, broken, read_raw, together

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_MONTHS = {"month": 1, "day": 1, "quarter": 3, "year": 12}
UNDATED = "undated"
_ROWS = 1_000_000
"""Of a chunk of several months."""
_SHOWN = 3
_PART = 100_000
"""Rows that are read and cast at a time."""


@dataclass(frozen=True)
class Chunk:
    """Files that hold all rows of some whole periods.

    Attributes:
        label: sorts as time does.
        files: parquet, as `read_raw` takes them.
        months: by file, the month that its rows must be of, where the files' names say so.
    """

    label: str
    files: tuple[Path, ...]
    months: tuple[str, ...] = ()


def monthly_chunks(files: list[Path], unit: Unit) -> list[Chunk]:
    """The chunks of files with one calendar month each, like 2021-03.parquet: nothing is rewritten.

    Short months are read together, up to a million rows: less work a row, and still bounded memory.

    Raises:
        UserError: if a name is no month, or a file is broken.
    """
    chunks: list[Chunk] = []
    rows, last = 0, ""
    for path in sorted(files, key=lambda path: path.stem):
        if _MONTH.fullmatch(path.stem) is None:
            raise UserError(f"{path}: is not named by its month, like 2021-03.parquet")
        year, month = map(int, path.stem.split("-"))
        period = f"{year:04d}-{(month - 1) // _MONTHS[unit]:02d}"
        more = _rows(path)
        if chunks and (period == last or rows + more <= _ROWS):
            before = chunks.pop()
            rows += more
            chunks.append(Chunk(before.label, (*before.files, path), (*before.months, path.stem)))
        else:
            rows = more
            chunks.append(Chunk(path.stem, (path,), (path.stem,)))
        last = period
    return chunks


def spooled_chunks(
    files: dict[str, Path], source: QueriesSource, unit: Unit, spool: Path
) -> tuple[list[Chunk], Torn]:
    """The chunks of files in any order: one pass writes each row to the months that its period begins in.

    Memory is bounded by a batch of rows here and by a month (a period, if longer) later. Rows without a time
    are a chunk of their own.

    Args:
        files: by the name that tells each from the others.
        source: how they are written.
        unit: of the periods.
        spool: a folder to make.

    Returns:
        The chunks, and the csv lines that are no rows.

    Raises:
        UserError: if a file is broken or lacks a column, or there is no row in any.
    """
    number = 0
    torn: Torn = []
    for name, path in files.items():
        for batch in batches(path, name, source, torn):
            for (label,), part in (
                batch.with_columns(label=_label(batch["time"], unit))
                .partition_by("label", as_dict=True, include_key=False)
                .items()
            ):
                folder = spool / str(label)
                folder.mkdir(parents=True, exist_ok=True)
                part.write_parquet(folder / f"{number:08d}.parquet", compression="lz4")
            number += 1
    if not spool.exists():
        where = ", ".join(str(path) for path in [*files.values()][:_SHOWN])
        more = f" and {len(files) - _SHOWN} more files" if len(files) > _SHOWN else ""
        if torn:
            raise UserError(
                f"{where}{more}: no rows that can be read, {len(torn)} lines have more or fewer fields than "
                "the header or an open quote; mend source.sep and source.quote, or write the file anew"
            )
        raise UserError(f"{where}{more}: no rows; give the file that holds them, or mend source.path")
    chunks = [Chunk(folder.name, tuple(sorted(folder.iterdir()))) for folder in sorted(spool.iterdir())]
    return chunks, torn


def read_chunk(chunk: Chunk) -> Iterator[Raw]:
    """The raw rows of a chunk: months in parts that a processor's cache likes, or all together.

    Raises:
        UserError: if a file is broken or lacks a column.
    """
    if not chunk.months:
        yield together([read_raw(path) for path in chunk.files])
        return
    part: list[Raw] = []
    for path, month in zip(chunk.files, chunk.months, strict=True):
        part.append(read_raw(path, month))
        if sum(raw.rows.height for raw in part) >= _PART:
            yield together(part)
            part = []
    if part:
        yield together(part)


def _rows(path: Path) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise broken(path, error) from error


def _label(written: pl.Series, unit: Unit) -> pl.Series:
    time = read_times(written).alias("time").to_frame()
    start = pl.col("time").dt.truncate({"week": "1w", "quarter": "1q", "year": "1y"}.get(unit, "1d"))
    sound = pl.col("time").dt.year().is_between(EARLIEST, LATEST)
    return time.select(
        pl.when(sound).then(start.dt.strftime("%Y-%m")).fill_null(pl.lit(UNDATED)).alias("label")
    )["label"]
