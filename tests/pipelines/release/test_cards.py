"""The card of a released version: in the registry, in the bento, on the front page, on the command line."""

from pathlib import Path

import pytest

from pipelines.card import read_card
from pipelines.card_page import markdown
from pipelines.front_page import front_page
from pipelines.release.champion import bento_of
from pipelines.release.home import Releases
from pipelines.release.ledger import champion_of, read_ledger
from pipelines.release.registry import Registry
from tests.conftest import call

pytestmark = pytest.mark.slow


def test_a_version_has_its_card_wherever_it_is_met(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    bento = bento_of(Releases("tiny"), "")
    text = markdown(*read_card(Path("runs/tiny/artefact")))
    assert text.startswith("# Model card: tiny, ")
    assert (bento.folder / "README.md").read_text(encoding="utf-8") == text
    assert Registry("tiny").version(1).description == text, "it is short enough for MLflow"
    assert call("talentflow", "registry", "card", "tiny", "1", cwd=project).stdout == f"{text}\n"
    unknown = call("talentflow", "registry", "card", "tiny", "7", cwd=project, check=False)
    assert (unknown.returncode, "no version 7 in the ledger; there is v1" in unknown.stderr) == (2, True)

    index, card = Path("runs/index.html"), Path("runs/tiny/card.html")
    assert 'href="tiny/card.html">model card</a>' in index.read_text(encoding="utf-8")
    champion = champion_of(read_ledger(Releases("tiny").ledger))
    assert champion is not None
    assert champion.tag in card.read_text(encoding="utf-8")

    # A champion whose bento is not here has no card here, and an earlier one's is not shown for it.
    (bento.artefact / "card.json").unlink()
    front_page(["tiny"])
    assert not card.exists()
    assert "card.html" not in index.read_text(encoding="utf-8")
