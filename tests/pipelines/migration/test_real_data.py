"""Public data sets, where a machine has them (TALENTFLOW_SHARED_DATA or ../shared/data)."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.config import parse_run, read_yaml
from pipelines.config.migration import MigrationRun
from pipelines.config.run import of_track
from pipelines.migration.importing import ingest

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TALENTFLOW_SHARED_DATA", ROOT / "../shared/data"))

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no shared data at {SHARED}")


def _config(name: str, folder: str) -> MigrationRun:
    entry = read_yaml(ROOT / f"params/{name}.yaml")[name]
    return of_track(parse_run({**entry, "data": str(SHARED / folder)}, name), MigrationRun)


def _last_value_mae(flows: pd.DataFrame, regions: list[str], config: MigrationRun) -> float:
    labels = [config.migration.period.calendar.label(period) for period in config.migration.period.observed]
    periods = pd.Index(labels).get_indexer(flows["period"])
    ends = [pd.Index(regions).get_indexer(flows[end]) for end in ("origin", "destination")]
    fill = 0.0 if config.migration.cells.absent == "zero" else np.nan
    counts = np.full((len(labels), len(regions), len(regions)), fill)
    counts[periods, ends[0], ends[1]] = flows["count"]
    errors = np.abs(np.diff(counts, axis=0))[-config.migration.windows.test :]
    if not config.migration.cells.diagonal:
        errors[:, np.eye(len(regions), dtype=bool)] = np.nan
    return float(np.nanmean(errors))


@pytest.mark.parametrize(
    ("name", "folder", "periods", "regions", "distances", "mae"),
    [
        ("korea", "korea_quarterly_od", 97, 16, "table", 450.2),
        ("qianxi_province", "china_baidu_qianxi", 303, 31, "none", 40.41),
        ("qianxi_city", "china_baidu_qianxi", 44, 365, "coordinates", 0.6395),
        # By all years, the test's included, Vietnam would stand in Bulgaria's place, and the error be 4.407.
        ("scholars", "scholars_country_od", 21, 60, "coordinates", 4.369),
    ],
)
def test_a_real_set_is_imported_whole(name, folder, periods, regions, distances, mae):
    config = _config(name, folder)
    imported = ingest.read(config)
    record = imported.record
    assert (record["periods"]["observed"], record["regions"]["kept"]) == (periods, regions)
    assert record["distances"] == distances
    assert record["rows"]["read"] == record["rows"]["kept"] + sum(record["rows"]["dropped"].values())
    codes = imported.regions.column("region").to_pylist()
    assert _last_value_mae(imported.flows.to_pandas(), codes, config) == pytest.approx(mae, rel=1e-3)


def test_sejong_counts_in_chungnam():
    config = _config("korea", "korea_quarterly_od")
    raw = pd.read_csv(SHARED / "korea_quarterly_od/korea_od_quarterly.csv.gz")
    raw = raw[(raw["year"] == 2015) & (raw["quarter"] == 1) & (raw["orig"] == "Seoul")].set_index("dest")[
        "flow"
    ]
    flows = ingest.read(config).flows.to_pandas().set_index(["period", "origin", "destination"])["count"]
    together = raw["Chungcheongnam-do"] + raw["Sejong"]
    assert flows["2015Q1", "Seoul", "Chungcheongnam-do"] == together


def test_namibia_is_a_country():
    entry = read_yaml(ROOT / "params/scholars.yaml")["scholars"]
    entry["migration"]["regions"] = {"path": "countries.csv", "id": "iso3code", "name": "iso2Code"}
    entry["data"] = str(SHARED / "scholars_country_od")
    regions = (
        ingest.read(of_track(parse_run(entry, "scholars"), MigrationRun))
        .regions.to_pandas()
        .set_index("region")["name"]
    )
    assert regions["NAM"] == "NA"
