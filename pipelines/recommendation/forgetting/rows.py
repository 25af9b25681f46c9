"""A user's table without the rows of one person; every other row stays as it was written."""

import csv
import gzip
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from modules.errors import UserError
from pipelines.config.recommendation import TablesSource
from pipelines.recommendation.importing.cells import label, labels
from pipelines.tables.read_table import demand_columns, read_table

_MARK = "\ufeff"


@dataclass(frozen=True)
class Without:
    """What a file would be without somebody."""

    removed: int
    """Rows."""
    content: bytes


def without(path: Path, columns: Sequence[str], person: str, source: TablesSource) -> Without:
    """A csv, csv.gz or parquet file without the rows that have a person's id in one of some columns.

    Rows of a csv are compared as import does and left as text, byte by byte.

    Raises:
        UserError: if the file is broken, lacks a column, or could not be written as it is encoded.
    """
    if path.name.endswith(".parquet"):
        return _parquet(path, columns, person)
    packed = path.name.endswith(".gz")
    try:
        content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
        text = content.decode(source.encoding)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as {source.encoding}: {error}") from error
    if text.encode(source.encoding) != content:
        raise UserError(
            f"{path}: would not be the same bytes written again as {source.encoding}; save it as utf-8 first"
        )
    bare = text.removeprefix(_MARK)
    kept, removed = [text[: len(text) - len(bare)]], 0
    for lines, its in _records(path, bare, columns, person, source.sep):
        removed += its
        if not its:
            kept.append(lines)
    written = "".join(kept).encode(source.encoding)
    return Without(removed, gzip.compress(written, mtime=0) if packed else written)


def _records(
    path: Path, text: str, columns: Sequence[str], person: str, sep: str
) -> Iterator[tuple[str, bool]]:
    """The text of every record, line ends included, and whether it is the person's."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(iter(lines), delimiter=sep)
    places: list[int] | None = None
    start = 0
    try:
        for record in reader:
            if places is None:
                demand_columns(path, record, columns, sep)
                places, its = [record.index(column) for column in columns], False
            else:
                its = any(label(record[place]) == person for place in places if place < len(record))
            yield "".join(lines[start : reader.line_num]), its
            start = reader.line_num
    except csv.Error as error:
        raise UserError(f"{path}: line {reader.line_num}: is not sound csv ({error})") from error


def _parquet(path: Path, columns: Sequence[str], person: str) -> Without:
    read = read_table(path, columns)
    its = np.zeros(len(read.rows), dtype=np.bool_)
    for column in columns:
        cells = labels(read, column)
        its |= np.array([text == person for text in cells.texts], dtype=np.bool_)[cells.codes]
    file = pq.ParquetFile(path)
    codec = file.metadata.row_group(0).column(0).compression
    written = io.BytesIO()
    pq.write_table(file.read().filter(pa.array(~its)), written, compression=codec)
    return Without(int(its.sum()), written.getvalue())


def replace(contents: Mapping[Path, bytes]) -> None:
    """Write all the files anew, or none if one of them cannot be written.

    Raises:
        UserError: naming the file that cannot be written.
    """
    temporaries: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            target = path.resolve()  # a link stays a link
            temporary = temporaries[target] = target.with_name(f".{target.name}.tmp")
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(target, temporary)
        for target, temporary in temporaries.items():
            temporary.replace(target)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be written: {error.strerror}") from error
    finally:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)
