"""Two nodes instead of one: the same commands, the same bytes, also when one of them dies."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ray.cluster_utils import Cluster

from modules.migration.predictor import MigrationPredictor
from tests.conftest import BIN
from tests.test_graph import hashes

pytestmark = [pytest.mark.slow, pytest.mark.drill]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    made.wait_for_nodes()
    try:
        yield made
    finally:
        made.shutdown()


def on(cluster: Cluster, project: Path, *command: str, kill_at: str = "") -> str:
    """Run a command of the project on the cluster, and kill the second node at a line that it says."""
    environment = os.environ | {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHONPATH": str(project),
        "RAY_ADDRESS": cluster.address,
    }
    said = []
    with subprocess.Popen(  # noqa: S603
        command, cwd=project, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        timer = threading.Timer(420, process.kill)
        timer.start()
        for line in process.stderr or ():
            said.append(line)
            if kill_at and kill_at in line:
                (node,) = cluster.worker_nodes
                cluster.remove_node(node, allow_graceful=False)
                kill_at = ""
        timer.cancel()
    assert process.returncode == 0, "".join(said[-30:])
    assert not kill_at, f"never said {kill_at!r}: {''.join(said[-30:])}"
    return "".join(said)


def test_a_sweep_on_two_nodes_of_which_one_dies_is_the_sweep_on_one(cluster: Cluster, project: Path) -> None:
    before = hashes(project)
    shutil.rmtree(project / "runs/tiny/tune")
    on(cluster, project, "talentflow", "tune", "tiny", kill_at="trial 3 ")
    assert hashes(project) == before


def test_a_batch_on_two_nodes_of_which_one_dies_is_the_batch_on_one(
    cluster: Cluster, built: Path, tmp_path: Path
) -> None:
    regions = MigrationPredictor.load(built / "runs/tiny/artefact").regions
    questions = tmp_path / "questions.parquet"
    asked = [{"origin": a, "destination": b} for a in regions for b in regions if a != b]
    pq.write_table(pa.Table.from_pylist(asked), questions)
    command = ["talentflow", "batch", "tiny", str(questions)]
    on(cluster, built, *command, str(tmp_path / "two"), "--chunk", "4", kill_at="chunk 2 ")
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(built)}
    environment.pop("RAY_ADDRESS", None)
    subprocess.run(  # noqa: S603
        [*command, str(tmp_path / "one"), "--chunk", "4"],
        cwd=built,
        env=environment,
        check=True,
        capture_output=True,
    )
    for part in ("answered", "refused"):
        for path in sorted((tmp_path / "one" / part).iterdir()):
            assert (tmp_path / "two" / part / path.name).read_bytes() == path.read_bytes()
