"""A log's files in batches of rows, so that a file of any size fits into memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from modules.errors import UserError
from pipelines.config.extract import LogColumns, QueriesSource
from pipelines.migration.extracting.raw import COLUMNS
from pipelines.migration.importing.read_table import demand_columns

_ROWS = 1 << 19
_BYTES = 1 << 25

Ragged = list[str]
"""`file:row` of the csv rows with more or fewer fields than the header."""


def batches(path: Path, source: QueriesSource, ragged: Ragged) -> Iterator[pl.DataFrame]:
    """The rows of one file as raw.COLUMNS; ragged csv rows are left out and noted.

    Raises:
        UserError: if the file is of another kind, empty, broken, or lacks a column.
    """
    wanted = {name: getattr(source.columns, name) for name in LogColumns.model_fields}
    try:
        if path.name.endswith(".parquet"):
            tables = _parquet(path, wanted)
        elif path.name.endswith((".csv", ".csv.gz")):
            tables = _csv(path, source, wanted, ragged)
        else:
            raise UserError(f"{path}: unknown kind of file; its name must end in .csv, .csv.gz or .parquet")
        row = 0
        for table in tables:
            frame = pl.from_arrow(table)
            if not isinstance(frame, pl.DataFrame):
                raise TypeError(path)
            yield _standard(frame, wanted, path, row)
            row += frame.height
    except (pa.ArrowException, OSError, EOFError, UnicodeError) as error:
        what = " ".join(str(error).split())[:120]
        raise UserError(
            f"{path}: cannot be read as {source.encoding} text or parquet ({what}); "
            "write the file anew, or mend source.encoding and source.sep"
        ) from error


def _parquet(path: Path, wanted: dict[str, str | None]) -> Iterator[Any]:
    file = pq.ParquetFile(path)
    names = [name for name in wanted.values() if name is not None]
    demand_columns(path, file.schema_arrow.names, names)
    for batch in file.iter_batches(batch_size=_ROWS, columns=names):
        yield pa.Table.from_batches([batch])


def _csv(path: Path, source: QueriesSource, wanted: dict[str, str | None], ragged: Ragged) -> Iterator[Any]:
    def skip(row: Any) -> str:
        ragged.append(f"{path.name}:{row.number}")
        return "skip"

    parse = arrow_csv.ParseOptions(delimiter=source.sep, newlines_in_values=True, invalid_row_handler=skip)
    read = arrow_csv.ReadOptions(use_threads=False, block_size=_BYTES, encoding=source.encoding)
    with pa.input_stream(path, compression="detect") as stream:
        header = arrow_csv.open_csv(stream, read_options=read, parse_options=parse).schema.names
    header = [name.removeprefix("\ufeff") for name in header]
    names = [name for name in wanted.values() if name is not None]
    demand_columns(path, header, names, source.sep)
    ragged[:] = [at for at in ragged if not at.startswith(f"{path.name}:")]
    convert = arrow_csv.ConvertOptions(
        include_columns=names,
        column_types=dict.fromkeys(names, pa.string()),
        strings_can_be_null=True,
        null_values=[""],
    )
    with pa.input_stream(path, compression="detect") as stream:
        reader = arrow_csv.open_csv(stream, read_options=read, parse_options=parse, convert_options=convert)
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _standard(frame: pl.DataFrame, wanted: dict[str, str | None], path: Path, row: int) -> pl.DataFrame:
    numbered = frame.with_row_index("row of the file", row + 1)
    own = pl.format(f"{path.name}:{{}}", "row of the file")
    return numbered.select(
        own.alias(name) if column is None else _text(frame.schema[column], pl.col(column)).alias(name)
        for name, column in wanted.items()
    ).select(COLUMNS)


def _text(kind: pl.DataType, column: pl.Expr) -> pl.Expr:
    if isinstance(kind, pl.Datetime):
        utc = column.dt.convert_time_zone("UTC") if kind.time_zone is not None else column
        return utc.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind.is_float():  # pandas turns whole numbers into floats when one is blank
        return column.cast(pl.Int64, strict=False).cast(pl.String)
    return column.cast(pl.String)
