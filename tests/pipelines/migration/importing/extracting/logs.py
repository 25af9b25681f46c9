"""Small logs of queries, and what extraction makes of them."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.config.migration import MigrationRun
from pipelines.migration.importing.extracting.accounts import FATES
from pipelines.migration.importing.extracting.extract import extract
from tests.pipelines.entries import migration_run

BEIJING, SHANGHAI, SHENZHEN, SUZHOU = "110000", "310000", "440300", "320500"
REGIONS = {
    BEIJING: ("北京", 20e6),
    SHANGHAI: ("上海", 24e6),
    SHENZHEN: ("深圳", 12e6),
    SUZHOU: ("苏州", 10e6),
}
COLUMNS = ("query_id", "user_hash", "ts", "origin", "text")

Row = tuple[str | None, ...]

MARCH = "2021-03"
TEXTS = [
    "上海 招聘",
    "上海 深圳 招聘",
    "朝阳 招聘",
    "天气",
    "会计 招聘",
    "boss直聘",
    "简历模板",
    "江苏 招聘",
    "杭州 工作",
    "",
    None,
]


def entry(**sections: Any) -> MigrationRun:
    """A run over the first eight months of 2021 that keeps every cell and counts people as they are."""
    whole: dict[str, Any] = {
        "track": "migration",
        "data": "log",
        "source": {"kind": "queries", "path": "*.parquet"},
        "extract": {"k_anonymity": 1, "normalise": "none"},
        "period": {"unit": "month", "from": "2021-01", "to": "2021-08"},
        "regions": {"path": "regions.csv", "id": "region", "name": "name", "population": "population"},
        "cells": {"absent": "censored"},
        "windows": {"length": 2, "horizon": 1, "validation": 1, "test": 2},
    }
    for key, section in sections.items():
        whole[key] = {**whole.get(key, {}), **section} if "kind" not in section else section
    return migration_run(whole)


def rows(*queries: tuple[str, str | None, str], month: str = "2021-03") -> list[Row]:
    """Sound rows of (user, origin, text), a minute apart."""
    return [
        (f"{month}-{at:04d}", user, f"{month}-01T{at // 60:02d}:{at % 60:02d}:00Z", origin, text)
        for at, (user, origin, text) in enumerate(queries)
    ]


def write_log(data: Path, log: list[Row], name: str = "log.parquet", *, regions: bool = True) -> None:
    """The log as one parquet file of texts, beside a table of four regions."""
    data.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(log, dict.fromkeys(COLUMNS, pl.String), orient="row").write_parquet(data / name)
    if not regions:
        return
    table = [(code, name, people) for code, (name, people) in REGIONS.items()]
    pl.DataFrame(table, ["region", "name", "population"], orient="row").write_csv(data / "regions.csv")


def extracted(config: MigrationRun, log: list[Row] | None = None) -> dict[str, pl.DataFrame]:
    """Run the stage in the working folder; its tables by name."""
    if log is not None:
        write_log(Path(config.data), log)
    extract("try", config)
    folder = Path("runs/try/extracted")
    quarantine = sorted((folder / "quarantine").glob("*.parquet"))
    tables = {
        name: pl.read_parquet(folder / f"{name}.parquet")
        for name in ("flows", "search", "queries", "regions")
    }
    return {**tables, "quarantine": pl.concat([pl.read_parquet(path) for path in quarantine])}


def fates(tables: dict[str, pl.DataFrame]) -> dict[str, int]:
    """How many rows had which fate, over all periods; those that none had are left out."""
    sums = tables["queries"].select("read", *FATES).sum().row(0, named=True)
    return {name: rows for name, rows in sums.items() if rows}


def flows(tables: dict[str, pl.DataFrame]) -> dict[tuple[str, str, str], float]:
    """Period, origin, destination -> count."""
    return {
        row[:3]: row[3] for row in tables["flows"].select("period", "origin", "destination", "count").rows()
    }


def digests() -> dict[str, str]:
    """Of everything but the record, which names the log's own hash."""
    top = Path("runs/try/extracted")
    return {
        str(path.relative_to(top)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(top.rglob("*.parquet"))
    }
