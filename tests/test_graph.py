"""The whole graph on the tiny run: what it makes, what it skips, what a killed part of it leaves."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from ruamel.yaml import YAML

from modules.migration.predictor import ForecastRequest, MigrationPredictor
from tests.conftest import BIN, call

pytestmark = pytest.mark.slow
OUTPUTS = (
    "extracted",
    "validation",
    "split",
    "tune",
    "model",
    "artefact",
    "evaluation",
    "plots",
    "metrics.json",
    "report",
)


def hashes(project: Path) -> dict[str, str]:
    top = project / "runs" / "tiny"
    return {
        str(path.relative_to(top)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(top.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def set_param(project: Path, section: str, key: str, value: object) -> None:
    yaml = YAML()
    params = yaml.load(project / "params.yaml")
    params["runs"]["tiny"][section][key] = value
    yaml.dump(params, project / "params.yaml")


def test_the_demo_builds_every_output_and_says_where_to_look(built: Path) -> None:
    assert {path.name for path in (built / "runs" / "tiny").iterdir() if path.name[0] != "."} == set(OUTPUTS)
    shown = call("talentflow", "runs", "show", "tiny", cwd=built).stdout
    assert "runs/tiny/report/index.html" in shown
    assert "http://127.0.0.1:5000" in shown


def test_a_second_repro_has_nothing_to_do(built: Path) -> None:
    said = call("dvc", "repro", "--glob", "*@tiny", cwd=built).stdout
    assert "Data and pipelines are up to date" in said
    assert "Running stage" not in said


def test_metrics_and_plots_are_shown_by_dvc(built: Path, tmp_path: Path) -> None:
    metrics = json.loads(call("dvc", "metrics", "show", "--json", cwd=built).stdout)
    tiny = metrics[""]["data"]["runs/tiny/metrics.json"]["data"]
    assert tiny["candidate"]["mae"] == tiny["models"][_candidate(built)]["mae"]
    said = call(
        "dvc", "plots", "show", "runs/tiny/plots/mae_by_horizon.csv", "--out", str(tmp_path), cwd=built
    ).stdout
    assert "index.html" in said


def test_the_artefact_answers_its_golden_requests(built: Path) -> None:
    artefact = built / "runs" / "tiny" / "artefact"
    predictor = MigrationPredictor.load(artefact)
    for pair in json.loads((artefact / "golden.json").read_text(encoding="utf-8")):
        assert predictor.predict(ForecastRequest(**pair["request"])) == pair["response"]


def test_the_lineage_names_content_only(built: Path) -> None:
    lineage = json.loads((built / "runs" / "tiny" / "artefact" / "lineage.json").read_text(encoding="utf-8"))
    assert set(lineage["stages"]) == {"import", "validate", "split", "tune", "train", "evaluate"}
    split = json.loads((built / "runs" / "tiny" / "split" / "split.json").read_text(encoding="utf-8"))
    first_tested = split["parts"]["test"]["from"]
    assert max(lineage["training"]["row_keys"]) < first_tested
    assert lineage["training"]["to"] == split["parts"]["validation"]["to"]


def test_the_report_is_stamped_by_its_weights(built: Path) -> None:
    top = built / "runs" / "tiny"
    sha12 = hashlib.sha256((top / "artefact" / "model.safetensors").read_bytes()).hexdigest()[:12]
    assert sha12 in (top / "report" / "index.html").read_text(encoding="utf-8")


def test_a_parameter_changed_and_changed_back_is_restored_and_touches_no_other_run(project: Path) -> None:
    before = hashes(project)
    set_param(project, "train", "seeds", [0])
    assert "Running stage 'train@tiny'" in call("dvc", "repro", "--glob", "*@tiny", cwd=project).stdout
    assert hashes(project) != before
    set_param(project, "train", "seeds", [0, 1])
    said = call("dvc", "repro", "--glob", "*@tiny", cwd=project).stdout
    assert "Stage 'train@tiny' is cached - skipping run" in said
    assert "Running stage" not in said
    assert hashes(project) == before
    assert "cities" not in said


def test_a_misspelt_key_stops_the_graph_with_one_line(project: Path) -> None:
    set_param(project, "tune", "trails", 3)
    done = call("talentflow", "tune", "tiny", cwd=project, check=False)
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        == "talentflow: params.yaml: runs.tiny: tune.trails: no such key (misspelt?), given 3"
    )


@pytest.mark.parametrize(
    ("stage", "output", "sign", "resumed"),
    [("tune", "tune", "trial 3 ", "resuming the sweep"), ("train", "model", "fit 11 ", "fit 11 of 14, kept")],
)
def test_a_killed_repro_leaves_nothing_behind_and_goes_on_to_the_same_bytes(
    project: Path, stage: str, output: str, sign: str, resumed: str
) -> None:
    before = hashes(project)
    shutil.rmtree(project / ".dvc" / "cache" / "runs")  # else the rerun would be a restore
    killed = start_and_kill(project, ["dvc", "repro", "--single-item", "--force", f"{stage}@tiny"], sign)
    wait_until_gone(project, killed)
    assert not (project / "runs" / "tiny" / output).exists(), "nothing half-written"
    assert resumed in call("dvc", "repro", "--glob", "*@tiny", cwd=project).stderr
    assert hashes(project) == before


def start_and_kill(project: Path, command: list[str], sign: str) -> psutil.Process:
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(project)}
    with subprocess.Popen(  # noqa: S603
        command, cwd=project, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if sign in line:
                break
        else:
            pytest.fail(f"{command} ended without saying {sign!r}")
        known = psutil.Process(process.pid)
        process.send_signal(signal.SIGKILL)
        process.stderr.close()
    return known


def wait_until_gone(project: Path, killed: psutil.Process, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left = [p for p in psutil.process_iter() if p.pid != killed.pid and _belongs(p, project)]
        if not left:
            return
        time.sleep(0.5)
    pytest.fail(f"still running: {[p.cmdline() for p in left]}")


def _belongs(process: psutil.Process, project: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get("PYTHONPATH") == str(
            project
        )
    except psutil.Error:
        return False


def _candidate(project: Path) -> str:
    evaluation = json.loads((project / "runs/tiny/evaluation/evaluation.json").read_text(encoding="utf-8"))
    return str(evaluation["candidate"])
