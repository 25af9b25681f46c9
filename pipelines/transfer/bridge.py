"""From the transfers that a run has found to a run that forecasts them: tracks joined by one table."""

from typing import Any, Literal

import pyarrow.compute as pc
import pyarrow.parquet as pq

from modules.errors import UserError
from modules.period import Calendar
from pipelines.config import RunConfig, load_run, parse_run
from pipelines.config.run import of_track
from pipelines.config.transfer import TransferRun
from pipelines.paths import RunPaths

Unit = Literal["month", "year"]
_FEWEST = 8
"""Periods from which on there is enough to train, validate and test on."""
_LONGEST_MEMORY = {"month": 12, "year": 4}
_LONGEST_HORIZON = {"month": 3, "year": 2}


def entry_of(name: str, unit: Unit, regions: int) -> RunConfig:
    """The entry of a migration run on the flows of a transfer run, by month or year, country by country.

    Spans follow the number of periods: the last fifth tests, the fifth before validates.

    Args:
        name: of the transfer run, built.
        unit: of its periods.
        regions: busiest countries that are kept.

    Raises:
        UserError: if the run is of another track, is not built, or tells of too few periods.
    """
    config = of_track(load_run(name), TransferRun)
    folder = RunPaths(name).evaluation
    path = folder / f"flows_{unit}.parquet"
    if not path.exists():
        raise UserError(f"{path}: no such file; build the run first: make demo RUN={name}")
    flows = pq.read_table(path, columns=["period", "origin", "destination"])
    periods = flows.column("period")
    countries = {code for end in ("origin", "destination") for code in flows.column(end).to_pylist()}
    if not len(periods):
        raise UserError(
            f"{path}: holds no flow; none of {name}'s transfers names both countries and a {unit}"
        )
    ends = pc.min_max(periods).as_py()
    calendar = Calendar(unit)
    count = calendar.ordinal(ends["max"]) - calendar.ordinal(ends["min"]) + 1
    if count < _FEWEST:
        raise UserError(f"{path}: tells of {count} {unit}s; it takes {_FEWEST} to train and to judge on")
    held = max(1, count // 5)
    horizon = max(1, min(_LONGEST_HORIZON[unit], held))
    length = max(2, min(_LONGEST_MEMORY[unit], count - 2 * held - horizon - 1))
    entry: dict[str, Any] = {
        "track": "migration",
        "data": folder.as_posix(),
        "licence": config.licence,
        "source": {"kind": "flows", "path": path.name},
        "migration": {
            "period": {"unit": unit, "from": ends["min"], "to": ends["max"]},
            "regions": {
                "path": "countries.parquet",
                "id": "iso3",
                "name": "name",
                "lat": "lat",
                "lon": "lon",
                "keep": f"{regions} busiest" if regions < len(countries) else "all",
            },
            # Nobody was told to have moved: news attention, which has no listing threshold.
            "cells": {"absent": "zero", "zero": True, "diagonal": False},
            "windows": {"length": length, "horizon": horizon, "validation": held, "test": held},
        },
        "checks": {"min_rows": 10},
    }
    return parse_run(entry, f"flows of {name}")


def run_name(name: str, unit: Unit) -> str:
    """What the new run is called, like `news_by_month`."""
    return f"{name[:31]}_by_{unit}"
