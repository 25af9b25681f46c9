"""The whole graph on the small run of the transfer track, and the bridge to a forecast."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from modules.artefact import FILES, FLOWS, MANIFEST, PLACES
from pipelines.transfer.judging.extracting.published import PRIVATE, TRANSFERS
from tests.conftest import BIN, call, serving

pytestmark = pytest.mark.slow
RUN = "tiny_articles"
PORT = 3217


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Path:
    """The built project with the run of articles built too."""
    project = tmp_path_factory.mktemp("news") / "talentflow"
    call("cp", "-a", str(built), str(project), cwd=built)
    call("talentflow", "runs", "add", f"params/{RUN}.yaml", cwd=project)
    call("dvc", "repro", "--glob", f"*@{RUN}", cwd=project)
    return project


def test_articles_end_in_a_table_of_transfers_and_a_report(news: Path) -> None:
    top = news / "runs" / RUN
    evaluation = json.loads((top / "evaluation/evaluation.json").read_text(encoding="utf-8"))
    transfers = pq.read_table(top / "evaluation/transfers.parquet")
    assert transfers.schema == TRANSFERS
    assert {row["model"] for row in evaluation["leaderboard"]} == {"grammar", "ensemble"}
    funnel = {step["name"]: step["kept"] for step in evaluation["funnel"]}
    assert funnel["sentences"] > funnel["lexicon"] >= funnel["gate"] >= funnel["filter"] > 0
    assert funnel["flow"] == sum(transfers.column("flow").to_pylist()) > 0
    recall = [step["kept"] for step in evaluation["recall"]]
    assert recall == sorted(recall, reverse=True)
    assert evaluation["simulated"]
    artefact = {path.name for path in (top / "artefact").iterdir()}
    assert artefact == {*FILES, FLOWS, MANIFEST, PLACES}
    page = (top / "report/index.html").read_text(encoding="utf-8")
    assert "news attention is not mobility" in page.lower()
    assert "Data and pipelines are up to date" in call("dvc", "repro", "--glob", f"*@{RUN}", cwd=news).stdout


def test_no_name_leaves_the_private_store(news: Path) -> None:
    top = news / "runs" / RUN
    private = pq.read_table(top / "evaluation/private.parquet")
    assert private.schema == PRIVATE
    names = {name for name in private.column("subject").to_pylist() if name}
    assert names
    named = re.compile(rb"\b(" + "|".join(map(re.escape, names)).encode() + rb")\b")
    for path in [
        *top.rglob("*.json"),
        *top.rglob("*.html"),
        *top.rglob("*.csv"),
        *(news / ".mlflow").rglob("*"),
    ]:
        assert not path.is_file() or not named.search(path.read_bytes()), path
    for path in top.glob("evaluation/*.parquet"):
        if path.name != "private.parquet":
            assert not named.search(str(pq.read_table(path).to_pydict()).encode()), path


@pytest.mark.drill
def test_an_extraction_that_was_killed_goes_on_and_ends_in_the_same_tables(news: Path) -> None:
    folder = news / "runs" / RUN / "evaluation"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(news)}
    scratch = news / ".scratch" / RUN
    with subprocess.Popen(  # noqa: S603
        [BIN / "talentflow", "evaluate", RUN], cwd=news, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 240
        assert not list(scratch.glob("evaluate-*")), "a finished extraction leaves no names behind"
        while not list(scratch.glob("evaluate-*/shard-000000")) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    assert list(scratch.glob("evaluate-*/shard-000000"))
    again = call("talentflow", "evaluate", RUN, cwd=news)
    assert "shards are there already" in again.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_transfers_become_a_run_that_can_be_built(news: Path) -> None:
    said = call("talentflow", "runs", "add", "--from-transfers", RUN, "--by", "month", cwd=news).stdout
    assert f"added {RUN}_by_month" in said
    call("dvc", "repro", "--glob", f"import@{RUN}_by_month", cwd=news)
    told = pq.read_table(news / "runs" / RUN / "evaluation/flows_month.parquet").to_pandas()
    read = pq.read_table(news / "runs" / f"{RUN}_by_month" / "extracted/flows.parquet").to_pandas()
    kept = told[told["origin"].isin(read["origin"]) & told["destination"].isin(read["destination"])]
    assert read["count"].sum() == kept["count"].sum() > 0
    refused = call("talentflow", "runs", "add", "--from-transfers", "tiny", cwd=news, check=False)
    assert refused.returncode == 2
    assert "of track migration" in refused.stderr


@pytest.mark.drill
def test_transfers_become_a_run_that_ends_in_a_served_forecast(news: Path) -> None:
    said = call("talentflow", "runs", "add", "--from-transfers", RUN, "--by", "month", cwd=news).stdout
    assert f"added {RUN}_by_month" in said
    run = f"{RUN}_by_month"
    params = news / "params.yaml"
    before, _, entry = params.read_text(encoding="utf-8").partition(f"\n  {run}:\n")
    tune = "{models: [last_value, ridge_ar], trials: 1, closed_form_trials: 1, parallel: 1, space: {}}"
    small = re.sub(r"tune: \{.*\}", f"tune: {tune}", entry, count=1)
    params.write_text(f"{before}\n  {run}:\n{small}", encoding="utf-8")
    call("make", "demo", f"RUN={run}", cwd=news, timeout=600)
    with serving(news, run, PORT) as url:
        import httpx  # noqa: PLC0415

        corridors = httpx.post(f"{url}/forecast", json={}).json()
    assert corridors
