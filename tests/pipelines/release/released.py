"""A built run whose candidate is chosen by the test, and released in this process."""

import json
import shutil
from pathlib import Path

from modules.pointer import Pointer
from pipelines.config import Mode, load_run
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, read_ledger
from pipelines.release.registry import Registry
from pipelines.release.release import release
from tests.conftest import call

CONTENDERS = {
    "gravity": ("gravity",),
    "dhg_sil": ("gravity", "dhg_sil"),
    "ridge_ar_calendar": ("gravity", "ridge_ar_calendar"),
}
"""Candidate -> the models that evaluate is to see, of which the back-test ranks it first."""


def package_each(project: Path, shelf: Path) -> None:
    """Run evaluate once for each candidate, and put what the run then is on a shelf."""
    index = project / "runs" / "tiny" / "model" / "models.json"
    known = json.loads(index.read_text(encoding="utf-8"))
    for candidate, models in CONTENDERS.items():
        index.unlink()  # it may be a link into DVC's cache
        index.write_text(json.dumps([each for each in known if each["model"] in models]), encoding="utf-8")
        call("dvc", "commit", "--force", "train@tiny", cwd=project)
        call("dvc", "repro", "evaluate@tiny", cwd=project)
        shutil.copytree(project / "runs" / "tiny", shelf / candidate / "tiny")
        shutil.copyfile(project / "dvc.lock", shelf / candidate / "dvc.lock")


def contend(shelf: Path, candidate: str) -> None:
    """Put a candidate into the project that this process works in."""
    shutil.rmtree(Path("runs/tiny"))
    shutil.copytree(shelf / candidate / "tiny", Path("runs/tiny"))
    shutil.copyfile(shelf / candidate / "dvc.lock", Path("dvc.lock"))
    shutil.copytree(shelf / "talentflow" / ".dvc" / "cache", Path(".dvc/cache"), dirs_exist_ok=True)


def released(mode: Mode = "auto") -> Entry | None:
    return release("tiny", load_run("tiny"), mode)


def ledger() -> list[Entry]:
    return read_ledger(Releases("tiny").ledger)


def pointer() -> Pointer:
    found = Pointer.read(Releases("tiny").pointer)
    assert found is not None
    return found


def alias() -> int | None:
    return Registry("tiny").champion()
