"""Small files as a user brings them, and the entry that fits them."""

import itertools
from pathlib import Path
from typing import Any

from pipelines.config.migration import MigrationRun
from tests.pipelines.entries import migration_run

MONTHS = [f"2020-{month:02d}" for month in range(1, 9)]
REGIONS = ["A", "B", "C"]


def entry(data: Path, **sections: Any) -> MigrationRun:
    """The entry of `flows_csv`, with some keys of some sections changed."""
    base: dict[str, Any] = {
        "track": "migration",
        "data": str(data),
        "source": {"kind": "flows", "path": "flows.csv"},
        "columns": {},
        "period": {"unit": "month", "from": "2020-01", "to": "2020-08"},
        "regions": {},
        "cells": {"absent": "zero"},
        "windows": {"length": 2, "horizon": 1, "validation": 1, "test": 2},
    }
    for name, keys in sections.items():
        base[name] = {**base[name], **keys}
    return migration_run(base)


def rows() -> list[list[str]]:
    """Every month, origin and destination; counts from 1 up, zeros nowhere."""
    cells = itertools.product(MONTHS, REGIONS, REGIONS)
    return [[month, i, j, str(number)] for number, (month, i, j) in enumerate(cells, 1)]


def text(lines: list[list[str]], header: str = "period,origin,destination,count") -> str:
    """The lines as csv."""
    return "\n".join([header, *(",".join(line) for line in lines)]) + "\n"


def flows_csv(folder: Path, content: str | None = None) -> Path:
    """Write flows.csv; its rows are `rows()` unless told otherwise."""
    path = folder / "flows.csv"
    path.write_text(text(rows()) if content is None else content, encoding="utf-8")
    return path
