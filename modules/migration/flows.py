"""The origin-destination tensor: counts by period, origin and destination, and what is known of each."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from modules.migration.arrays import BoolArray, Float64Array, FloatArray
from modules.migration.cells import CellRules
from modules.migration.censoring import below_the_cut
from modules.period import Calendar


@dataclass(frozen=True)
class Flows:
    """Counts of moves. T periods (gaps included), N regions; rows are origins, columns destinations.

    Shapes:
        values: T x N x N, moves; NaN where unknown (a missing cell, a gap). A censored cell is 0.
        scored: T x N x N, true where a forecast can be learnt from and judged: known, not censored,
            and off the diagonal unless the diagonal is a flow.
        observed: T, false in gaps.
        log_km: N x N, log((km + 1) / 500), or none where distances are not known.
        population: N, people, or none where not known.
    """

    calendar: Calendar
    rules: CellRules
    first: int
    regions: tuple[str, ...]
    names: tuple[str, ...]
    values: FloatArray
    scored: BoolArray
    observed: BoolArray
    log_km: FloatArray | None
    population: Float64Array | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of every period, gaps included."""
        return tuple(self.calendar.label(self.first + step) for step in range(len(self.observed)))

    def season(self, step: int) -> int:
        """Position in the calendar cycle of the period at `step` on the time axis (may lie beyond it)."""
        return self.calendar.season(self.first + step)

    def inputs(self) -> FloatArray:
        """Values without holes: an unknown cell is its corridor's last known value, else 0.

        A censored cell is half the least that its origin listed (`modules.migration.censoring`).
        """
        filled = self.values.copy()
        before = np.zeros_like(filled[0])
        for step, counts in enumerate(filled):
            np.copyto(counts, before, where=np.isnan(counts))
            before = filled[step] = below_the_cut(counts, self.censored[step], before)
        return filled

    @property
    def censored(self) -> BoolArray:
        """T x N x N, known only to be too small to be listed."""
        off = ~np.eye(len(self.regions), dtype=np.bool_) | self.rules.diagonal
        some: BoolArray = ~self.scored & (self.values == 0) & off
        return some


def _codes(column: pa.ChunkedArray, values: list[str]) -> npt.NDArray[np.int64]:
    encoded = column.combine_chunks().dictionary_encode()
    position = {value: code for code, value in enumerate(values)}
    table = np.array([position[value] for value in encoded.dictionary.to_pylist()], dtype=np.int64)
    codes: npt.NDArray[np.int64] = table[encoded.indices.to_numpy()]
    return codes


def read_flows(
    folder: Path, calendar: Calendar, periods: range, gaps: Collection[int], rules: CellRules
) -> Flows:
    """Build the tensor from `flows.parquet`, `regions.parquet` and, where it exists, `distances.parquet`.

    Args:
        folder: the import stage's output.
        calendar: the unit of the periods.
        periods: ordinals of every period, gaps included.
        gaps: ordinals of the periods in which nothing was recorded.
        rules: what silence in the table means.
    """
    regions = pq.read_table(folder / "regions.parquet").to_pydict()
    ids: list[str] = regions["region"]
    labels = [calendar.label(ordinal) for ordinal in periods]
    table = pq.read_table(folder / "flows.parquet")
    observed = np.array([ordinal not in gaps for ordinal in periods])
    values = np.full(
        (len(labels), len(ids), len(ids)), np.nan if rules.absent == "missing" else 0, dtype=np.float32
    )
    written = np.zeros(values.shape, dtype=np.bool_)
    cells = (_codes(table["period"], labels), _codes(table["origin"], ids), _codes(table["destination"], ids))
    values[cells] = table["count"].to_numpy()
    written[cells] = True
    values[~observed] = np.nan

    scored = ~np.isnan(values)
    if rules.absent == "censored":
        scored &= written
    if rules.zero == "censored":
        scored &= ~(written & (values == 0))
    if not rules.diagonal:
        np.einsum("tii->ti", scored)[:] = False
        np.einsum("tii->ti", values)[:] = 0
    return Flows(
        calendar=calendar,
        rules=rules,
        first=periods.start,
        regions=tuple(ids),
        names=tuple(regions["name"]),
        values=values,
        scored=scored,
        observed=observed,
        log_km=_log_km(folder / "distances.parquet", ids),
        population=_population(regions),
    )


def _population(regions: dict[str, list[Any]]) -> Float64Array | None:
    people = regions.get("population", [None])
    return None if None in people else np.array(people, dtype=np.float64)


def _log_km(path: Path, ids: list[str]) -> FloatArray | None:
    if not path.exists():
        return None
    table = pq.read_table(path)
    km = np.zeros((len(ids), len(ids)), dtype=np.float32)
    km[_codes(table["origin"], ids), _codes(table["destination"], ids)] = table["km"].to_numpy()
    log_km: FloatArray = np.log((km + 1) / 500).astype(np.float32)
    return log_km
