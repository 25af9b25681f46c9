"""Runs that are built side by side."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import call, copy_project

pytestmark = [pytest.mark.slow, pytest.mark.drill]
RUNS = ("tiny", "tiny_placements")


def test_two_runs_built_at_a_time_lose_nothing_of_each_other(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "talentflow")
    before = set(YAML(typ="safe").load(project / "dvc.lock")["stages"])
    for run in RUNS:
        call("talentflow", "runs", "add", f"params/{run}.yaml", cwd=project)

    def build(run: str) -> str:
        return call("dvc", "--wait-for-lock", "repro", "--glob", f"*@{run}", cwd=project, timeout=900).stderr

    with ThreadPoolExecutor() as threads:
        said = dict(zip(RUNS, threads.map(build, RUNS), strict=True))
    for run in RUNS:
        fits = [line for line in said[run].splitlines() if ": fit " in line]
        assert fits
        assert all(line.startswith(f"train@{run}: ") for line in fits)
    stages = {"simulate", "import", "validate", "split", "tune", "train", "evaluate", "report"}
    locked = set(YAML(typ="safe").load(project / "dvc.lock")["stages"])
    assert locked - before == {f"{stage}@{run}" for stage in stages for run in RUNS}
    for run in RUNS:
        again = call("dvc", "repro", "--glob", f"*@{run}", cwd=project).stdout
        assert "Data and pipelines are up to date" in again
