"""A log's files in batches of rows, so that a file of any size fits into memory."""

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from modules.errors import UserError
from pipelines.config.extract import LogColumns, QueriesSource
from pipelines.migration.importing.extracting.raw import COLUMNS
from pipelines.tables.read_table import demand_columns

_ROWS = 1 << 19
_BYTES = 1 << 25
_NEXT_LINE = r"\n[^\r\n]"

Torn = list[tuple[str, str]]
"""`file:row`, and why it is none, of the csv lines that are no rows."""


def batches(path: Path, name: str, source: QueriesSource, torn: Torn) -> Iterator[pl.DataFrame]:
    """The rows of one file as raw.COLUMNS; csv lines that are no rows are left out and noted.

    Args:
        path: the file.
        name: that its rows have in quarantine.
        source: how it is written.
        torn: gets the lines that are no rows.

    Raises:
        UserError: if the file is of another kind, empty, broken, or lacks a column.
    """
    wanted = {name: getattr(source.columns, name) for name in LogColumns.model_fields}
    if path.name.endswith(".parquet"):
        tables, kind, mend = _parquet(path, wanted), "parquet", ", its texts as utf-8"
    elif path.name.endswith((".csv", ".csv.gz")):
        tables, kind = _csv(path, name, source, wanted, torn), f"{source.encoding} text"
        mend = ", or mend source.encoding, source.sep and source.quote"
    else:
        raise UserError(f"{path}: unknown kind of file; its name must end in .csv, .csv.gz or .parquet")
    row = 0
    try:
        for table in tables:
            frame = pl.from_arrow(table)
            if not isinstance(frame, pl.DataFrame):
                raise TypeError(path)
            yield _standard(frame, wanted, name, row)
            row += frame.height
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, EOFError, UnicodeError) as error:
        what = " ".join(str(error).split())[:120]
        raise UserError(f"{path}: cannot be read as {kind} ({what}); write the file anew{mend}") from error


def _parquet(path: Path, wanted: dict[str, str | None]) -> Iterator[Any]:
    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    names = [name for name in wanted.values() if name is not None]
    demand_columns(path, schema.names, names)
    for name in names:
        if pa.types.is_nested(schema.field(name).type):
            kind = schema.field(name).type
            raise UserError(f"{path}: column {name} holds {kind}; write texts, whole numbers or times")
    for batch in file.iter_batches(batch_size=_ROWS, columns=names):
        table = pa.Table.from_batches([batch])
        texts = [
            (at, field.with_type(pa.string()))
            for at, field in enumerate(table.schema)
            if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)
        ]
        for at, field in texts:
            table = table.set_column(at, field, table.column(at).cast(field.type))
        table.validate(full=True)  # Polars takes texts as they come, and their bytes may be no letters
        yield table


def _csv(
    path: Path, name: str, source: QueriesSource, wanted: dict[str, str | None], torn: Torn
) -> Iterator[Any]:
    ragged: list[tuple[int, int]] = []
    before: list[int] = []

    def skip(row: Any) -> str:
        before.append(row.number - len(ragged))  # rows before it that are not ragged, and one
        ragged.append((row.number, row.text.rstrip("\r\n").count("\n") + 1))
        return "skip"

    quotes = source.quote != "none"
    parse = arrow_csv.ParseOptions(
        delimiter=source.sep,
        quote_char=source.quote if quotes else False,
        newlines_in_values=quotes,
        invalid_row_handler=skip,
    )
    read = arrow_csv.ReadOptions(use_threads=False, block_size=_BYTES, encoding=source.encoding)
    with pa.input_stream(path, compression="detect") as stream:
        header = arrow_csv.open_csv(stream, read_options=read, parse_options=parse).schema.names
    names = [name for name in wanted.values() if name is not None]
    demand_columns(path, [name.removeprefix("\ufeff") for name in header], names, source.sep)
    ragged.clear()
    before.clear()
    text = [each for each in header if each.removeprefix("\ufeff") in names]
    convert = arrow_csv.ConvertOptions(
        # Every column, for an open quote may stand in any; those not wanted as bytes, whatever they are.
        column_types={**dict.fromkeys(header, pa.binary()), **dict.fromkeys(text, pa.string())},
        strings_can_be_null=True,
        null_values=[""],
    )
    row = 1
    with pa.input_stream(path, compression="detect") as stream:
        reader = arrow_csv.open_csv(stream, read_options=read, parse_options=parse, convert_options=convert)
        for batch in reader:
            lines = _lines_in_a_field(batch, source.sep)
            for at in np.flatnonzero(lines).tolist():
                sound = row + at + 1
                torn += _swallowed(f"{name}:{sound + bisect_right(before, sound)}", int(lines[at]))
            row += batch.num_rows
            columns = [each.removeprefix("\ufeff") for each in header]
            table = pa.Table.from_batches([batch]).rename_columns(columns).select(names)
            yield table.filter(pa.array(lines == 0)) if lines.any() else table
    for number, held in ragged:
        where = f"{name}:{number}"
        torn += _swallowed(where, held) if held > 1 else [(where, "ragged_row")]


def _lines_in_a_field(batch: Any, sep: str) -> NDArray[np.int64]:
    """Of every row, how many lines an open quote made one field of; 0: none did.

    A field with line breaks is one that the log quoted, unless it holds a whole row's separators too.
    """
    lines = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if not pc.any(pc.match_substring(column, "\n")).as_py():
            continue
        further, seps = (
            pc.fill_null(counted, 0).to_numpy(zero_copy_only=False)
            for counted in (pc.count_substring_regex(column, _NEXT_LINE), pc.count_substring(column, sep))
        )
        lines += np.where((further > 0) & (seps >= batch.num_columns - 1), further + 1, 0)
    return lines


def _swallowed(where: str, lines: int) -> Torn:
    return [(f"{where}, line {line + 1}" if line else where, "unclosed_quote") for line in range(lines)]


def _standard(frame: pl.DataFrame, wanted: dict[str, str | None], name: str, row: int) -> pl.DataFrame:
    numbered = frame.with_row_index("row of the file", row + 1)
    own = pl.format("{}:{}", pl.lit(name), "row of the file")
    return numbered.select(
        own.alias(name) if column is None else _text(frame.schema[column], pl.col(column)).alias(name)
        for name, column in wanted.items()
    ).select(COLUMNS)


def _text(kind: pl.DataType, column: pl.Expr) -> pl.Expr:
    if isinstance(kind, pl.Datetime):
        utc = column.dt.convert_time_zone("UTC") if kind.time_zone is not None else column
        return utc.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind.is_float():  # pandas turns whole numbers into floats when one is blank
        broken = column.is_finite() & (column != column.floor())
        whole = column.cast(pl.Int64, strict=False).cast(pl.String)
        return pl.when(broken).then(column.cast(pl.String)).otherwise(whole)
    return column.cast(pl.String)
