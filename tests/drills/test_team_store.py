"""A server of MLflow on PostgreSQL, both restarted in the middle of two sweeps: nothing is lost."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from mlflow import MlflowClient

from pipelines.ports import free_port
from tests.conftest import BIN
from tests.test_graph import hashes

pytestmark = [pytest.mark.slow, pytest.mark.drill]
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


class Database:
    """A PostgreSQL of our own; it refuses to run as root."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.uri = f"postgresql://team@127.0.0.1:{self.port}/postgres"
        folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        self("initdb", "--auth=trust", "--username=team", "--encoding=UTF8", "-D", str(folder / "data"))

    def __call__(self, program: str, *arguments: str) -> None:
        """Run one of its programs."""
        user = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
        subprocess.run(  # noqa: S603
            [PROGRAMS[-1] / program, *arguments],
            check=True,
            user=user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )

    def control(self, verb: str) -> None:
        """Start or stop it, at once."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self(
            "pg_ctl", verb, "-w", "-m", "immediate", "-D", str(self.folder / "data"), "-l", log, "-o", options
        )


class Server:
    """`mlflow server` as docs/how-to/team.md starts it."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database
        self.uri = f"http://127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        port = self.uri.rpartition(":")[2]
        store = [
            "--backend-store-uri",
            self.database.uri,
            "--artifacts-destination",
            str(self.folder / "files"),
        ]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "mlflow", "server", *store, "--workers", "1", "--port", port],
                cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.uri}/health").is_success:
                    return
            time.sleep(0.2)
        pytest.fail((self.folder / "server.log").read_text(encoding="utf-8")[-2000:])

    def kill(self) -> None:
        """End it without a word."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def server() -> Iterator[Server]:
    if not PROGRAMS:
        pytest.skip("needs Debian's postgresql (apt-get install postgresql)")
    folder = Path("/tmp") / f"talentflow-team-{os.getpid()}"  # noqa: S108 - another user must reach it
    folder.mkdir()
    database = Database(folder / "postgres")
    database.control("start")
    made = Server(folder, database)
    try:
        made.start()
        yield made
    finally:
        made.kill()
        database.control("stop")
        shutil.rmtree(folder)


def test_two_sweeps_outlive_a_restart_of_server_and_database(
    project: Path, tmp_path: Path, server: Server
) -> None:
    before = hashes(project)
    second = tmp_path / "second"
    shutil.copytree(project, second, symlinks=True)
    sweeps = []
    for folder in (project, second):
        shutil.rmtree(folder / "runs/tiny/tune")
        environment = os.environ | {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
            "MLFLOW_TRACKING_URI": server.uri,
        }
        sweeps.append(
            subprocess.Popen(  # noqa: S603
                [BIN / "talentflow", "tune", "tiny"],
                cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            )
        )  # fmt: skip
    try:
        for line in sweeps[0].stderr or ():
            if "trial 2 " in line:
                break
        server.kill()
        server.database.control("restart")
        server.start()
        said = [sweep.communicate(timeout=600)[1] for sweep in sweeps]
    finally:
        for sweep in sweeps:
            sweep.kill()
    assert [sweep.returncode for sweep in sweeps] == [0, 0], said
    assert hashes(project) == hashes(second) == before
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name("tiny")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    trials = json.loads((project / "runs/tiny/tune/trials.json").read_text(encoding="utf-8"))
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert len(parents) == 2
    for parent in parents:
        its = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
        assert len(its) == len(trials)
