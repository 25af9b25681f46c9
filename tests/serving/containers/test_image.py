"""The image of a champion: what it is built from, how it starts, and, as a drill, the real thing."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from ruamel.yaml import YAML

from modules.access import TOKEN, TOKEN_FILE
from modules.artefact import sha256_of
from modules.errors import UserError
from modules.golden import TOLERANCE
from pipelines.config import load_run, read_yaml
from pipelines.ports import free_port
from pipelines.release.bento import Bento
from pipelines.release.champion import champion_entry
from pipelines.release.home import Releases
from pipelines.release.image import lay_out
from pipelines.release.ledger import Entry
from pipelines.release.package import LOCKS
from pipelines.release.server import replay
from tests.conftest import BIN, TOP, call
from tests.serving.containers.engine import (
    buildah,
    config,
    container,
    ensure_base,
    read_only,
    settings,
    skip_unless_it_can_build,
)

pytestmark = pytest.mark.slow
SECRET = "a-token-that-only-this-test-knows"  # noqa: S105
USER = 10001
# Python and this tree may lie where only root looks: they are read all the same, and written by nobody.
READING = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *READING]


@pytest.fixture
def champion(built: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Bento, Entry]:
    monkeypatch.chdir(built)
    entry = champion_entry(Releases("tiny"))
    return Bento(Releases("tiny"), entry.tag), entry


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256_of(path) for path in folder.rglob("*") if path.is_file()}


def until_ready(url: str, process: psutil.Popen, log: Path) -> None:
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz").is_success:
                return
        time.sleep(0.1)
    pytest.fail(log.read_text(errors="replace")[-3000:])


def answers_as_offline(url: str, bento: Bento, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the token what the artefact says, and nothing without it."""
    monkeypatch.delenv(TOKEN, raising=False)
    with pytest.raises(UserError, match="answered 401"):
        replay(url, bento.artefact, bento.tag)
    monkeypatch.setenv(TOKEN, SECRET)
    assert replay(url, bento.artefact, bento.tag) <= TOLERANCE


def test_the_context_holds_the_bento_its_locks_and_nothing_else(
    champion: tuple[Bento, Entry], tmp_path: Path
) -> None:
    bento, entry = champion
    offered, context = tmp_path / "offered", tmp_path / "context"
    for name in ("torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl", "torch-2.1-none.whl", "other-2.13.0.whl"):
        offered.mkdir(exist_ok=True)
        (offered / name).touch()
    context.mkdir()
    lay_out(bento, entry.bento, context, offered)
    found = files(context)
    assert {name for name in found if not name.startswith("bento/")} == {
        "Containerfile",
        "build.lock",
        "requirements.lock",
        "wheels/torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl",
    }
    packed = [f"{found[f'bento/{name}']}  {name}" for name in sorted(files(context / "bento"))]
    assert sorted(packed) == sorted(bento.manifest)
    assert found["requirements.lock"] == sha256_of(TOP / "serving" / "requirements.lock")
    assert found["Containerfile"] == sha256_of(TOP / "serving" / "containers" / "Containerfile")
    installer = (context / "build.lock").read_text()
    assert re.findall(r"^\S+==", installer, flags=re.MULTILINE) == ["uv=="]
    assert "--hash=sha256:" in installer


