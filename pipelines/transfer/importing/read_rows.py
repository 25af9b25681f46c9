"""Read articles from jsonl, csv and parquet row by row; a broken file is one clear line."""

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from modules.errors import UserError, did_you_mean
from pipelines.config.transfer import ArticlesSource
from pipelines.tables.read_table import demand_columns

Row = Mapping[str, object]
"""Cells by column; an empty line has none."""

_BATCH = 1024
_LONGEST_FIELD = 1 << 30
_LISTED = 30


def read_rows(path: Path, names: Sequence[str], source: ArticlesSource) -> Iterator[Row]:
    """The rows of one file, which is never held whole.

    Raises:
        UserError: if the file is of another kind, empty, broken (with the line), or lacks a column.
    """
    rows = _reader(path)(path, names, source)
    empty = True
    try:
        for row in rows:
            empty = False
            yield row
    except UnicodeDecodeError as error:
        raise _not_encoded(path, source.encoding) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: is not a sound gzip file; pack it anew ({error})") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error
    if empty:
        raise UserError(f"{path}: holds no article; give the file that does")


def _reader(path: Path) -> Callable[[Path, Sequence[str], ArticlesSource], Iterator[Row]]:
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        return _jsonl
    if path.name.endswith((".csv", ".csv.gz")):
        return _csv
    if path.name.endswith(".parquet"):
        return _parquet
    raise UserError(
        f"{path}: unknown kind of file; its name must end in .jsonl, .jsonl.gz, .csv, .csv.gz or .parquet"
    )


def _jsonl(path: Path, names: Sequence[str], source: ArticlesSource) -> Iterator[Row]:
    missing, there = set(names), dict[str, None]()
    any_article = False
    with _open(path) as content, _text(content, source.encoding) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                yield {}
                continue
            article = _json_object(path, number, line)
            any_article = True
            if missing:
                missing.difference_update(article)
                there |= dict.fromkeys(list(article)[:_LISTED])
            yield article
    if any_article and missing:
        name = min(missing)
        listing = ", ".join(list(there)[:_LISTED]) or "none"
        raise UserError(
            f"{path}: no line has the key {name}{did_you_mean(name, there)}; keys are {listing}; "
            "mend transfer.articles"
        )


def _json_object(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        article = json.loads(line, parse_constant=lambda _: None)  # NaN, as pandas writes what is absent
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: line {number}: is not JSON ({error}); mend or delete it") from error
    if not isinstance(article, dict):
        raise UserError(f"{path}: line {number}: is not a JSON object; write one article {{...}} a line")
    return article


def _csv(path: Path, names: Sequence[str], source: ArticlesSource) -> Iterator[Row]:
    # Python's reader and not Arrow's: it streams, and knows the line of a fault.
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        with _open(path) as content, _text(content, source.encoding) as lines:
            rows = csv.reader(lines, delimiter=source.sep, strict=True)
            start = 1
            try:
                header = next(rows, [])
                if not header:
                    return
                demand_columns(path, header, names, source.sep)
                start = rows.line_num + 1
                for row in rows:
                    if row and len(row) != len(header):
                        raise UserError(
                            f"{path}: line {start}: has {len(row)} fields, the header has {len(header)}; "
                            f"quote a field that holds {source.sep!r} or a line break"
                        )
                    yield dict(zip(header, row, strict=False))
                    start = rows.line_num + 1
            except csv.Error as error:
                raise UserError(
                    f"{path}: line {start}: is not sound csv ({error}); close every quote, "
                    "double those inside"
                ) from error
    finally:
        csv.field_size_limit(before)


def _parquet(path: Path, names: Sequence[str], _source: ArticlesSource) -> Iterator[Row]:
    try:
        with pq.ParquetFile(path) as file:
            demand_columns(path, file.schema_arrow.names, names)
            for batch in file.iter_batches(_BATCH, columns=list(names)):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise UserError(f"{path}: is not a sound parquet file; write it anew ({error})") from error


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _text(content: gzip.GzipFile | io.BufferedReader, encoding: str) -> io.TextIOWrapper:
    utf8 = codecs.lookup(encoding).name == "utf-8"
    return io.TextIOWrapper(content, encoding="utf-8-sig" if utf8 else encoding, newline="")


def _not_encoded(path: Path, encoding: str) -> UserError:
    # The decoder reads ahead of the lines, so the line of the fault is looked for anew.
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with _open(path) as content:
        try:
            for piece in content:
                line += decoder.decode(piece).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            wrong = error.object[error.start : error.start + 4].hex(" ")
            return UserError(
                f"{path}: line {line}: bytes {wrong} are not {encoding}; name the file's source.encoding "
                "(gb18030, latin-1, utf-16), or save the whole file as utf-8"
            )
    return UserError(f"{path}: is not {encoding}; name the file's source.encoding")
