"""The rows of the flow files, of whatever format, and where each stands."""

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modules.errors import UserError, did_you_mean
from modules.period import Calendar
from pipelines.config.migration import Columns, FlowsSource
from pipelines.migration.importing.periods import PeriodError, Periods, read_periods
from pipelines.tables.read_table import read_table
from pipelines.tables.table import Coded

_CUBE = 3  # [period, origin, destination]


@dataclass(frozen=True)
class Rows:
    """Rows as read; `place` says where a row stands, for messages."""

    periods: Periods
    origin: Coded
    destination: Coded
    count: NDArray[np.float64]
    blank: int
    place: Callable[[int], str]


def read_rows(path: Path, source: FlowsSource, columns: Columns, calendar: Calendar) -> Rows:
    """The rows of one file, told by its ending.

    Raises:
        UserError: naming file, row, column and value of the first fault.
    """
    read = _read_cube if path.suffix == ".npz" else _read_list
    rows = read(path, source, columns, calendar)
    if (rows.count < 0).any():
        row = int((rows.count < 0).argmax())
        raise UserError(
            f"{rows.place(row)}, column {columns.count}: {rows.count[row]:g} is negative; "
            "a count is zero or more: correct it or take the row out"
        )
    return rows


def _read_list(path: Path, source: FlowsSource, columns: Columns, calendar: Calendar) -> Rows:
    names = [*columns.period, columns.origin, columns.destination, columns.count]
    table = read_table(path, names, source.sep, source.encoding)
    try:
        periods = read_periods([table.texts(name) for name in columns.period], calendar)
    except PeriodError as error:
        raise table.fault(error.row, ", ".join(columns.period), str(error)) from error
    origin, destination = table.texts(columns.origin), table.texts(columns.destination)
    count = table.numbers(columns.count)

    def place(row: int) -> str:
        return f"{path}: row {table.rows[row]}"

    return Rows(periods, origin, destination, count, table.blank, place)


def _read_cube(path: Path, _source: FlowsSource, columns: Columns, calendar: Calendar) -> Rows:
    arrays = _arrays(path, [*columns.period, columns.count])
    cube = arrays[columns.count]
    if cube.ndim != _CUBE or cube.shape[1] != cube.shape[2] or cube.dtype.kind not in "iuf":
        raise UserError(
            f"{path}: array {columns.count}: is {cube.dtype}{list(cube.shape)}; "
            "write numbers [period, origin, destination] with as many origins as destinations"
        )
    parts = []
    for name in columns.period:
        if arrays[name].shape != cube.shape[:1]:
            what = f"has shape {list(arrays[name].shape)}; {columns.count} has {cube.shape[0]} periods"
            raise UserError(f"{path}: array {name}: {what}")
        parts.append(Coded(np.arange(len(cube), dtype=np.int32), arrays[name].astype(str).tolist()))
    try:
        steps = read_periods(parts, calendar)
    except PeriodError as error:
        raise UserError(f"{path}: array {', '.join(columns.period)}[{error.row}]: {error}") from error
    if np.isinf(cube).any():
        t, i, j = np.argwhere(np.isinf(cube))[0]
        raise UserError(
            f"{path}: array {columns.count}[{t}, {i}, {j}]: inf is not a finite number; "
            "write NaN where nothing is known"
        )
    if np.isnan(cube).all():
        raise UserError(f"{path}: array {columns.count}: holds no count, every cell is NaN")
    t, i, j = (axis.astype(np.int32) for axis in np.nonzero(~np.isnan(cube)))
    regions = [str(position) for position in range(cube.shape[1])]
    return Rows(
        Periods(steps.ordinal[t], steps.key[t]),
        Coded(i, regions),
        Coded(j, regions),
        cube[t, i, j].astype(np.float64),
        blank=0,
        place=lambda row: f"{path}: array {columns.count}[{t[row]}, {i[row]}, {j[row]}]",
    )


def _arrays(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            there = list(archive)
            arrays = {name: archive[name] for name in names if name in there}
    except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path}: is not a sound npz file of plain arrays ({error})") from error
    for name in names:
        if name not in arrays:
            hint = did_you_mean(name, there)
            raise UserError(f"{path}: no array {name}{hint}; it has {', '.join(there)}; mend the run's entry")
    return arrays
