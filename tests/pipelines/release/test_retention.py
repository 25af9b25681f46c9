from pathlib import Path

import pytest

from modules.errors import UserError
from pipelines.release.champion import write_pointer
from pipelines.release.home import Releases
from pipelines.release.ledger import append
from pipelines.release.retention import collect
from tests.pipelines.release.test_ledger import entry


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releases:
    """Two decided versions, and what a release that was killed before its decision leaves."""
    monkeypatch.setenv("TALENTFLOW_REGISTRY", str(tmp_path))
    found = Releases("cities")
    for version, outcome in ((1, "champion"), (2, "refused")):
        append(
            found.ledger,
            entry(version, outcome).model_copy(update={"run": "cities", "tag": f"cities:v{version}-aa"}),
        )
    for tag in ("cities:v1-aa", "cities:v2-aa", "cities:v3-bb"):
        found.bento(tag).mkdir(parents=True)
        (found.bento(tag) / "bento.yaml").touch()
        for path in (found.manifest(tag), found.log(tag)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    (found.bento("cities:v1-aa").parent / "latest").touch()
    found.bento("korea:v3-bb").mkdir(parents=True)
    return found


def test_what_no_line_names_goes_and_all_else_stays(releases: Releases) -> None:
    tag = "cities:v3-bb"
    lost = sorted([releases.bento(tag), releases.manifest(tag), releases.log(tag)])
    kept = [
        p
        for t in ("cities:v1-aa", "cities:v2-aa")
        for p in (releases.bento(t), releases.manifest(t), releases.log(t))
    ]
    kept += [releases.bento("korea:v3-bb"), releases.bento("cities:v1-aa").parent / "latest", releases.ledger]
    assert collect("cities", dry_run=True) == lost
    assert all(path.exists() for path in (*kept, *lost))
    assert collect("cities") == lost
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in lost)
    assert collect("cities") == []


def test_a_ledger_that_is_broken_or_cut_short_protects_everything(releases: Releases) -> None:
    lines = releases.ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    releases.ledger.write_text(lines[0].replace("v1", "v9") + lines[1], encoding="utf-8")
    with pytest.raises(UserError, match="line 1"):
        collect("cities")
    releases.ledger.unlink()
    first = append(releases.ledger, entry(1).model_copy(update={"run": "cities", "tag": "cities:v1-aa"}))
    write_pointer(releases, first)
    releases.ledger.write_text("", encoding="utf-8")
    with pytest.raises(UserError):
        collect("cities")
    assert releases.bento("cities:v3-bb").exists()
