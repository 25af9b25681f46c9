"""A project to run the real commands in: this tree's files, under git, with the tiny run added and built."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

from modules.transfer.places.gazetteer import Gazetteer
from pipelines.transfer.gazetteer.build import build as build_gazetteer

TOP = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
Run = Callable[..., subprocess.CompletedProcess[str]]


def call(
    *command: str, cwd: Path, check: bool = True, timeout: float = 420
) -> subprocess.CompletedProcess[str]:
    """Run a command of the project's environment in a project folder, as a user would."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DVC_", "MAKE", "MFLAGS", "MLFLOW_", "PYTEST_"))
        or key == "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
    }
    environment |= {"PATH": f"{BIN}:{environment['PATH']}", "PYTHONPATH": str(cwd), "VENV": str(BIN.parent)}
    done = subprocess.run(  # noqa: S603
        command, cwd=cwd, env=environment, text=True, capture_output=True, check=False, timeout=timeout
    )
    if check and done.returncode:
        pytest.fail(
            f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    return done


def copy_project(folder: Path) -> Path:
    """Copy what git has or would have of this tree, and commit it."""
    listed = call("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=TOP).stdout
    for name in filter(None, listed.split("\0")):
        if (TOP / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, target)
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "As it stands"],
    ):
        call("git", "-c", "user.name=Test", "-c", "user.email=test@example.org", *command, cwd=folder)
    return folder


def once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made once for the whole session, however many processes run its tests."""
    top = tmp_path_factory.getbasetemp()
    top = top.parent if "PYTEST_XDIST_WORKER" in os.environ else top
    folder, made = top / name, top / f"{name}.made"
    with FileLock(top / f"{name}.lock"):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed
            make(folder)
            made.touch()
    return folder


def pytest_configure() -> None:
    """Nothing in this suite, and no process that it starts, may load a pickle through MLflow.

    Tests run `make`, which would clear an environment that was built from another lock: this very one.
    """
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    built_from = b"".join((TOP / name).read_bytes() for name in ("requirements.lock", "pyproject.toml"))
    if not (BIN.parent / f".talentflow-{hashlib.sha256(built_from).hexdigest()[:16]}").exists():
        pytest.exit("the environment is not the one of this tree's lock: make setup", returncode=2)


@pytest.hookimpl(trylast=True)  # after the drills are taken out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come early, so that all workers end at about the same time.

    The first of them builds what the others need; tests of `modules` keep the second worker busy meanwhile.
    """
    builds = {item.path for item in items if "built" in getattr(item, "fixturenames", ())}
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    slow = sorted(slow, key=lambda path: (path not in builds, path))

    def turn(item: pytest.Item) -> int:
        if item.path in slow:
            return 0 if item.path == slow[0] else 2
        return 1 if item.path.is_relative_to(TOP / "tests" / "modules") else 3

    items.sort(key=turn)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose tiny run has been added and built by README's commands; do not change it."""
    return once(tmp_path_factory, "built", build) / "talentflow"


@pytest.fixture(scope="session")
def gazetteer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The transfer track's gazetteer, as its stage makes it."""

    def make(folder: Path) -> None:
        folder.mkdir()
        build_gazetteer(folder / "places.sqlite")

    return once(tmp_path_factory, "gazetteer", make) / "places.sqlite"


@pytest.fixture(scope="session")
def gazetteer(gazetteer_file: Path) -> Gazetteer:
    """The same, opened."""
    return Gazetteer(gazetteer_file)


def build(folder: Path) -> None:
    """Copy the project and follow README."""
    project = copy_project(folder / "talentflow")
    call("talentflow", "runs", "add", "params/tiny.yaml", cwd=project)
    call("make", "demo", "RUN=tiny", cwd=project)


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the built project to do anything with."""
    copy = tmp_path / "talentflow"
    shutil.copytree(built, copy, symlinks=True)
    yield copy
    shutil.rmtree(copy)


@contextmanager
def serving(project: Path, run: str, port: int, *more: str) -> Iterator[str]:
    """`talentflow serve`, ready; ended as Ctrl-C would end it."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment |= {"PATH": f"{BIN}:{environment['PATH']}", "PYTHONPATH": str(project)}
    log, url = project / f"serve-{port}.log", f"http://127.0.0.1:{port}"
    with (
        log.open("w", encoding="utf-8") as said,
        subprocess.Popen(  # noqa: S603
            [BIN / "talentflow", "serve", run, "--port", str(port), *more],
            cwd=project, env=environment, stdout=said, stderr=subprocess.STDOUT,
        ) as process,
    ):  # fmt: skip
        try:
            deadline = time.monotonic() + 120
            while process.poll() is None and time.monotonic() < deadline:
                with suppress(httpx.TransportError):
                    if httpx.get(f"{url}/readyz").is_success:
                        break
                time.sleep(0.1)
            else:
                pytest.fail(f"talentflow serve {run} does not get ready: {log.read_text(encoding='utf-8')}")
            yield url
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Debian's chromium on PATH (apt-get install chromium)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
