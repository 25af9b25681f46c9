"""What `talentflow serve` refuses before it starts anything."""

import json
import socket
from pathlib import Path

import pytest

from pipelines.ports import free_port
from pipelines.release.home import Releases
from tests.conftest import TOP, call, serving

pytestmark = pytest.mark.slow


def test_the_champion_is_served_until_ctrl_c(built: Path) -> None:
    with serving(built, "tiny", free_port()) as url:
        shown = call("talentflow", "lineage", "verify", "tiny", "--url", url, cwd=built).stdout
    assert f"holds  server    {url} serves tiny:v1-" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bento", "tiny:v9-0123456789ab"], "tiny:v9-0123456789ab: the bento is not in"),
        (["--bento", "tiny:../../other"], "--bento tiny:../../other: is no bento of tiny"),
        (["--port", "99999"], "--port 99999: cannot be listened on"),
    ],
)
def test_what_cannot_be_served_is_one_line(built: Path, arguments: list[str], said: str) -> None:
    done = call("talentflow", "serve", "tiny", *arguments, cwd=built, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("0.0.0.0", "host 0.0.0.0: others can reach it, and there is no token"),  # noqa: S104 - what is refused
        ("example", "host example: is no IP address"),
    ],
)
def test_a_host_that_others_reach_takes_a_token(host: str, said: str) -> None:
    done = call("talentflow", "serve", "tiny", "--host", host, cwd=TOP, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr


def test_a_port_that_is_taken_is_named(built: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for command in (["serve", "tiny"], ["mlflow"]):
            done = call("talentflow", *command, "--port", port, cwd=built, check=False)
            assert (done.returncode, f"--port {port}: cannot be listened on" in done.stderr) == (2, True)


def test_a_pointer_that_the_ledger_never_promoted_is_not_followed(project: Path) -> None:
    pointer = project / ".registry" / "runs" / "tiny" / "champion.json"
    content = json.loads(pointer.read_text(encoding="utf-8"))
    pointer.write_text(json.dumps({**content, "version": 2}), encoding="utf-8")
    done = call("talentflow", "serve", "tiny", cwd=project, check=False)
    assert (done.returncode, "which the ledger never promoted so" in done.stderr) == (2, True)
    assert Releases("tiny").pointer.name in done.stderr
