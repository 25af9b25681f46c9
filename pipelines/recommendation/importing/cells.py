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


def numbers(cells: Coded) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers of a column, NaN where blank (or written NA or NaN), and where the cell is no number."""
    values = np.array([_number(text) for text in cells.texts], dtype=np.float64)
    odd = np.isinf(values)
    return np.where(odd, np.nan, values)[cells.codes], odd[cells.codes]


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
