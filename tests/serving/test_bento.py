"""A staged bento under the real `bentoml serve`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from modules.errors import UserError
from pipelines.ports import free_port
from serving.worker import Mounted
from tests.conftest import BIN, TOP
from tests.serving.served import GOLDEN, RELEASE, stage
from tests.test_doors import HEAVY, LEFT_OUT

pytestmark = pytest.mark.slow
JSON = "application/json"
SERVICE = "serving.migration.service:Migration"


@dataclass
class Bento:
    process: psutil.Popen
    port: int
    log: Path

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def ready(self) -> bool:
        try:
            return self.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def wait(self, seconds: float) -> None:
        """Until it answers; what it says if it ends before."""
        end = time.monotonic() + seconds
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < end
            time.sleep(0.1)


def imported(log: Path) -> set[str]:
    """The packages that a process with PYTHONVERBOSE has imported."""
    lines = log.read_text(errors="replace").splitlines()
    return {line.split("'")[1].split(".")[0] for line in lines if line.startswith("import '")}


def start(folder: Path, service: str = SERVICE, **environment: str) -> Bento:
    """`bentoml serve` in a staged folder, with every import in the log; this tree is not on its path."""
    port = free_port()
    ours = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "OTEL_SDK_DISABLED"}}
    bentos = {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(folder.parent / "home")}
    log = folder.parent / "log"
    with log.open("wb") as file:
        process = psutil.Popen(
            [BIN / "bentoml", "serve", service, "--port", str(port)],
            cwd=folder,
            env=ours | bentos | environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Bento(process, port, log)


@pytest.fixture(scope="module")
def bento(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bento]:
    started = start(stage(tmp_path_factory.mktemp("bento") / "src"), PYTHONVERBOSE="1")
    started.wait(60)
    yield started
    if started.process.is_running():
        started.process.terminate()
        started.process.wait(20)


def test_it_replays_the_golden_requests(bento: Bento) -> None:
    for pair in json.loads((GOLDEN / "residual_gru" / "golden.json").read_text()):
        answer = httpx.post(f"http://127.0.0.1:{bento.port}/forecast", json=pair["request"])
        assert answer.json() == {"model": RELEASE.tag, **pair["response"]}


def test_it_listens_on_loopback_only(bento: Bento) -> None:
    listening = [c for c in psutil.net_connections("inet") if c.laddr and c.laddr.port == bento.port]
    assert {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_refusals_have_one_shape_around_and_inside_the_bento(bento: Bento) -> None:
    for path in ("/", "/docs.json", "/static_content/index.css", "/nothing"):
        answer = bento.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert bento.get("/livez").status_code == 200
    assert 'run="cities"' in bento.get("/metrics").text


def test_requests_pass_by_bentomls_middleware_unless_a_setting_asks_for_some(
    bento: Bento, tmp_path: Path
) -> None:
    stays = "a setting keeps BentoML's middleware"
    assert bento.get("/model").status_code == 200
    assert stays not in bento.log.read_text(errors="replace")
    origin = "https://hr.example"
    cors = "services.Migration.http.cors"
    options = f"{cors}.enabled=true {cors}.access_control_allow_origins={origin}"
    shared = start(stage(tmp_path / "src"), BENTOML_CONFIG_OPTIONS=options)
    try:
        shared.wait(60)
        for _ in range(2):
            answer = httpx.get(f"http://127.0.0.1:{shared.port}/model", headers={"origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
        assert stays in shared.log.read_text()
    finally:
        shared.process.terminate()
        shared.process.wait(20)


def test_a_body_without_a_length_is_cut_off(bento: Bento) -> None:
    answer = httpx.post(
        f"http://127.0.0.1:{bento.port}/forecast",
        content=iter([b" " * 100_000] * 20),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413


def test_it_runs_its_own_files_and_imports_nothing_heavy(bento: Bento) -> None:
    log = bento.log.read_text(errors="replace")
    imports = imported(bento.log)
    assert {"bentoml", "torch", "serving", "modules", "orjson", "uvloop", "httptools"} <= imports
    assert imports & {*HEAVY, *LEFT_OUT, "pyarrow", "scipy", "sklearn", "pipelines"} == set()
    assert f"{bento.log.parent}/src/serving/edge.py" in log
    assert f"{TOP}/serving/" not in log
    assert f"{TOP}/modules/" not in log


def test_it_stops_when_told_and_leaves_no_process(bento: Bento) -> None:
    family = [bento.process, *bento.process.children(recursive=True)]
    assert len(family) > 1
    bento.process.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []


def test_who_kills_the_server_leaves_no_worker_behind(tmp_path: Path) -> None:
    bento = start(stage(tmp_path / "src"))
    bento.wait(60)
    workers = bento.process.children(recursive=True)
    assert workers
    bento.process.kill()
    bento.process.wait()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []


@pytest.mark.parametrize("name", ["release.json", "artefact/model.safetensors", "artefact/MANIFEST.sha256"])
def test_a_bento_that_was_tampered_with_never_starts(tmp_path: Path, name: str) -> None:
    folder = stage(tmp_path / "src")
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    started = start(folder)
    assert started.process.wait(60) == 1
    (line,) = [line for line in started.log.read_text().splitlines() if line]
    assert str(folder / "artefact" if name.startswith("artefact") else folder / name) in line


def test_a_wrong_setting_is_said_at_the_start(tmp_path: Path) -> None:
    started = start(stage(tmp_path / "src"), TALENTFLOW_MAX_BODY="1M")
    assert started.process.wait(60) == 1
    assert "TALENTFLOW_MAX_BODY: '1M' is not a number of bytes" in started.log.read_text()


def test_it_does_not_listen_where_others_reach_it_without_a_token(tmp_path: Path) -> None:
    started = start(stage(tmp_path / "src"), BENTOML_HOST="0.0.0.0")  # noqa: S104 - what is refused
    assert started.process.wait(60) == 1
    assert "host 0.0.0.0: others can reach it, and there is no token" in started.log.read_text()


def test_a_worker_that_others_reach_does_not_start_without_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stage(tmp_path / "src")
    monkeypatch.setattr("serving.worker.RELEASE", folder / "release.json")
    refused = pytest.raises(UserError, match=r"host 0\.0\.0\.0: others can reach it")
    with socket.create_server(("0.0.0.0", 0)), refused:  # noqa: S104
        Mounted(timeout=30).start(lambda *_: pytest.fail("it was loaded"))


def test_a_service_with_a_token_answers_until_it_is_told_to_stop_and_does_stop(tmp_path: Path) -> None:
    token = "a-token-that-nobody-logs"  # noqa: S105 - of this test
    bento = start(
        stage(tmp_path / "src"),
        BENTOML_HOST="0.0.0.0",  # noqa: S104
        TALENTFLOW_TOKEN=token,
        TALENTFLOW_DRAIN="4",
    )
    bento.wait(60)
    family = [bento.process, *bento.process.children(recursive=True)]
    assert bento.get("/regions").status_code == 401
    head = ["POST /forecast HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", f"Content-Type: {JSON}"]
    half = "\r\n".join([*head, "Content-Length: 2", "", "{"]).encode()
    with _connected(bento) as asked, _connected(bento) as endless:
        for each in (asked, endless):
            each.sendall(half)
        time.sleep(0.3)
        bento.process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        while _listens(bento):
            assert time.monotonic() < told + 3
            time.sleep(0.1)
        asked.sendall(b"}")
        assert asked.recv(100).startswith(b"HTTP/1.1 200 OK")
        _, alive = psutil.wait_procs(family, timeout=15)
        assert alive == []
        assert 3 < time.monotonic() - told < 10
    log = bento.log.read_text()
    assert token not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [(line["path"], line["status"]) for line in lines] == [("/regions", 401), ("/forecast", 200)]


def _listens(bento: Bento) -> bool:
    try:
        _connected(bento).close()
    except ConnectionRefusedError:
        return False
    return True


def _connected(bento: Bento) -> socket.socket:
    return socket.create_connection(("127.0.0.1", bento.port), timeout=10)


def test_the_service_can_be_imported_without_an_artefact(tmp_path: Path) -> None:
    folder = stage(tmp_path / "src")
    (folder / "release.json").unlink()
    code = "import serving.migration.service as s; print(s.Migration.name, s.__file__)"
    command = [sys.executable, "-c", code]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    found = subprocess.check_output(command, cwd=folder, env=environment, text=True)  # noqa: S603
    assert found.split() == ["Migration", str(folder / "serving/migration/service.py")]
