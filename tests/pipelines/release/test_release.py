"""Every row of the promotion rule on real artefacts: registered, built, served, decided, written down."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from modules.errors import UserError
from pipelines import lineage
from pipelines.config import load_run
from pipelines.ports import free_port
from pipelines.release import promotion, standing, versions, views
from pipelines.release.champion import exclusive, pointer_to
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry
from pipelines.stage_key import STAGES
from tests.conftest import call, serving
from tests.pipelines.release.released import alias, contend, ledger, pointer, released
from tests.pipelines.release.under_load import Client, asking

pytestmark = pytest.mark.slow


def test_a_run_is_released_challenged_and_rolled_back(fresh: Path, shelf: Path) -> None:
    # dirty: registered, refused
    contend(shelf, "gravity")
    (fresh / "Makefile").write_text("", encoding="utf-8")
    dirty = released()
    assert (dirty.version, dirty.outcome, dirty.reason) == (1, "refused", "dirty")
    assert "Makefile" in dirty.detail
    assert (alias(), Releases("tiny").pointer.exists()) == (None, False)
    call("git", "checkout", "--quiet", "Makefile", cwd=fresh)

    # baseline: the first champion, of the same version, once a person has approved it
    waits = released("review")
    assert (waits.version, waits.outcome, waits.reason, alias()) == (1, "pending", "baseline", None)
    assert "v1: talentflow registry approve tiny --by YOU" in standing.status("tiny")
    first = promotion.approve("tiny", "ana", "read the report")
    assert first.source.stage_keys.keys() == set(STAGES[:-1])
    assert (first.version, first.by, alias(), pointer().tag) == (1, "ana", 1, first.tag)
    with pytest.raises(UserError, match="no version waits"):
        promotion.approve("tiny", "ana", "")

    # same: nothing to do, no line
    assert released() is None
    assert len(ledger()) == 3

    with serving(fresh, "tiny", free_port(), "--follow", "champion") as url, asking(url) as client:
        assert client.wait_for(first.tag)
        better, back = challenged(fresh, shelf, client)
    assert client.order == [first.tag, better.tag, first.tag]
    assert set(client.statuses) == {200}, "nobody who asks notices a release or a rollback"
    assert back.version == 1
    cut_off()


def challenged(fresh: Path, shelf: Path, client: Client) -> tuple[Entry, Entry]:
    # better, against the champion scored anew
    first = ledger()[-1]
    contend(shelf, "dhg_sil")
    better = released()
    assert client.wait_for(better.tag)
    assert (better.version, better.outcome, better.reason, better.champion) == (2, "champion", "better", 1)
    assert better.comparison.improvement.low > 0
    assert better.comparison.champion == pytest.approx(_test_mae(fresh, "gravity"))
    assert (alias(), pointer().version) == (2, 2)

    # equal: touches zero; a dry run says so and writes nothing down
    contend(shelf, "ridge_ar_calendar")
    equal = released("dry-run")
    assert (equal.version, equal.outcome, equal.reason) == (3, "refused", "equal")
    assert equal.comparison.improvement.low <= 0 <= equal.comparison.improvement.high
    assert (len(ledger()), alias(), pointer().version) == (4, 2, 2)

    # worse, and A -> B -> A: the version that it was before, against whoever is champion now
    contend(shelf, "gravity")
    worse = released()
    assert (worse.version, worse.outcome, worse.reason, worse.champion) == (1, "refused", "worse", 2)
    assert [entry.sequence for entry in ledger()] == [1, 2, 3, 4, 5]

    seen(better)
    back = rolled_back(first)
    assert client.wait_for(first.tag)
    strangers(client, better)
    return better, back


def strangers(client: Client, better: Entry) -> None:
    """A pointer to a whole bento by no line of the ledger, or one that says nothing, changes nothing."""
    path = Releases("tiny").pointer
    content = path.read_text(encoding="utf-8")
    forged = pointer_to(better, Releases("tiny")).model_copy(update={"entry": "0" * 64})
    for strange in (forged.model_dump_json(), "{}"):
        path.write_text(strange, encoding="utf-8")
        asked = len(client.tags)
        time.sleep(2.5)
        assert len(client.tags) > asked
    path.write_text(content, encoding="utf-8")


def cut_off() -> None:
    path = Releases("tiny").ledger
    text = path.read_text(encoding="utf-8")
    path.write_text("".join(text.splitlines(keepends=True)[:-1]), encoding="utf-8")
    for ask in (
        released,
        lambda: standing.verified("tiny"),
        lambda: promotion.roll_back("tiny", 2, None, ""),
    ):
        with pytest.raises(UserError, match="lines are missing at its end"):
            ask()
    assert lineage.first_broken(lineage.walk("tiny", None)).startswith("from the data, ledger: ")
    path.write_text(text, encoding="utf-8")


def seen(champion: Entry) -> None:
    assert "refused: worse" in views.history("tiny")
    assert f"champion        {champion.tag}" in standing.status("tiny")
    assert "mae of v2 less that of v1: -" in versions.compare("tiny", load_run("tiny"), 1, 2)
    with pytest.raises(UserError, match="no version 9 in the ledger; there is v1, v2"):
        versions.compare("tiny", load_run("tiny"), 9, 2)


def rolled_back(first: Entry) -> Entry:
    assert "alias and pointer name" in standing.verified("tiny")
    assert "and pointer agree with the ledger" in standing.status("tiny")
    back = promotion.roll_back("tiny", None, "ana", "complaints")
    assert (back.version, back.action, back.by, back.champion) == (1, "rollback", "ana", 2)
    assert (alias(), pointer().tag) == (1, first.tag)
    with pytest.raises(UserError, match="no earlier champion to go back to; there is v2"):
        promotion.roll_back("tiny", 3, None, "")
    with pytest.raises(UserError, match="no earlier champion to go back to; there is none"):
        promotion.roll_back("tiny", None, None, "")
    return back


@pytest.mark.drill
def test_a_learned_model_a_leak_and_new_code(fresh: Path, shelf: Path) -> None:
    # none: a learned model ranks first; a store that has no run of the cached stage gets one, marked
    contend(shelf, "dhg_sil")
    none = released()
    assert (none.outcome, none.reason, none.model) == ("champion", "none", "dhg_sil")
    assert none.margin is not None
    assert none.margin.estimate > 0

    # new serving code around the same model: repackaged, not judged again
    with (fresh / "serving" / "edge.py").open("a", encoding="utf-8") as file:
        file.write("# a comment\n")
    _commit(fresh)
    done = call("talentflow", "registry", "release", "tiny", cwd=fresh)
    assert "champion: repackaged" in done.stdout
    new = ledger()[-1]
    assert (new.version, new.artefact, new.champion) == (2, none.artefact, 1)

    # leaky: the final fits are given two periods of the frozen test
    data = fresh / "pipelines" / "migration" / "fitting" / "data.py"
    text = data.read_text(encoding="utf-8")
    assert "(split.test, len" in text
    data.write_text(text.replace("(split.test, len", "(split.test + 2, len"), encoding="utf-8")
    _commit(fresh)
    call("dvc", "commit", "--force", "tune@tiny", "train@tiny", cwd=fresh)
    call("dvc", "repro", "evaluate@tiny", cwd=fresh)
    done = call("talentflow", "registry", "release", "tiny", cwd=fresh, check=False)
    assert (done.returncode, "refused: leaky" in done.stdout) == (3, True)
    leaky = ledger()[-1]
    assert "2023-02 of the test is among them" in leaky.detail
    assert alias() == 2


def test_what_is_not_the_commits_is_dirty(fresh: Path, shelf: Path) -> None:
    contend(shelf, "gravity")
    (fresh / "params.yaml").write_text(
        (fresh / "params.yaml")
        .read_text(encoding="utf-8")
        .replace("slice_tolerance: 0.1", "slice_tolerance: 9.0"),
        encoding="utf-8",
    )
    looser = released("dry-run")
    assert (looser.reason, looser.detail) == (
        "dirty",
        "params.yaml: runs.tiny.release differs from the commit",
    )


def test_the_command_line_may_only_be_stricter_than_the_run(fresh: Path) -> None:
    params = fresh / "params.yaml"
    params.write_text(
        params.read_text(encoding="utf-8").replace("mode: auto", "mode: review"), encoding="utf-8"
    )
    with pytest.raises(UserError, match=r"--mode auto: is looser than the run's release\.mode, review"):
        released("auto")


def test_what_is_not_built_as_it_stands_is_not_released(fresh: Path) -> None:
    weights = fresh / "runs/tiny/artefact/model.safetensors"
    content = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(content + b"x")
    with pytest.raises(UserError, match="evaluate@tiny: not built, or changed since; run make demo RUN=tiny"):
        released()
    assert not Releases("tiny").ledger.exists()


def test_another_store_than_the_ledgers_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(UserError, match="tiny has no version 1 in this store; set MLFLOW_TRACKING_URI"):
        released()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.setenv("TALENTFLOW_REGISTRY", str(tmp_path / "other"))
    with pytest.raises(UserError, match=r"names v1, which .* never promoted; set TALENTFLOW_REGISTRY"):
        released()


def test_a_teams_server_and_registry_take_the_place_of_the_local_ones(
    fresh: Path, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contend(shelf, "gravity")
    uri = f"http://127.0.0.1:{free_port()}"
    store = [
        "--backend-store-uri",
        f"sqlite:///{tmp_path}/team.db",
        "--artifacts-destination",
        f"{tmp_path}/files",
        "--workers",
        "1",
    ]
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "mlflow", "server", *store, "--port", uri.rpartition(":")[2]],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as server:  # fmt: skip
        try:
            _wait_for(f"{uri}/health")
            monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
            monkeypatch.setenv("TALENTFLOW_REGISTRY", str(tmp_path / "registry"))
            entry = released()
            assert (entry.outcome, alias(), pointer().tag) == ("champion", 1, entry.tag)
            links = lineage.walk("tiny", None)
            assert [link.name for link in links if not link.holds] == [], lineage.said(links)
            assert not (fresh / ".registry").exists()
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(url).is_success:
                return
        time.sleep(0.2)
    pytest.fail(f"{url} does not answer")


@pytest.mark.usefixtures("fresh")
def test_one_release_at_a_time() -> None:
    with exclusive(Releases("tiny")), pytest.raises(UserError, match="another process decides on it"):
        released()


def test_the_version_is_a_pyfunc_without_a_pickle(built: Path) -> None:
    golden = json.loads((built / "runs/tiny/artefact/golden.json").read_text(encoding="utf-8"))
    asked, answer = golden[0]["request"], golden[0]["response"]["forecasts"]
    code = (
        "import json, mlflow, sys\n"
        "model = mlflow.pyfunc.load_model('models:/tiny@champion')\n"
        "print(json.dumps(model.predict(json.loads(sys.argv[1]))['count'].tolist()))"
    )
    query = [{"origin": asked["origin"], "destination": asked["destination"]}]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, json.dumps(query)],
        cwd=built,
        env={
            "PATH": "/usr/bin:/bin",
            "MLFLOW_TRACKING_URI": f"sqlite:///{built}/.mlflow/mlflow.db",
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [row["count"] for row in answer]
    assert not list((built / ".mlflow" / "artifacts").rglob("*.pkl"))


def _test_mae(project: Path, model: str) -> float:
    metrics = json.loads((project / "runs/tiny/metrics.json").read_text(encoding="utf-8"))
    return float(metrics["models"][model]["mae"])


def _commit(project: Path) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    call("git", *identity, "commit", "--quiet", "--all", "--message", "Change", cwd=project)