def test_a_bento_that_was_changed_gets_into_no_image(project: Path, tmp_path: Path) -> None:
    source = next((project / ".registry/bentoml/bentos/tiny").glob("*/src/serving/tokens.py"))
    source.write_text(source.read_text() + "# anybody may ask\n")
    engine = tmp_path / "docker"
    engine.write_text("#!/bin/sh\nexit 0\n")
    engine.chmod(0o755)
    done = call(
        "bash", "-c", f"PATH={tmp_path}:$PATH talentflow registry image tiny", cwd=project, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{source}: was changed since it was built" in done.stderr


def test_without_an_engine_one_line_says_what_to_install(built: Path, tmp_path: Path) -> None:
    for name in ("python", "docker"):  # a client whose daemon is not there
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    command = f"PATH={tmp_path} {BIN}/talentflow registry image tiny"
    done = call("bash", "-c", command, cwd=built, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "none of docker, podman, buildah answers here; install one" in done.stderr


@contextmanager
def as_the_image_starts_it(context: Path, **environment: str) -> Iterator[tuple[psutil.Popen, Path]]:
    """The Containerfile's command, its variables alone, as its user, over a bento that cannot be written."""
    text = (context / "Containerfile").read_text().rpartition("FROM ")[2].replace("\\\n", "")
    (variables,) = re.findall(r"^ENV (.+)$", text, flags=re.MULTILINE)
    (command,) = re.findall(r"^CMD (.+)$", text, flags=re.MULTILINE)
    scratch, bento = context / "scratch", context / "bento"
    scratch.mkdir()
    scratch.chmod(0o777)
    for path in (bento, *bento.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    said = dict(each.split("=") for each in variables.split())
    told = {key: value.replace("/tmp", str(scratch), 1) for key, value in said.items()}  # noqa: S108
    told |= {"PATH": f"{BIN}:{told['PATH']}"} | environment
    serve = [str(bento) if each == "/bento" else each for each in re.findall(r'"([^"]+)"', command)]
    log = context / "log"
    with log.open("wb") as file:
        process = psutil.Popen(
            [*AS_USER, *serve] if os.geteuid() == 0 else serve,
            cwd=bento,
            env=told,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, log
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that every user may read; pytest's own are their owner's alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_its_command_serves_a_read_only_bento_as_nobody_in_particular(
    champion: tuple[Bento, Entry], readable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bento, entry = champion
    lay_out(bento, entry.bento, readable)
    token, port = readable / "token", free_port()
    token.write_text(f"# of one client\n{SECRET}\n")
    url, told = f"http://127.0.0.1:{port}", {"BENTOML_PORT": str(port), TOKEN_FILE: str(token)}
    with as_the_image_starts_it(readable, **told) as (process, log):
        until_ready(url, process, log)
        answers_as_offline(url, bento, monkeypatch)
        listening = {each.laddr.ip for each in psutil.net_connections("inet") if each.laddr.port == port}
        assert listening & {"0.0.0.0"}  # noqa: S104 - inside a container
        if os.geteuid() == 0:
            every = [process, *process.children(recursive=True)]
            assert {each.uids().real for each in every} == {USER}
    assert files(readable / "bento") == files(bento.folder)


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """buildah, and the base image that the Containerfile asks for."""
    skip_unless_it_can_build()
    for name, value in settings(tmp_path).items():
        monkeypatch.setenv(name, value)
    ensure_base(tmp_path)


@contextmanager
def running(image: str, token: Path, port: int, log: Path) -> Iterator[tuple[psutil.Popen, Path]]:
    """The image's own command on a read-only root, and where that root is."""
    with container(image) as name:
        told = [
            "--network",
            "host",
            "--env",
            f"BENTOML_PORT={port}",
            "--env",
            f"{TOKEN_FILE}=/run/secrets/token",
        ]
        command = [*told, "--volume", f"{token.parent}:/run/secrets:ro", name, "--", *config(image)["Cmd"]]
        with log.open("wb") as file:
            process = psutil.Popen(read_only(name, *command), stdout=file, stderr=subprocess.STDOUT)
        try:
            yield process, Path(buildah("mount", name))
        finally:
            with suppress(psutil.NoSuchProcess):  # it has ended, and so has what it started
                for each in (*process.children(recursive=True), process):
                    each.kill()


@pytest.mark.drill
@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("run", ["tiny", "tiny_placements", "tiny_articles"])
def test_a_real_image_answers_as_offline_from_a_read_only_root(
    project: Path, readable: Path, monkeypatch: pytest.MonkeyPatch, run: str
) -> None:
    monkeypatch.chdir(project)
    if run != "tiny":  # which is built and released already
        entry = read_yaml(project / "params" / f"{run}.yaml")
        if run == "tiny_placements":  # the audit refuses a network that learnt from so few
            entry[run]["tune"]["models"] = ["popularity", "logistic_regression"]
        YAML(typ="safe").dump(entry, project / "run.yaml")
        call("talentflow", "runs", "add", "run.yaml", cwd=project)
        call("make", "demo", f"RUN={run}", cwd=project)
    releases = Releases(run)
    champion = champion_entry(releases)
    bento = Bento(releases, champion.tag)
    made = call("make", "image", f"RUN={run}", "BUILD_OPTIONS=--network host", cwd=project, timeout=1800)
    image = made.stdout.splitlines()[-1]
    assert image == f"talentflow/{champion.tag}"
    found = config(image)
    assert found["Labels"]["org.opencontainers.image.revision"] == champion.source.commit
    assert found["Labels"]["talentflow.weights"] == sha256_of(bento.artefact / "model.safetensors")
    assert found["Labels"]["talentflow.bento"] == sha256_of(releases.manifest(champion.tag))
    assert found["Healthcheck"]["Test"][:2] == ["CMD", "python"]
    (readable / "token").write_text(f"{SECRET}\n")
    port, log = free_port(), project / "image.log"
    url = f"http://127.0.0.1:{port}"
    try:
        with running(image, readable / "token", port, log) as (process, root):
            until_ready(url, process, log)
            answers_as_offline(url, bento, monkeypatch)
            holds_the_lock_and_no_compiler(root, TOP / LOCKS[load_run(run).track])
            (server,) = (each for each in process.children(recursive=True) if is_the_service(each.cmdline()))
            server.terminate()
            assert process.wait(40) == 0
    finally:
        buildah("rmi", image)


def is_the_service(command: list[str]) -> bool:
    return command[0].endswith("python") and command[-2:] == ["serve", "/bento"]


def holds_the_lock_and_no_compiler(root: Path, lock: Path) -> None:
    packages = root / "opt/talentflow/lib/python3.11/site-packages"
    there = {path.name.split("-")[0].lower().replace("_", "-") for path in packages.glob("*.dist-info")}
    assert there == {*re.findall(r"^([a-z0-9-]+)==", lock.read_text(), flags=re.MULTILINE), "torch"}
    tools = [
        folder / name for folder in (root / "usr/bin", root / "bin") for name in ("cc", "gcc", "g++", "make")
    ]
    assert [tool for tool in tools if tool.exists()] == []
