"""The chain from the data to a server: each link holds, and the one that was tampered with is named."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from modules.errors import UserError
from pipelines import lineage
from pipelines.release.bento import Bento
from pipelines.release.champion import bento_of
from pipelines.release.home import Releases
from pipelines.release.ledger import read_ledger
from pipelines.release.server import replay, served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tiny(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built project, released; whoever changes a file of it puts it back."""
    project = tmp_path_factory.mktemp("lineage") / "talentflow"
    shutil.copytree(built, project, symlinks=True)
    return project


def test_the_chain_holds_from_the_stages_to_the_server(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    bento = bento_of(Releases("tiny"), "")
    with served(bento) as url:
        links = lineage.walk("tiny", f"{url}/")
        with pytest.raises(UserError, match=r"answer\.model"):
            replay(url, bento.artefact, "tiny:v2-000000000000")
    assert [link.name for link in links if not link.holds] == [], lineage.said(links)
    assert links[-1].found == f"{url}/ serves {bento.tag}"
    assert lineage.first_broken(links) is None


def edit(change: Callable[[str], str]) -> Callable[[Path], None]:
    def tamper(path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert change(text) != text
        path.unlink()  # it may be a link into DVC's cache
        path.write_text(change(text), encoding="utf-8")

    return tamper


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("path", "tamper", "link", "names"),
    [
        (
            "dvc.lock",
            edit(lambda text: text.replace("length: 12", "length: 11")),
            "dvc.lock",
            "simulate@tiny",
        ),
        (
            "dvc.lock",
            edit(lambda text: text.replace("schema: '2.0'", "schema: '2.0")),
            "dvc.lock",
            "dvc.lock",
        ),
        ("runs/tiny/tune/best.json", edit(lambda text: text + " "), "outputs", "runs/tiny/tune"),
        ("runs/tiny/artefact/model.safetensors", flip, "artefact", "model.safetensors"),
        ("runs/tiny/artefact/config.json", edit(lambda text: text + " "), "artefact", "config.json"),
        (
            ".registry/runs/tiny/ledger.jsonl",
            edit(lambda text: text.replace('"outcome":"champion"', '"outcome":"refused"')),
            "ledger",
            "line 1: was changed",
        ),
        ("{bento}/src/serving/edge.py", edit(lambda text: text + "# new\n"), "bento", "src/serving/edge.py"),
        ("{bento}/src/artefact/model.safetensors", flip, "bento", "src/artefact/model.safetensors"),
        (
            ".registry/runs/tiny/champion.json",
            edit(lambda text: text.replace('"version": 1', '"version": 2')),
            "pointer",
            "champion.json",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_tampered_with_is_named(
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    tamper: Callable[[Path], None],
    link: str,
    names: str,
) -> None:
    monkeypatch.chdir(tiny)
    releases = Releases("tiny")
    entry = read_ledger(releases.ledger)[-1]
    target = tiny / path.format(bento=Bento(releases, entry.tag).folder)
    kept = target.with_name(f"{target.name}.kept")
    shutil.copyfile(target, kept)
    try:
        tamper(target)
        links = lineage.walk("tiny", None)
    finally:
        target.unlink()
        kept.rename(target)
    broken = [each for each in links if not each.holds]
    assert broken[0].name == link
    assert len(broken) == 1 or path == "dvc.lock"  # what cannot be read tells nothing of the outputs either
    assert names in broken[0].found
    assert link in (lineage.first_broken(links) or "")


def test_a_version_whose_source_was_changed_is_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    change = "UPDATE model_versions SET storage_location = replace(storage_location, ?, ?)"
    with sqlite3.connect(tiny / ".mlflow" / "mlflow.db") as database:
        database.execute(change, ("/package-", "/other-"))
        database.commit()
        links = lineage.walk("tiny", None)
        database.execute(change, ("/other-", "/package-"))
    broken = [each for each in links if not each.holds]
    assert [each.name for each in broken] == ["version"]
    assert "its source runs:/" in broken[0].found


def test_a_link_to_foreign_code_in_a_bento_is_named(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tiny)
    bento = bento_of(Releases("tiny"), "")
    digest = bento.digest
    link = bento.folder / "src" / "orjson"
    link.symlink_to(tmp_path)
    with pytest.raises(UserError, match="src/orjson: is a link, and a bento has none"):
        bento.verify(digest)
    link.unlink()
    bento.verify(digest)


def test_both_ends_are_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny)
    best = tiny / "runs/tiny/tune/best.json"
    content = best.read_bytes()
    best.unlink()
    best.write_bytes(content + b" ")
    broken = lineage.first_broken(lineage.walk("tiny", "http://127.0.0.1:9"))
    best.write_bytes(content)
    assert broken is not None
    assert broken.startswith("from the data, outputs: ")
    assert "; from the server, server: http://127.0.0.1:9: does not answer" in broken
