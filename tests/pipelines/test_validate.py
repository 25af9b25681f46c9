from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modules.errors import UserError
from pipelines.config.migration import MigrationRun
from pipelines.paths import RunPaths
from pipelines.validate import run
from pipelines.validation import Check, read_validation
from tests.pipelines.entries import migration_run

CODES = ["A", "B", "C"]
Frames = dict[str, pd.DataFrame]


def config(**sections: Any) -> MigrationRun:
    entry = {
        "track": "migration",
        "data": "data",
        "source": {"kind": "flows", "path": "flows.csv"},
        "period": {
            "unit": "month",
            "from": "2020-01",
            "to": "2020-12",
            "gaps": [{"from": "2020-05", "to": "2020-06"}],
        },
        "cells": {"absent": "zero"},
        "windows": {"length": 2, "horizon": 1, "validation": 2, "test": 2},
        "checks": {"min_rows": 50},
    }
    return migration_run(entry | sections)


def clean() -> Frames:
    months = [m for m in range(1, 13) if m not in {5, 6}]
    keys = [(f"2020-{m:02d}", o, d) for m in months for o in CODES for d in CODES]
    flows = pd.DataFrame(keys, columns=["period", "origin", "destination"])
    flows["count"] = np.arange(len(flows)) % 7 + 10.0
    regions = pd.DataFrame(
        {"region": CODES, "name": ["甲", "乙", "丙"], "lat": [30.0, 31, 32], "lon": [110.0, 111, 112]}
    )
    pairs = [(o, d) for o in CODES for d in CODES if o != d]
    distances = pd.DataFrame(pairs, columns=["origin", "destination"]).assign(km=100.0)
    return {"flows": flows, "regions": regions, "distances": distances}


def write(frames: Frames) -> None:
    folder = RunPaths("toy").extracted
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)


def put(name: str, row: int, column: str, value: object) -> Callable[[Frames], None]:
    def dirty(frames: Frames) -> None:
        if isinstance(value, str) or value is None:
            frames[name][column] = frames[name][column].astype(object)
        frames[name].loc[row, column] = value

    return dirty


def swap(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Frames], None]:
    def dirty(frames: Frames) -> None:
        frames[name] = change(frames[name])

    return dirty


def failed(page: Path) -> dict[str, list[Check]]:
    found = read_validation(page / "result.json")
    return {s: [check for _, check in found.failed(s)] for s in ("critical", "warning")}  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_clean_data_passes_every_check() -> None:
    write(clean())
    run("toy", config())
    found = read_validation(RunPaths("toy").validation / "result.json")
    assert [table.name for table in found.tables] == ["flows", "regions", "distances", "periods", "exchange"]
    assert not found.failed("critical")
    assert not found.failed("warning")
    assert "The data passes every check" in (RunPaths("toy").validation / "index.html").read_text()


@pytest.mark.parametrize("without", ["distances", "coordinates"])
def test_geography_may_be_absent(without: str) -> None:
    frames = clean()
    if without == "coordinates":
        frames["regions"][["lat", "lon"]] = np.nan
    del frames["distances"]
    write(frames)
    run("toy", config())
    assert failed(RunPaths("toy").validation) == {"critical": [], "warning": []}


CRITICAL = [
    (swap("flows", lambda f: f.drop(columns="count")), "columns_to_match_set", None, "missing count"),
    (swap("flows", lambda f: f.head(0)), "table_row_count", None, "observed 0"),
    (swap("flows", lambda f: f.head(49)), "table_row_count", None, "observed 49"),
    (
        swap("flows", lambda f: pd.concat([f, f.head(1)])),
        "compound_columns_to_be_unique",
        "period, origin, destination",
        "period 2020-01, origin A, destination A",
    ),
    (
        put("flows", 3, "count", np.nan),
        "not_be_null",
        "count",
        "count null (period 2020-01, origin B, destination A)",
    ),
    (put("flows", 3, "origin", None), "not_be_null", "origin", "origin null (period 2020-01, destination A)"),
    (
        put("flows", 3, "count", -4.0),
        "to_be_between",
        "count",
        "count -4 (period 2020-01, origin B, destination A)",
    ),
    (put("flows", 3, "count", np.inf), "to_be_between", "count", "count inf"),
    (swap("flows", lambda f: f.assign(count="x")), "to_be_of_type", "count", "observed "),
    (put("flows", 3, "period", "2020-05"), "to_be_in_set", "period", "period 2020-05 (origin B"),
    (put("flows", 3, "period", "2019-12"), "to_be_in_set", "period", "period 2019-12"),
    (put("flows", 3, "origin", "X\nY"), "to_be_in_set", "origin", "origin X Y (period 2020-01"),
    (put("flows", 3, "destination", "X"), "to_be_in_set", "destination", "destination X (period 2020-01"),
    (
        swap("flows", lambda f: f[f["period"] != "2020-03"]),
        "to_be_between",
        "rows",
        "rows 0 (period 2020-03)",
    ),
    (swap("regions", lambda r: r.head(1)), "table_row_count", None, "observed 1"),
    (put("regions", 1, "region", "A"), "to_be_unique", "region", "region A"),
    (put("regions", 1, "name", None), "not_be_null", "name", "name null (region B)"),
    (put("regions", 1, "lat", 110.0), "to_be_between", "lat", "lat 110 (region B)"),
    (put("regions", 1, "lon", -181.0), "to_be_between", "lon", "lon -181 (region B)"),
    (put("distances", 1, "km", -1.0), "to_be_between", "km", "km -1 (origin A, destination C)"),
    (put("distances", 1, "km", np.nan), "not_be_null", "km", "km null"),
    (put("distances", 1, "origin", "X"), "to_be_in_set", "origin", "origin X (destination C)"),
    (
        swap("distances", lambda d: pd.concat([d, d.head(1)])),
        "compound_columns_to_be_unique",
        "origin, destination",
        "origin A, destination B",
    ),
    (swap("distances", lambda d: d.iloc[1:]), "to_be_between", "far", "far 1 (region A)"),
]


