"""The regions that are kept: their names, places and distances."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modules.errors import UserError, did_you_mean
from pipelines.config.migration import REGION_COLUMNS, Distances, Regions
from pipelines.sphere import kilometres
from pipelines.tables.locate import locate
from pipelines.tables.read_table import read_table
from pipelines.tables.table import Table

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Gazetteer:
    """The table of regions that the user gave: code -> row, names, coordinates (NaN: not given)."""

    rows: dict[str, int]
    names: list[str]
    lat: Matrix
    lon: Matrix
    more: dict[str, pa.Array]
    """What else the table knows of a region: name_en, population, tier, province."""
    table: Table

    def demand(self, regions: list[str], place: Callable[[str], str]) -> None:
        """Every region must be listed.

        Raises:
            UserError: naming the region and the row that uses it.
        """
        unknown = [region for region in regions if region not in self.rows]
        if unknown:
            hint = did_you_mean(unknown[0], self.rows)
            more = f", and {len(unknown) - 1} more are not" if len(unknown) > 1 else ""
            raise UserError(
                f"{place(unknown[0])}: region {unknown[0]!r}{hint} is not in {self.table.path}{more}; "
                "add it there, or count it in another by regions.merge"
            )


def read_gazetteer(data: Path, regions: Regions, sep: str, encoding: str) -> Gazetteer | None:
    """The run's table of regions, if it has one.

    Raises:
        UserError: at a code that stands twice, or a coordinate that is none.
    """
    if regions.path is None or regions.id is None:
        return None
    path = _one(data, regions.path, "regions.path")
    names = [name for key in REGION_COLUMNS if (name := getattr(regions, key)) is not None]
    table = read_table(path, names, sep, encoding)
    ids = table.texts(regions.id)
    codes = [ids.texts[code] for code in ids.codes]
    rows: dict[str, int] = {}
    for row, code in enumerate(codes):
        if code in rows:
            raise table.fault(row, regions.id, f"{code!r} was already given in row {table.rows[rows[code]]}")
        rows[code] = row
    written = table.texts(regions.name or regions.id, blank=True)
    shown = [written.texts[name] or code for name, code in zip(written.codes, codes, strict=True)]
    lat = _degrees(table, regions.lat, 90.0)
    return Gazetteer(rows, shown, lat, _degrees(table, regions.lon, 180.0), _more(table, regions), table)


def merged(gazetteer: Gazetteer, merge: dict[str, str]) -> Gazetteer:
    """Without the regions counted in another, which gets their inhabitants (unknown, if one's are)."""
    rows = {code: row for code, row in gazetteer.rows.items() if code not in merge}
    if "population" not in gazetteer.more:
        return replace(gazetteer, rows=rows)
    people = gazetteer.more["population"].fill_null(np.nan).to_numpy(zero_copy_only=False).copy()
    for code, into in merge.items():
        if into in rows:
            people[rows[into]] += people[gazetteer.rows[code]] if code in gazetteer.rows else np.nan
    more = {**gazetteer.more, "population": pa.array(people, from_pandas=True)}
    return replace(gazetteer, rows=rows, more=more)


def describe(codes: list[str], gazetteer: Gazetteer | None, regions: Regions) -> pa.Table:
    """regions.parquet: code, name (the code, where none is given), lat, lon (null: unknown) and the rest.

    Raises:
        UserError: if only some regions have coordinates.
    """
    if gazetteer is None:
        unknown = pa.nulls(len(codes), pa.float64())
        return pa.table({"region": codes, "name": codes, "lat": unknown, "lon": unknown})
    rows = [gazetteer.rows[code] for code in codes]
    lat, lon = gazetteer.lat[rows], gazetteer.lon[rows]
    if regions.lat is not None and regions.lon is not None and regions.distances is None:
        for column, values in ((regions.lat, lat), (regions.lon, lon)):
            if np.isnan(values).any():
                at = int(np.isnan(values).argmax())
                what = f"is blank for region {codes[at]!r}; fill it in, or drop regions.lat and regions.lon"
                raise gazetteer.table.fault(rows[at], column, what)
    names = [gazetteer.names[row] for row in rows]
    places = {"lat": pa.array(lat, from_pandas=True), "lon": pa.array(lon, from_pandas=True)}
    more = {name: column.take(pa.array(rows)) for name, column in gazetteer.more.items()}
    return pa.table({"region": pa.array(codes, pa.string()), "name": names, **places, **more})


def _more(table: Table, regions: Regions) -> dict[str, pa.Array]:
    found: dict[str, pa.Array] = {}
    if regions.population is not None:
        people = table.numbers(regions.population, blank=True)
        if (people < 0).any():
            row = int((people < 0).argmax())
            raise table.fault(row, regions.population, f"{people[row]:g} is negative")
        found["population"] = pa.array(people, from_pandas=True)
    for key in ("name_en", "tier", "province"):
        column = getattr(regions, key)
        if column is not None:
            coded = table.texts(column, blank=True)
            found[key] = pa.array([coded.texts[code] or None for code in coded.codes], pa.string())
    return found


def distances(
    data: Path, regions: Regions, described: pa.Table, sep: str, encoding: str
) -> tuple[str, Matrix | None]:
    """Where distances come from (table, coordinates, none), and kilometres between all kept regions.

    Raises:
        UserError: if the table of distances is wrong or lacks a pair.
    """
    codes = described.column("region").to_pylist()
    if regions.distances is not None:
        return "table", _from_table(data, regions.distances, codes, sep, encoding)
    lat, lon = (described.column(name).to_numpy() for name in ("lat", "lon"))
    if np.isnan(lat).any() or np.isnan(lon).any():
        return "none", None
    return "coordinates", kilometres(lat, lon)


def pair_table(regions: list[str], km: Matrix) -> pa.Table:
    """distances.parquet: origin, destination, km, for every pair."""
    size = len(regions)
    codes = pa.array(regions, pa.string())
    return pa.table(
        {
            "origin": codes.take(pa.array(np.repeat(np.arange(size), size))),
            "destination": codes.take(pa.array(np.tile(np.arange(size), size))),
            "km": km.ravel(),
        }
    )


def _from_table(data: Path, columns: Distances, codes: list[str], sep: str, encoding: str) -> Matrix:
    path = _one(data, columns.path, "regions.distances.path")
    table = read_table(path, [columns.origin, columns.destination, columns.km], sep, encoding)
    km = table.numbers(columns.km)
    if (km < 0).any():
        row = int((km < 0).argmax())
        raise table.fault(row, columns.km, f"{km[row]:g} is negative")
    at = {code: position for position, code in enumerate(codes)}
    ends = [table.texts(name) for name in (columns.origin, columns.destination)]
    i, j = (np.array([at.get(text, -1) for text in end.texts])[end.codes] for end in ends)
    rows = np.flatnonzero((i >= 0) & (j >= 0))
    pairs = i[rows] * len(codes) + j[rows]
    _, first, pair = np.unique(pairs, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[pair] != np.arange(len(rows)))
    if len(again):
        row, earlier = rows[again[0]], table.rows[rows[first[pair[again[0]]]]]
        what = f"{codes[i[row]]} to {codes[j[row]]} was already given in row {earlier}; keep one of the two"
        raise table.fault(row, columns.km, what)
    matrix = np.full((len(codes), len(codes)), np.nan)
    matrix[i[rows], j[rows]] = km[rows]
    matrix = np.where(np.isnan(matrix), matrix.T, matrix)  # one direction is enough
    matrix[np.diag_indices_from(matrix)] = np.nan_to_num(np.diagonal(matrix))
    if np.isnan(matrix).any():
        origin, destination = np.argwhere(np.isnan(matrix))[0]
        raise UserError(f"{path}: no distance from {codes[origin]} to {codes[destination]}; add the row")
    return matrix


def _degrees(table: Table, column: str | None, limit: float) -> Matrix:
    if column is None:
        return np.full(len(table.rows), np.nan)
    values = table.numbers(column, blank=True)
    wrong = np.abs(values) > limit
    if wrong.any():
        row = int(wrong.argmax())
        what = f"{values[row]:g} is beyond {limit:g} degrees; are lat and lon swapped?"
        raise table.fault(row, column, what)
    return values


def _one(data: Path, pattern: str, key: str) -> Path:
    found = locate(data, pattern, key)
    if len(found) > 1:
        raise UserError(f"{key}: {pattern!r} names {len(found)} files; name one")
    return found[0]
