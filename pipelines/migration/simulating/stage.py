"""The simulate stage: raw queries as an engine exports them, and the gold labels that score extraction."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import track

from pipelines.config.migration import MigrationRun
from pipelines.config.simulate import SimulateSource
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.migration.simulating.cities import City, largest_cities
from pipelines.migration.simulating.log import Log
from pipelines.migration.simulating.months import Month, months_of
from pipelines.migration.simulating.planted import Planted, plant
from pipelines.migration.simulating.sample import sample
from pipelines.paths import RunPaths

_REPEATED = ["origin", "text", "clicked_host", "kind", "destination"]
_STREAM = 0  # of random numbers, beside that of the log


def run(name: str, config: MigrationRun) -> None:
    """Write raw/ and gold/ of a run; a run that brings its own data gets a note in both.

    Raises:
        UserError: if the log that is asked for cannot be drawn; nothing is written then.
    """
    paths = RunPaths(name)
    with whole_folder(paths.gold) as gold, whole_folder(paths.raw) as raw:
        if config.source.kind == "simulate":
            _simulate(config.source, config, raw, gold)
        else:
            for folder in (raw, gold):
                write_json(folder / "empty.json", {"source": config.source.kind})


def _simulate(source: SimulateSource, config: MigrationRun, raw: Path, gold: Path) -> None:
    cities, months = largest_cities(source.cities), months_of(config.migration.period)
    rng = np.random.default_rng([config.seed, _STREAM])
    planted = plant(cities, np.array([month.month - 1 for month in months]), rng)
    log = Log(source, cities, months, sample(planted, cities, months, source), config.seed)
    pc.write_csv(_regions(cities), raw / "regions.csv")
    write_parquet(gold / "variables.parquet", _variables(cities, months, planted))
    _write_flows(gold / "flows.parquet", cities, months, planted)
    for folder in (raw, gold):
        (folder / "queries").mkdir()
    console = Console(stderr=True)
    for part in track(log, f"simulate: {len(months)} months", len(months), console=console):
        for folder, table in ((raw, part.queries), (gold, part.gold)):
            write_parquet(folder / "queries" / f"{part.month.label}.parquet", table, _REPEATED)


def _regions(cities: list[City]) -> pa.Table:
    return pa.table(
        {
            "region": [city.adcode for city in cities],
            "name": [city.name for city in cities],
            "name_en": [city.name_en for city in cities],
            "lat": [city.lat for city in cities],
            "lon": [city.lon for city in cities],
            "population": [city.population for city in cities],
            "tier": [city.tier for city in cities],
            "province": [city.province for city in cities],
        }
    )


def _variables(cities: list[City], months: list[Month], planted: Planted) -> pa.Table:
    return pa.table(
        {
            "period": np.repeat([month.label for month in months], len(cities)),
            "region": [city.adcode for city in cities] * len(months),
            "pull": planted.pull.ravel(),
            "push": planted.push.ravel(),
            "stay": planted.stay.ravel(),
            "reach": planted.reach.ravel(),
        }
    )


def _write_flows(path: Path, cities: list[City], months: list[Month], planted: Planted) -> None:
    codes, size = pa.array([city.adcode for city in cities]), len(cities)
    origin, destination = (codes.take(pa.array(at)) for at in np.indices((size, size)).reshape(2, -1))
    schema = pa.schema(
        {"period": pa.string(), "origin": pa.string(), "destination": pa.string(), "people": pa.float64()}
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for month, people in zip(months, planted.people, strict=True):
            period = pa.repeat(pa.scalar(month.label), size * size)
            table = pa.table([period, origin, destination, people.ravel()], schema=schema)
            writer.write_table(table)
