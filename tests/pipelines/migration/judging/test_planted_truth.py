from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from modules.migration.dhg_sil.variables import VARIABLES
from pipelines.files import write_parquet
from pipelines.migration.judging.planted_truth import planted_variables
from pipelines.paths import RunPaths
from tests.modules.migration.planted import seasonal_flows


def test_planted_months_are_found_by_months_and_by_no_other_period(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert planted_variables("try", seasonal_flows()) == {}
    gold = RunPaths("try").gold
    gold.mkdir(parents=True)
    table = {"period": ["2015-02", "2015-02", "2031-01"], "region": ["r01", "r99", "r00"]}
    values = {name: [number, 0.0, 0.0] for number, name in enumerate(VARIABLES, 1)}
    write_parquet(gold / "variables.parquet", pa.table({**table, **values}))
    found = planted_variables("try", seasonal_flows())
    assert [found[name][1, 1] for name in VARIABLES] == [1, 2, 3, 4]
    assert all(np.isfinite(found[name]).sum() == 1 for name in VARIABLES)
    assert planted_variables("try", seasonal_flows(unit="quarter")) == {}