@pytest.mark.parametrize(("dirty", "kind", "column", "sample"), CRITICAL)
def test_critical_dirt_stops_the_stage(
    dirty: Callable[[Frames], None], kind: str, column: str | None, sample: str
) -> None:
    frames = clean()
    dirty(frames)
    write(frames)
    with pytest.raises(UserError) as stopped:
        run("toy", config())
    line = str(stopped.value)
    page = Path(".scratch/toy/validation")
    caught = [c for c in failed(page)["critical"] if kind in c.type and c.column == column]
    assert caught, failed(page)
    assert any(s.startswith(sample) for s in caught[0].samples)
    assert not RunPaths("toy").validation.exists()
    assert "\n" not in line
    assert str(page / "index.html") in line
    first = failed(page)["critical"][0]
    for part in (first.type, first.column or "", first.samples[0], first.mend):
        assert part in line
    html = (page / "index.html").read_text()
    assert "not fit to learn from" in html
    assert html.index("failed</span>") < (html + "passed</span>").index("passed</span>")


WARNING = [
    (put("flows", 0, "count", 9e4), "jump", "jump "),
    (
        swap("flows", lambda f: f[(f["destination"] != "C") | (f["origin"] == "C")]),
        "inflow",
        "inflow 0 (region C)",
    ),
    (
        swap("flows", lambda f: f[(f["origin"] != "C") | (f["destination"] == "C")]),
        "outflow",
        "outflow 0 (region C)",
    ),
    (put("flows", 1, "count", 40.0 * 9), "share", "share 0."),
    (put("regions", 1, "name", "甲"), "name", "name 甲 (region A)"),
]


@pytest.mark.parametrize(("dirty", "column", "sample"), WARNING)
def test_a_warning_lets_the_stage_pass(dirty: Callable[[Frames], None], column: str, sample: str) -> None:
    frames = clean()
    dirty(frames)
    write(frames)
    run("toy", config())
    caught = [c for c in failed(RunPaths("toy").validation)["warning"] if c.column == column]
    assert len(caught) == 1
    assert caught[0].samples[0].startswith(sample)
    assert "To mend" in (RunPaths("toy").validation / "index.html").read_text()


def test_a_jump_is_not_measured_across_a_gap() -> None:
    frames = clean()
    late = frames["flows"]["period"] >= "2020-07"
    frames["flows"].loc[late, "count"] *= 100
    write(frames)
    run("toy", config())
    assert not failed(RunPaths("toy").validation)["warning"]


def test_missing_coordinates_of_one_region_are_a_warning() -> None:
    frames = clean()
    del frames["distances"]
    frames["regions"].loc[1, ["lat", "lon"]] = np.nan
    write(frames)
    run("toy", config())
    assert [c.column for c in failed(RunPaths("toy").validation)["warning"]] == ["lat", "lon"]


@pytest.mark.parametrize(("share", "passes"), [(0.10, True), (0.05, False)])
def test_unknown_cells_count_only_where_absence_means_missing(share: float, passes: bool) -> None:
    frames = clean()
    frames["flows"] = frames["flows"].iloc[6:]  # 6 of 90 cells
    write(frames)
    run("toy", config(checks={"min_rows": 50, "max_missing": share}))
    judged = config(checks={"min_rows": 50, "max_missing": share}, cells={"absent": "missing"})
    if passes:
        run("toy", judged)
    else:
        with pytest.raises(UserError, match=r"expect_column_mean_to_be_between on periods.missing.*0.0666"):
            run("toy", judged)


def test_a_mended_run_leaves_no_failure_behind() -> None:
    write(clean())
    with pytest.raises(UserError, match="at least 1,000 rows"):
        run("toy", config(checks={"min_rows": 1000}))
    run("toy", config())
    assert not Path(".scratch/toy/validation").exists()


def test_same_data_gives_same_bytes() -> None:
    frames = clean()
    frames["flows"].loc[0, "count"] = 9e4
    write(frames)
    folder = RunPaths("toy").validation
    run("toy", config())
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    run("toy", config())
    assert set(first) == {"result.json", "index.html"}
    assert first == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_absent_tables_are_named() -> None:
    with pytest.raises(UserError, match=r"flows.parquet: no such file; build it first"):
        run("toy", config())
