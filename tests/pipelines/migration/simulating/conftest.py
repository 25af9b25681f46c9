"""A simulated log of 3 cities to look at, and what the stage writes of it."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.config.migration import MigrationRun
from pipelines.migration.simulating import stage
from pipelines.paths import RunPaths
from tests.pipelines.entries import migration_run

DIRT = {
    "unknown_origin": 0.03,
    "ambiguous": 0.02,
    "employer": 0.025,
    "navigational": 0.04,
    "no_place": 0.05,
    "repeat": 0.035,
    "bot": 0.02,
    "malformed": 0.015,
    "wrong_type": 0.01,
    "out_of_range": 0.012,
}
QUERIES = 120_000


def config(seed: int = 7, period: dict[str, Any] | None = None, **source: Any) -> MigrationRun:
    entry = {
        "track": "migration",
        "data": "params/no-input",
        "seed": seed,
        "source": {"kind": "simulate", "cities": 8, "queries": QUERIES, **source},
        "period": period or {"unit": "month", "from": "2021-01", "to": "2022-12"},
        "regions": {"path": "regions.csv", "id": "region", "name": "name", "lat": "lat", "lon": "lon"},
        "cells": {"absent": "zero"},
        "windows": {"length": 4, "horizon": 2, "validation": 4, "test": 4},
    }
    return migration_run(entry)


def written(top: Path, config: MigrationRun, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run's folder after the stage."""
    top.mkdir(exist_ok=True)
    monkeypatch.chdir(top)
    stage.run("made", config)
    return top / RunPaths("made").top


def rows(run: Path) -> pl.DataFrame:
    """The log with its gold labels."""
    log = pl.read_parquet(run / "raw" / "queries" / "*.parquet", include_file_paths="file")
    gold = pl.read_parquet(run / "gold" / "queries" / "*.parquet")
    month = pl.col("file").str.extract(r"(\d{4}-\d{2})\.parquet$")
    joined = log.join(gold, on="query_id", how="full", validate="1:1")
    return joined.with_columns(month.alias("month")).drop("file", "query_id_right")


@pytest.fixture(scope="session")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        return written(tmp_path_factory.mktemp("dirty"), config(dirt=DIRT), patch)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        return written(tmp_path_factory.mktemp("clean"), config(dirt={"scale": 0.0}), patch)
