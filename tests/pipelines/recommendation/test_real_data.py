"""Public data sets, where a machine has them (TALENTFLOW_SHARED_DATA or ../shared/data)."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.config import read_yaml
from pipelines.config.recommendation import Recommendation, RecommendationChecks, TablesSource
from pipelines.recommendation.checking.tables import Tables, fields, parts
from pipelines.recommendation.importing import ingest

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TALENTFLOW_SHARED_DATA", ROOT / "../shared/data"))
FOLDERS = {
    "speed_dating": "speed_dating",
    "cs_phd_careers": "cs_phd_careers",
    "job_views": "job_views_applicants",
}


def entry(name: str) -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(ROOT / f"params/{name}.yaml")[name]
    return content


def imported(name: str) -> tuple[ingest.Imported, Recommendation]:
    if not (SHARED / FOLDERS[name]).is_dir():
        pytest.skip(f"no shared data at {SHARED / FOLDERS[name]}")
    settings = Recommendation.model_validate(entry(name)["recommendation"])
    source = TablesSource.model_validate(entry(name)["source"])
    return ingest.read(SHARED / FOLDERS[name], source, settings), settings


@pytest.mark.parametrize("name", FOLDERS)
def test_a_ready_entry_is_sound(name: str) -> None:
    content = entry(name)
    Recommendation.model_validate(content["recommendation"])
    RecommendationChecks.model_validate(content.get("checks", {}))
    assert content["track"] == "recommendation"


@pytest.mark.parametrize(
    ("name", "sizes", "aside"),
    [
        ("speed_dating", (215, 213, 3257), {}),
        ("cs_phd_careers", (6781, 6080, 16746), {}),
        ("job_views", (3790, 7047, 2285), {"unknown_student": 9031}),
    ],
)
def test_a_real_set_is_imported_whole(name: str, sizes: tuple[int, int, int], aside: dict[str, int]) -> None:
    found, settings = imported(name)
    assert tuple(found.tables[table].num_rows for table in ingest.TABLES) == sizes
    quarantined = found.record["rows"]["placements"]["quarantined"]
    assert {reason: count for reason, count in quarantined.items() if count} == aside
    for rows in found.record["rows"].values():
        gone = sum(rows["quarantined"].values()) + sum(rows["dropped"].values())
        assert rows["read"] == rows["kept"] + gone
    tables = Tables(**{name: table.to_pandas() for name, table in found.tables.items()}, record=found.record)
    checks = RecommendationChecks.model_validate(entry(name).get("checks", {}))
    told = fields(tables, settings)
    assert (told["unique"] <= checks.max_unique).all()
    assert (told["separation"] <= checks.max_separation).all()
    assert (told["missing"] <= checks.max_missing).all()
    assert (parts(tables, settings)["positives"] > 30).all()


def test_both_sides_decide_at_speed_dating_as_the_codebook_says() -> None:
    found, _ = imported("speed_dating")
    placements = found.tables["placements"]
    student, employer = (placements.column(f"{end}_yes").to_numpy() for end in ("student", "employer"))
    assert np.mean(student * employer) == pytest.approx(0.17, abs=0.02)
    assert np.mean(student) < np.mean(employer)  # women say yes less often than men
