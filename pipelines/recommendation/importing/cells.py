"""A column's cells as they are meant: texts without blanks round them, ids, and numbers."""

import math
import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.tables.table import Coded, Table

_WHOLE = re.compile(r"(-?\d+)\.0+")
_ABSENT = {"", "NA", "NaN", "nan"}


def texts(table: Table, column: str) -> Coded:
    """A column of texts; blank is ""."""
    return _renamed(table.texts(column, blank=True), str.strip)


def labels(table: Table, column: str) -> Coded:
    """A column of ids or labels, where 11.0 is 11: so pandas writes whole numbers beside a blank."""
    return _renamed(table.texts(column, blank=True), label)


def label(text: str) -> str:
    """One id or label."""
    stripped = text.strip()
    whole = _WHOLE.fullmatch(stripped)
    return whole.group(1) if whole else stripped


def numbers(table: Table, column: str) -> tuple[NDArray[np.float64], NDArray[np.bool_], Coded]:
    """A column's numbers, NaN where blank (or written NA or NaN); which cells are none; and their texts."""
    stored = table.columns[column]
    if pa.types.is_floating(stored.type) or pa.types.is_integer(stored.type):
        values = stored.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return np.where(np.isinf(values), np.nan, values), np.isinf(values), shown(values, np.isinf(values))
    written = texts(table, column)
    read = np.array([_number(text) for text in written.texts], dtype=np.float64)
    odd = np.isinf(read)
    return np.where(odd, np.nan, read)[written.codes], odd[written.codes], written


def shown(values: NDArray[np.float64], rows: NDArray[np.bool_]) -> Coded:
    """Numbers of some rows as texts, to be told of those rows alone."""
    return Coded(np.cumsum(rows, dtype=np.int32) - 1, [f"{value:.15g}" for value in values[rows]])


def column_of(cells: Coded, rows: NDArray[np.int64]) -> pa.Array:
    """The texts of some rows; blank is null."""
    known = pa.array([text or None for text in cells.texts], pa.string())
    return known.take(pa.array(cells.codes[rows]))


def _number(text: str) -> float:
    # Infinity stands for what is no number, as it is none either.
    if text in _ABSENT:
        return math.nan
    try:
        number = float(text)
    except ValueError:
        return math.inf
    return math.inf if math.isnan(number) or "_" in text else number


def _renamed(cells: Coded, rename: Callable[[str], str]) -> Coded:
    position: dict[str, int] = {}
    codes = [position.setdefault(rename(text), len(position)) for text in cells.texts]
    return Coded(np.array(codes, dtype=np.int32)[cells.codes], list(position))
