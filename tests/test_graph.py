"""The whole graph on the tiny run: what it makes, what it skips, what a killed part of it leaves."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient
from playwright.sync_api import Browser
from ruamel.yaml import YAML

from modules.errors import UserError
from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest
from pipelines.prove import compare
from pipelines.stage_key import stage_key
from tests.conftest import BIN, call

pytestmark = pytest.mark.slow
OUTPUTS = (
    "raw",
    "gold",
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
    "card.html",
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
    said = call("dvc", "plots", "show", "runs/tiny/plots/error.csv", "--out", str(tmp_path), cwd=built).stdout
    assert "index.html" in said


def test_a_simulated_run_is_judged_by_what_it_planted(built: Path) -> None:
    metrics = json.loads((built / "runs" / "tiny" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["extraction"]["f1"] > 0.95
    assert metrics["extraction"]["f1_held_back"] > 0.8
    assert metrics["extraction"]["cpc"] > 0.85
    assert set(metrics["variables"]) == {"pull", "push", "stay", "reach"}
    assert all("planted" in scores for scores in metrics["variables"].values())
    assert metrics["variables"]["push"]["planted"] > 0.8


def test_the_artefact_answers_its_golden_requests(built: Path) -> None:
    artefact = built / "runs" / "tiny" / "artefact"
    predictor = MigrationPredictor.load(artefact)
    for pair in json.loads((artefact / "golden.json").read_text(encoding="utf-8")):
        assert predictor.predict(ForecastRequest.of(pair["request"])) == pair["response"]


def test_the_lineage_names_content_that_is_still_true(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = built / "runs" / "tiny"
    lineage = json.loads((top / "artefact" / "lineage.json").read_text(encoding="utf-8"))
    monkeypatch.chdir(built)
    assert lineage["stage_key"] == stage_key("evaluate", "tiny")
    locked = YAML(typ="safe").load((built / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    outputs = {out["path"]: out["md5"] for stage in locked.values() for out in stage["outs"]}
    for path in ("runs/tiny/extracted", "runs/tiny/split", "runs/tiny/model"):
        assert lineage["inputs"][path] == outputs[path]
    split = json.loads((top / "split" / "split.json").read_text(encoding="utf-8"))
    assert max(lineage["training"]["row_keys"]) < split["parts"]["test"]["from"]


def test_an_upstream_stage_that_reruns_to_the_same_bytes_leaves_the_artefact_alone(project: Path) -> None:
    before = hashes(project)
    with (project / "pipelines/migration/simulating/stage.py").open("a", encoding="utf-8") as file:
        file.write("# a comment\n")
    said = call("dvc", "repro", "--glob", "*@tiny", cwd=project).stdout
    assert re.findall("Running stage '([a-z]+)@tiny'", said) == ["simulate", "import"]
    assert hashes(project) == before


def test_a_proof_needs_a_built_run_and_committed_code(project: Path) -> None:
    (project / "runs" / "tiny" / "report" / "index.html").write_text("changed", encoding="utf-8")
    done = call("talentflow", "prove", "tiny", cwd=project, check=False)
    assert (done.returncode, "report@tiny: not built, or changed since" in done.stderr) == (2, True)
    (project / "Makefile").write_text("", encoding="utf-8")
    done = call("talentflow", "prove", "tiny", cwd=project, check=False)
    assert (done.returncode, "Makefile: changed but not committed" in done.stderr) == (2, True)
    with pytest.raises(UserError, match="model: the rebuilt bytes differ"):
        compare({"model": "a", "report": "b"}, {"model": "c", "report": "b"})


def test_the_report_is_stamped_by_its_weights(built: Path) -> None:
    top = built / "runs" / "tiny"
    sha12 = hashlib.sha256((top / "artefact" / "model.safetensors").read_bytes()).hexdigest()[:12]
    assert sha12 in (top / "report" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", ["report", "validation"])
def test_the_pages_open_offline_and_fit_the_screen(
    built: Path, browser: Browser, page: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, offline=True)
    tab = context.new_page()
    noise: list[str] = []
    tab.on("console", lambda message: noise.append(message.text))
    tab.on("requestfailed", lambda request: noise.append(request.url))
    tab.goto((built / "runs" / "tiny" / page / "index.html").as_uri())
    assert tab.get_by_role("heading", level=1).is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert noise == []
    context.close()


@pytest.mark.drill
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
    done = call("talentflow", "split", "tiny", cwd=project, check=False)
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        == "talentflow: params.yaml: runs.tiny: tune.trails: no such key (misspelt?), given 3"
    )


REPRO = ["dvc", "repro", "--single-item", "--force"]


@pytest.mark.parametrize(
    ("command", "output", "sign", "resumed"),
    [
        pytest.param(
            [*REPRO, "tune@tiny"],
            "tune",
            "trial 3 ",
            "resuming the sweep",
            id="repro in tune",
            marks=pytest.mark.drill,
        ),
        pytest.param([*REPRO, "train@tiny"], "model", "fit 11 ", "fit 11 of 14, kept", id="repro in train"),
        pytest.param(
            ["talentflow", "train", "tiny"],
            "model",
            "fit 11 ",
            "fit 11 of 14, kept",
            id="train",
            marks=pytest.mark.drill,
        ),
    ],
)
def test_what_is_killed_leaves_nothing_behind_and_goes_on_to_the_same_bytes(
    project: Path, command: list[str], output: str, sign: str, resumed: str
) -> None:
    before = hashes(project)
    shutil.rmtree(project / ".dvc" / "cache" / "runs")  # else the rerun would be a restore
    shutil.rmtree(project / "runs" / "tiny" / output)
    wait_until_gone(project, start_and_kill(project, command, sign))
    assert not (project / "runs" / "tiny" / output).exists(), "nothing half-written"
    for folder in (project / ".dvc" / "cache" / "files").glob("*/*"):
        shutil.rmtree(folder)  # nor may DVC check the output out
    resumed_by = ["talentflow", "train", "tiny"] if command[0] == "talentflow" else command
    assert resumed in call(*resumed_by, cwd=project).stderr
    assert hashes(project) == before
    client = MlflowClient(f"sqlite:///{project}/.mlflow/mlflow.db")
    experiment = client.get_experiment_by_name("tiny")
    assert experiment is not None
    status = {run.info.status for run in client.search_runs([experiment.experiment_id])}
    assert "RUNNING" not in status, "the killed stage's run is marked"
    assert "KILLED" in status


def start_and_kill(project: Path, command: list[str], sign: str) -> psutil.Process:
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(project)}
    environment.pop("SHELL", None)  # DVC then uses sh, which stays between it and its stage
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
