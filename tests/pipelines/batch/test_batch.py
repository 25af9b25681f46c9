"""Many questions, answered in chunks by a released model."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest
from tests.conftest import BIN, call

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def questions(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every corridor of the tiny run thrice, one region that nobody knows among them."""
    predictor = MigrationPredictor.load(built / "runs/tiny/artefact")
    asked: list[dict[str, Any]] = [
        {"origin": origin, "destination": destination, "horizon": horizon}
        for horizon in (1, 2, None)
        for origin in predictor.regions
        for destination in predictor.regions
        if origin != destination
    ]
    asked[7] = {"origin": "nowhere", "destination": predictor.regions[0], "horizon": 1}
    path = tmp_path_factory.mktemp("questions") / "corridors.parquet"
    pq.write_table(pa.Table.from_pylist(asked), path, row_group_size=20)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_a_batch_answers_as_the_predictor_does(built: Path, questions: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    said = call("talentflow", "batch", "tiny", str(questions), str(whole), "--chunk", "25", cwd=built).stdout
    assert "1 questions refused, by tiny:v1-" in said

    # The answers are those that the artefact gives one by one, in the order of the questions.
    predictor = MigrationPredictor.load(built / "runs/tiny/artefact")
    found = pa.concat_tables([pq.read_table(path) for path in sorted((whole / "answered").iterdir())])
    expected = []
    for row, question in enumerate(pq.read_table(questions).to_pylist()):
        if question["origin"] != "nowhere":
            answer = predictor.predict(ForecastRequest(**question))
            expected += [{"row": row, "as_of": answer["as_of"], **each} for each in answer["forecasts"]]
    assert found.to_pylist() == expected
    (refused,) = [row for path in (whole / "refused").iterdir() for row in pq.read_table(path).to_pylist()]
    assert (refused["row"], refused["column"]) == (7, "origin")
    assert "is not a region of this model" in refused["reason"]
    manifest = json.loads((whole / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["answered"], manifest["refused"]) == (len(expected), 1)
    assert set(manifest["files"]) == set(contents(whole)) - {"job.json", "manifest.json"}

    # The folder is one job's.
    command = ["batch", "tiny", str(questions), str(whole), "--chunk", "30"]
    other = call("talentflow", *command, cwd=built, check=False)
    assert (other.returncode, "is of another job (chunk: 25, now 30)" in other.stderr) == (2, True)


@pytest.mark.drill
def test_a_killed_batch_goes_on_to_the_same_bytes(built: Path, questions: Path, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    command = ["batch", "tiny", str(questions)]
    call("talentflow", *command, str(whole), "--chunk", "25", cwd=built)
    killed(built, [*command, str(part), "--chunk", "25"], part)
    assert not (part / "manifest.json").exists()
    again = call("talentflow", *command, str(part), "--chunk", "25", "--parallel", "1", cwd=built)
    assert "chunks are there already" in again.stderr
    assert contents(part) == contents(whole)


def killed(project: Path, command: list[str], answers: Path) -> None:
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(project)}
    with subprocess.Popen(  # noqa: S603
        [BIN / "talentflow", *command], cwd=project, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 120
        while not list(answers.glob("answered/*.parquet")) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert list(answers.glob("answered/*.parquet"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"orign": ["a"]}, "column 'orign': nothing asks by it (did you mean origin?)"),
        ({}, "has none of the columns destination, horizon, origin"),
        (None, "is no parquet file that can be read"),
    ],
)
def test_a_table_that_asks_nothing_is_one_line(
    built: Path, tmp_path: Path, table: dict[str, list[str]] | None, said: str
) -> None:
    path = tmp_path / "questions.parquet"
    if table is None:
        path.write_text("origin\n", encoding="utf-8")
    else:
        pq.write_table(pa.table(table), path)
    done = call("talentflow", "batch", "tiny", str(path), str(tmp_path / "out"), cwd=built, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr
    assert not (tmp_path / "out").exists()
