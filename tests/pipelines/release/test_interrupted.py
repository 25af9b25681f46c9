"""A release that is killed before any of its steps: the champion stays, and the next release finishes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pipelines.release import promotion
from tests.conftest import BIN
from tests.pipelines.release.released import alias, contend, ledger, pointer, released

pytestmark = pytest.mark.slow

KILLED = """
import os, signal
from pipelines.cli import main
from pipelines.release import {module}
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{module}.{name} = die
main()
"""
EVERY = [
    ("release", "_registered", 1),
    ("release", "build", 1),
    ("bento", "write_text", 1),
    ("gates", "replay", 1),
    ("release", "decide", 1),
    ("ledger", "write_text", 1),
    ("registry", "Registry.move_alias", 2),
    ("champion", "write_pointer", 2),
]
"""Where it is killed, and how many lines the ledger has then."""
DECISIVE = EVERY[-2:]


@pytest.mark.parametrize(
    "steps",
    [pytest.param(EVERY, id="every step", marks=pytest.mark.drill), pytest.param(DECISIVE, id="decisive")],
)
def test_a_release_killed_before_any_step_leaves_the_champion_and_can_be_repeated(
    fresh: Path, shelf: Path, steps: list[tuple[str, str, int]]
) -> None:
    contend(shelf, "gravity")
    first = released()
    contend(shelf, "dhg_sil")
    for module, name, lines in steps:
        assert killed(fresh, module, name, "release") == -signal.SIGKILL, f"{module}.{name}"
        assert pointer().tag == first.tag, "what is served is as before"
        assert len(ledger()) == lines
        assert alias() == (2 if name == "write_pointer" else 1)
    assert released() is None, "the decision was made; what was left is finished"
    assert (alias(), pointer().version, [entry.reason for entry in ledger()]) == (
        2,
        2,
        ["baseline", "better"],
    )
    # A rollback that was killed before the pointer is finished by the same command, not done twice.
    assert killed(fresh, "champion", "write_pointer", "rollback") == -signal.SIGKILL
    assert (alias(), pointer().version, len(ledger())) == (1, 2, 3)
    assert promotion.roll_back("tiny", None, None, "").sequence == 3
    assert (alias(), pointer().version, len(ledger())) == (1, 1, 3)
    psutil.wait_procs(servers := _servers(fresh), timeout=30)
    assert [process for process in servers if process.is_running()] == [], "no server is left behind"


def killed(project: Path, module: str, name: str, verb: str) -> int:
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(project)}
    code = KILLED.format(module=module, name=name)
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, "registry", verb, "tiny"],
        env=environment,
        capture_output=True,
        check=False,
    ).returncode


def _servers(project: Path) -> list[psutil.Process]:
    home = str(project / ".registry")
    return [p for p in psutil.process_iter(["cmdline"]) if home in " ".join(p.info["cmdline"] or ())]
