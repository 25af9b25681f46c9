"""A built run whose candidate is chosen by the test, and released in this process."""

import json
from pathlib import Path

from pipelines.config import Mode, load_run
from pipelines.release.champion import Pointer, read_pointer
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, read_ledger
from pipelines.release.registry import Registry
from pipelines.release.release import release
from tests.conftest import call


def contend(project: Path, *models: str) -> None:
    """Let evaluate see these models only, and package the one that its back-test ranks first."""
    index = project / "runs" / "tiny" / "model" / "models.json"
    known = json.loads((project / "models.json").read_text(encoding="utf-8"))
    kept = [model for model in known if model["model"] in models]
    index.unlink()  # it may be a link into DVC's cache
    index.write_text(json.dumps(kept), encoding="utf-8")
    call("dvc", "commit", "--force", "train@tiny", cwd=project)
    call("dvc", "repro", "evaluate@tiny", cwd=project)


def released(mode: Mode = "auto") -> Entry | None:
    return release("tiny", load_run("tiny"), mode)


def ledger() -> list[Entry]:
    return read_ledger(Releases("tiny").ledger)


def pointer() -> Pointer:
    found = read_pointer(Releases("tiny"))
    assert found is not None
    return found


def alias() -> int | None:
    return Registry("tiny").champion()
