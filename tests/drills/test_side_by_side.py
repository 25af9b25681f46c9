"""Runs that are built side by side, as `make demo` builds the default ones."""

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
    done = call("make", "demo", f"RUN={' '.join(RUNS)}", cwd=project, timeout=900)
    # Lines of both between each other, and each says whose it is.
    told = [line.partition(":")[0] for line in done.stderr.splitlines() if ": fit " in line]
    assert set(told) == {f"train@{run}" for run in RUNS}
    stages = {"simulate", "import", "validate", "split", "tune", "train", "evaluate", "report"}
    locked = set(YAML(typ="safe").load(project / "dvc.lock")["stages"])
    assert locked - before == {f"{stage}@{run}" for stage in stages for run in RUNS}
    for run in RUNS:
        again = call("dvc", "repro", "--glob", f"*@{run}", cwd=project).stdout
        assert "Data and pipelines are up to date" in again
        assert "champion" in call("talentflow", "runs", "show", run, cwd=project).stdout
