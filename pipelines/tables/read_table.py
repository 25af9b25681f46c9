"""Read csv, csv.gz and parquet, told by the ending; a broken file is one clear line."""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from modules.errors import UserError, did_you_mean
from pipelines.tables.table import Table

_LETTER = re.compile(rb"\S")
_LINE = re.compile(rb"[^\r\n]*")
_HEADER_BYTES = 1 << 16
_ANY_BYTES = {"iso8859-1", "iso8859-15", "cp1252"}
_UTF8_PAIR = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2\x80")
_SEPARATORS = {";": ";", "\t": "\\t", "|": "|", ",": ","}


def read_table(path: Path, names: Sequence[str], sep: str = ",", encoding: str = "utf-8") -> Table:
    """The named columns of a csv, csv.gz or parquet file.

    Raises:
        UserError: if the file is of another kind, empty, broken, ragged, or lacks a column.
    """
    distinct = list(dict.fromkeys(names))
    try:
        if path.name.endswith(".parquet"):
            return _read_parquet(path, distinct)
        if path.name.endswith((".csv", ".csv.gz")):
            return _read_csv(path, distinct, sep, encoding)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error
    raise UserError(f"{path}: unknown kind of file; its name must end in .csv, .csv.gz or .parquet")


def _read_parquet(path: Path, names: list[str]) -> Table:
    try:
        file = pq.ParquetFile(path)
        demand_columns(path, file.schema_arrow.names, names)
        table = file.read(columns=names)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: is not a sound parquet file; write it anew ({_short(error)})") from error
    if not table.num_rows:
        raise UserError(f"{path}: has columns but no rows; give the file that holds them")
    columns = {name: _joined(table.column(name)) for name in names}
    return Table(path, columns, np.arange(1, table.num_rows + 1))


def _read_csv(path: Path, names: list[str], sep: str, encoding: str) -> Table:
    content = _utf8(path, _bytes(path), encoding)
    if _LETTER.search(content) is None:
        raise UserError(f"{path}: is empty; give the file that holds the rows")
    first = _LINE.findall(content, 0, _HEADER_BYTES)[0]
    header = next(csv.reader([first.decode(errors="replace")], delimiter=sep), [])
    demand_columns(path, header, names, sep)
    if _LETTER.search(content, len(first)) is None:
        raise UserError(f"{path}: has a header (row 1) but no rows; give the file that holds them")
    table = _parsed(path, content, names, sep, len(header))
    columns = {name: _joined(table.column(name)) for name in names}
    filled = np.zeros(table.num_rows, dtype=bool)
    for column in columns.values():
        filled |= pc.not_equal(column.dictionary, "").to_numpy(zero_copy_only=False)[
            column.indices.to_numpy()
        ]
    if not filled.any():
        raise UserError(
            f"{path}: has a header (row 1) but only blank rows; give the file that holds the rows"
        )
    if not filled.all():
        mask = pa.array(filled)
        columns = {name: column.filter(mask) for name, column in columns.items()}
    return Table(path, columns, np.flatnonzero(filled) + 2, int((~filled).sum()))


def _bytes(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: is not a sound gzip file; pack it anew ({_short(error)})") from error


def _utf8(path: Path, content: bytes, encoding: str) -> bytes:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].decode(encoding, errors="ignore").count("\n") + 1
        wrong = content[error.start : error.start + 4].hex(" ")
        raise UserError(
            f"{path}: row {row}: bytes {wrong} are not {encoding}; "
            "name the file's source.encoding (gb18030, latin-1, utf-16), or save the whole file as utf-8"
        ) from error
    name = codecs.lookup(encoding).name
    if name == "utf-8":
        return content.removeprefix(codecs.BOM_UTF8)
    if name in _ANY_BYTES:
        _refuse_other_encodings(path, content, encoding)
    return text.removeprefix("\ufeff").encode()


def _refuse_other_encodings(path: Path, content: bytes, encoding: str) -> None:
    # Every byte is a letter to these, so a file in another encoding reads as other letters and no error.
    odd = _UTF8_PAIR.search(content) or re.search(rb"\0", content)
    if odd is not None:
        row = content.count(b"\n", 0, odd.start()) + 1
        raise UserError(
            f"{path}: row {row}: bytes {odd.group().hex(' ')} look like utf-8 or utf-16 in a file read as "
            f"{encoding}; save the whole file in one encoding and name it in source.encoding"
        )


def _parsed(path: Path, content: bytes, names: list[str], sep: str, width: int) -> Any:
    ragged: list[Any] = []

    def stop(row: Any) -> str:
        ragged.append(row)
        return "error"

    text = pa.dictionary(pa.int32(), pa.string())
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(content),
            # One thread: only then does Arrow know the number of a ragged row.
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=1 << 24),
            parse_options=arrow_csv.ParseOptions(
                delimiter=sep, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=stop
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=names,
                column_types=dict.fromkeys(names, text),
                strings_can_be_null=False,  # NA is Namibia
            ),
        )
    except pa.ArrowException as error:
        if not ragged:
            raise UserError(f"{path}: is not a sound csv file ({_short(error)})") from error
        row = ragged[0]
        raise UserError(
            f"{path}: row {row.number}: has {row.actual_columns} fields, the header has {width}: "
            f"{_short(row.text)!r}; quote a field that holds {sep!r}, and close every quote"
        ) from error


def demand_columns(path: Path, header: Sequence[str], names: Sequence[str], sep: str = ",") -> None:
    """Every named column stands in the header, once.

    Raises:
        UserError: naming the column, those there are, and perhaps the separator that the file has.
    """
    for name in names:
        if header.count(name) > 1:
            raise UserError(f"{path}: row 1: column {name} stands {header.count(name)} times; rename one")
        if name in header:
            continue
        if len(header) == 1:
            for other, shown in _SEPARATORS.items():
                if other != sep and other in header[0]:
                    raise UserError(
                        f'{path}: row 1: has one column {_short(header[0])!r}; set source.sep: "{shown}"'
                    )
        there = _short(", ".join(header), 300)
        raise UserError(
            f"{path}: no column {name}{did_you_mean(name, header)}; it has {there}; mend the run's entry"
        )


def _joined(column: Any) -> Any:
    return column.unify_dictionaries().combine_chunks()


def _short(what: object, length: int = 80) -> str:
    text = " ".join(str(what).split())
    return text if len(text) <= length else text[: length - 1] + "…"
