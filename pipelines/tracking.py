"""MLflow as the memory of what was tried: one run a stage, child runs under it, none RUNNING for ever."""

import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from pipelines.source_tree import head
from pipelines.usage import Usage

HOME = Path(".mlflow")


def tracking_uri() -> str:
    """MLFLOW_TRACKING_URI, or a SQLite database in this project by its absolute path.

    Stages, trials and `mlflow run` start in other working folders, where a relative path is another database.
    """
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(HOME / 'mlflow.db').resolve()}"


@dataclass(frozen=True)
class TrackedRun:
    """One MLflow run that is being written."""

    client: MlflowClient
    experiment: str
    id: str

    def log(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Log parameters and final metrics."""
        now = int(time.time() * 1000)
        self.client.log_batch(
            self.id,
            metrics=[Metric(key, value, now, 0) for key, value in metrics.items()],
            params=[Param(key, str(value)) for key, value in params.items()],
        )

    def log_curve(self, key: str, values: Sequence[float]) -> None:
        """Log a metric over steps."""
        now = int(time.time() * 1000)
        self.client.log_batch(self.id, metrics=[Metric(key, v, now, step) for step, v in enumerate(values)])

    def child(
        self,
        name: str,
        params: Mapping[str, object],
        metrics: Mapping[str, float],
        curves: Mapping[str, Sequence[float]],
    ) -> None:
        """Write a finished run under this one."""
        tags = {MLFLOW_PARENT_RUN_ID: self.id, **_whose()}
        run = TrackedRun(
            self.client,
            self.experiment,
            self.client.create_run(self.experiment, tags=tags, run_name=name).info.run_id,
        )
        run.log(params, metrics)
        for key, values in curves.items():
            run.log_curve(key, values)
        self.client.set_terminated(run.id)


@contextmanager
def tracked(stage: str, run: str, key: str) -> Iterator[TrackedRun]:
    """A run of the experiment `run`, tagged with the stage and its key.

    It ends FINISHED, FAILED (an error) or KILLED (an interrupt); runs that a killed process on this
    machine left RUNNING are marked KILLED first. Inside `mlflow run` the project's own run is its parent:
    its id is read from MLFLOW_RUN_ID, which is taken away so that stages do not join that one run.
    """
    HOME.mkdir(mode=0o700, exist_ok=True)
    client = MlflowClient(tracking_uri())
    experiment = _experiment(client, run)
    _reap(client, experiment)
    parent = os.environ.pop("MLFLOW_RUN_ID", None)
    tags = {
        "talentflow.stage": stage,
        "talentflow.stage_key": key,
        "talentflow.commit": head(),
        **_whose(),
    }
    if parent:
        tags[MLFLOW_PARENT_RUN_ID] = parent
    started = TrackedRun(
        client, experiment, client.create_run(experiment, tags=tags, run_name=f"{stage} {run}").info.run_id
    )
    status = "KILLED"
    usage = Usage()
    try:
        yield started
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        started.log({}, usage.metrics())
        client.set_terminated(started.id, status)


def run_of_stage(
    stage: str, run: str, key: str, params: Mapping[str, object], metrics: Mapping[str, float]
) -> str:
    """Id of the finished run of a stage with this key.

    DVC restores a cached stage without running it. If this store has no run of it then, one is made from
    what the stage left behind, marked `restored`.
    """
    client = MlflowClient(tracking_uri())
    experiment = _experiment(client, run)
    wanted = f"tags.`talentflow.stage_key` = '{key}' AND attributes.status = 'FINISHED'"
    found = client.search_runs([experiment], wanted, max_results=1, order_by=["attributes.start_time DESC"])
    if found:
        return str(found[0].info.run_id)
    tags = {
        "talentflow.stage": stage,
        "talentflow.stage_key": key,
        "talentflow.restored": "true",
        **_whose(),
    }
    made = client.create_run(experiment, tags=tags, run_name=f"{stage} {run} (restored)")
    TrackedRun(client, experiment, made.info.run_id).log(params, metrics)
    client.set_terminated(made.info.run_id)
    return str(made.info.run_id)


def _experiment(client: MlflowClient, name: str) -> str:
    location = None if os.environ.get("MLFLOW_TRACKING_URI") else (HOME / "artifacts").resolve().as_uri()
    try:
        return str(client.create_experiment(name, artifact_location=location))
    except MlflowException:
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return str(found.experiment_id)


def _reap(client: MlflowClient, experiment: str) -> None:
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        host, process = (run.data.tags.get(f"talentflow.{tag}", "") for tag in ("host", "process"))
        if host == socket.gethostname() and process != _process(int(process.split("@")[0] or 0)):
            client.set_tag(run.info.run_id, "talentflow.reaped", "its process died")
            client.set_terminated(run.info.run_id, "KILLED")


def _whose() -> dict[str, str]:
    """Tags by which a run is known whose process died before it could end it."""
    return {"talentflow.host": socket.gethostname(), "talentflow.process": _process(os.getpid())}


def _process(pid: int) -> str:
    # A number alone may have gone to another process since.
    try:
        return f"{pid}@{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return "gone"
