"""The whole graph on the small run of the recommendation track."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from modules.artefact import FILES, MANIFEST
from tests.conftest import call

pytestmark = pytest.mark.slow
RUN = "tiny_placements"


def naming_students(project: Path, top: Path) -> set[str]:
    """The outputs of a run, and what MLflow has, that hold a student's id: all that `forget` need look at."""
    ids = pq.read_table(top / "extracted/students.parquet").column("id").to_pylist()
    named = re.compile(rb"\b(" + "|".join(ids).encode() + rb")\b")
    found = set()
    for folder in (*top.iterdir(), project / ".mlflow"):
        for path in folder.rglob("*") if folder.is_dir() else (folder,):
            if path.suffix == ".parquet":
                content = str(pq.ParquetFile(path).read().to_pydict()).encode()
            else:
                content = path.read_bytes() if path.is_file() else b""
            if named.search(content):
                found.add(folder.name)
    return found


def test_a_recommendation_run_is_built_beside_another_and_rebuilds_nothing(project: Path) -> None:
    before = (project / "runs/tiny/metrics.json").read_bytes()
    call("talentflow", "runs", "add", f"params/{RUN}.yaml", cwd=project)
    call("dvc", "repro", "--glob", f"*@{RUN}", cwd=project)
    top = project / "runs" / RUN
    metrics = json.loads((top / "metrics.json").read_text(encoding="utf-8"))
    evaluation = json.loads((top / "evaluation/evaluation.json").read_text(encoding="utf-8"))
    assert metrics["candidate"] == metrics["models"][evaluation["candidate"]]
    assert set(metrics["models"]) == {
        "popularity",
        "logistic_regression",
        "hist_gradient_boosting",
        "rcjr",
        "rcjr_single",
        "rcjr_unlike_30",
    }
    assert metrics["intent"]["micro_f1"] > 0.6
    rows = {row["model"]: row for row in evaluation["leaderboard"]}
    whole, part = rows["rcjr"]["test"]["auc"]["mean"], rows["rcjr_single"]["test"]["auc"]["mean"]
    assert rows["rcjr_single"]["lacks"]["estimate"] == pytest.approx(whole - part, abs=1e-4)
    page = (top / "report/index.html").read_text(encoding="utf-8")
    assert "without the intent task" in page
    assert "How many employers count as unlike" in page
    fitted_with_protected = {path.parts[-3] for path in top.glob("model/*/seed-*/with_protected")}
    assert fitted_with_protected == {"rcjr"}
    assert metrics["protected_cost"]["estimate"] == evaluation["audit"]["cost"]["estimate"]
    assert sorted(path.name for path in (top / "artefact").iterdir()) == sorted({*FILES, MANIFEST})
    assert naming_students(project, top) == {"raw", "gold", "extracted", "split"}
    said = call("dvc", "repro", "--glob", "*@tiny*", cwd=project).stdout
    assert "Data and pipelines are up to date" in said
    assert (project / "runs/tiny/metrics.json").read_bytes() == before
