import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient

from pipelines.tracking import HOME, tracked, tracking_uri
from tests.conftest import TOP


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database migrated once; tests copy it."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def client(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    HOME.mkdir()
    shutil.copy(migrated, HOME / "mlflow.db")
    return MlflowClient(tracking_uri())


def only_run(client: MlflowClient, stage: str = "train") -> object:
    experiment = client.get_experiment_by_name("cities")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id], f"tags.`talentflow.stage` = '{stage}'")
    return run


def test_the_default_store_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking_uri() == f"sqlite:///{tmp_path}/.mlflow/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert tracking_uri() == "http://127.0.0.1:5000"


def test_a_stage_is_one_run_with_its_key_its_cost_and_its_children(client: MlflowClient) -> None:
    with tracked("train", "cities", "key1") as run:
        run.log({"fits": 2}, {"mae": 3.0})
        run.child("gru 0", {"hidden": 8}, {"mae": 4.0}, {"train_loss": [3.0, 2.0, 1.0]})
    stage = client.get_run(run.id)
    assert stage.info.status == "FINISHED"
    assert stage.data.tags["talentflow.stage_key"] == "key1"
    assert stage.data.params == {"fits": "2"}
    assert {"mae", "cpu_seconds", "peak_memory_mb"} <= set(stage.data.metrics)
    (child,) = client.search_runs([run.experiment], f"tags.`mlflow.parentRunId` = '{run.id}'")
    assert child.info.status == "FINISHED"
    assert [metric.value for metric in client.get_metric_history(child.info.run_id, "train_loss")] == [
        3,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, "FAILED"), (SystemExit, "KILLED"), (KeyboardInterrupt, "KILLED")]
)
def test_a_run_that_ends_badly_says_so(client: MlflowClient, error: type[BaseException], status: str) -> None:
    def fail() -> None:
        with tracked("train", "cities", "key"):
            raise error

    with pytest.raises(error):
        fail()
    assert only_run(client).info.status == status  # type: ignore[attr-defined]


def test_a_run_whose_process_died_is_reaped_and_a_living_one_is_not(client: MlflowClient) -> None:
    experiment = client.create_experiment("cities")
    made = {
        name: client.create_run(
            experiment, tags={"talentflow.host": host, "talentflow.process": process}
        ).info.run_id
        for name, host, process in [
            ("dead", socket.gethostname(), "999999999@1.00"),
            ("number taken over", socket.gethostname(), f"{os.getpid()}@1.00"),
            ("alive", socket.gethostname(), f"{os.getpid()}@{psutil.Process().create_time():.2f}"),
            ("elsewhere", "another-host", "999999999@1.00"),
        ]
    }
    with tracked("train", "cities", "key"):
        pass
    status = {name: client.get_run(run).info.status for name, run in made.items()}
    assert status == {
        "dead": "KILLED",
        "number taken over": "KILLED",
        "alive": "RUNNING",
        "elsewhere": "RUNNING",
    }


def test_a_child_whose_process_died_while_it_was_written_is_reaped_too(client: MlflowClient) -> None:
    killed = """
import os, signal
from mlflow import MlflowClient
from pipelines.tracking import tracked
with tracked("train", "cities", "key") as run:
    MlflowClient.set_terminated = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    run.child("fit", {}, {}, {})
"""
    environment = os.environ | {"PYTHONPATH": str(TOP)}
    done = subprocess.run([sys.executable, "-c", killed], env=environment, check=False)  # noqa: S603 - our own
    assert done.returncode == -signal.SIGKILL
    experiment = client.get_experiment_by_name("cities")
    assert experiment is not None

    def status() -> list[str]:
        return sorted(run.info.status for run in client.search_runs([experiment.experiment_id]))

    assert status() == ["RUNNING", "RUNNING"]
    with tracked("train", "cities", "key"):
        pass
    assert status() == ["FINISHED", "KILLED", "KILLED"]


def test_inside_mlflow_run_a_stage_is_a_child_and_not_the_same_run(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = client.create_run(client.create_experiment("project")).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", parent)
    with tracked("train", "cities", "key") as run:
        assert "MLFLOW_RUN_ID" not in os.environ
    assert run.id != parent
    assert client.get_run(run.id).data.tags["mlflow.parentRunId"] == parent
