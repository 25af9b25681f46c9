from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modules.migration.cells import CellRules
from modules.migration.flows import Flows, read_flows
from modules.period import Calendar

YEAR = Calendar("year")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        ("2000", "a", "b", 5.0),
        ("2000", "b", "a", 0.0),
        ("2000", "a", "a", 9.0),
        ("2003", "a", "b", 7.0),
    ]
    period, origin, destination, count = zip(*rows, strict=True)
    pq.write_table(
        pa.table({"period": period, "origin": origin, "destination": destination, "count": count}),
        tmp_path / "flows.parquet",
    )
    pq.write_table(
        pa.table({"region": ["a", "b"], "name": ["A", "B"], "lat": [0.0, 1.0], "lon": [0.0, 1.0]}),
        tmp_path / "regions.parquet",
    )
    return tmp_path


def read(folder: Path, absent: str = "zero", zero: object = True, *, diagonal: bool = True) -> Flows:
    return read_flows(folder, YEAR, range(2000, 2004), {2001}, CellRules(absent, zero, diagonal))  # type: ignore[arg-type]


def test_an_absent_row_is_a_scored_zero_where_it_means_nobody_moved(folder: Path) -> None:
    flows = read(folder)
    assert flows.values[2, 0, 1] == 0
    assert flows.scored[2].all()
    assert flows.labels == ("2000", "2001", "2002", "2003")


def test_an_absent_row_is_unknown_where_it_means_missing(folder: Path) -> None:
    flows = read(folder, absent="missing")
    assert np.isnan(flows.values[2, 0, 1])
    assert not flows.scored[2].any()
    assert flows.inputs()[2, 0, 1] == 5, "an unknown input is the last known value"


def test_a_censored_cell_is_a_zero_that_nobody_is_judged_on(folder: Path) -> None:
    flows = read(folder, absent="censored", zero="censored")
    assert flows.values[0, 1, 0] == 0
    assert not flows.scored[0, 1, 0]
    assert not flows.scored[2].any()
    assert flows.scored[0, 0, 1]


def test_a_censored_input_is_half_the_least_that_its_origin_lists(folder: Path) -> None:
    flows = read(folder, absent="censored", zero="censored")
    values = np.zeros((2, 3, 3), dtype=np.float32)
    values[0] = [[9, 8, 0], [0, 0, 0], [4, 6, 0]]
    values[1] = [[9, 0, 10], [2, 0, 0], [0, 0, 5]]
    three = replace(
        flows, values=values, scored=values > 0, regions=("a", "b", "c"), observed=np.ones(2, bool)
    )
    first, second = three.inputs()
    np.testing.assert_array_equal(first, [[9, 8, 4], [0, 0, 0], [4, 6, 2]])
    # b had nothing listed at first; the moves inside c say nothing of its cut, so it keeps what it had
    np.testing.assert_array_equal(second, [[9, 5, 10], [2, 1, 1], [4, 6, 5]])


def test_nothing_is_known_in_a_gap(folder: Path) -> None:
    flows = read(folder)
    assert flows.observed.tolist() == [True, False, True, True]
    assert np.isnan(flows.values[1]).all()
    assert not flows.scored[1].any()


def test_the_diagonal_counts_only_where_it_is_a_flow(folder: Path) -> None:
    assert read(folder).scored[0, 0, 0]
    assert not read(folder, diagonal=False).scored[0, 0, 0]


def test_distances_are_optional(folder: Path) -> None:
    assert read(folder).log_km is None
    pq.write_table(
        pa.table({"origin": ["a", "b"], "destination": ["b", "a"], "km": [499.0, 499.0]}),
        folder / "distances.parquet",
    )
    log_km = read(folder).log_km
    assert log_km is not None
    assert log_km[0, 1] == pytest.approx(0)
