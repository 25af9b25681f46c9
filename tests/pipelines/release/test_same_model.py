import json
from pathlib import Path

import pytest

from modules.artefact import FILES, FLOWS, PLACES
from pipelines.card import Card
from pipelines.release.same_model import same_model

EVERY = {*FILES, PLACES, FLOWS}
CARD = dict.fromkeys(Card.model_fields, "as it was")


def artefact(folder: Path, changed: set[str], **card: str) -> Path:
    folder.mkdir()
    for name in EVERY:
        (folder / name).write_text(folder.name if name in changed else name, encoding="utf-8")
    (folder / "card.json").write_text(json.dumps(CARD | card), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("changed", "card", "found"),
    [
        (set(), {}, "repackaged"),
        ({"lineage.json", "golden.json"}, {}, "repackaged"),
        ({FLOWS, "lineage.json"}, {"reference": "other"}, "refreshed"),
        ({FLOWS}, {"data": "other", "limits": "other"}, "refreshed"),
        (set(), {"reference": "other"}, None),
        ({FLOWS}, {"test": "worse"}, None),
        ({FLOWS}, {"fairness": "worse"}, None),
        ({FLOWS, "golden.json"}, {}, None),
        ({FLOWS, "model.safetensors"}, {}, None),
        ({FLOWS, "config.json"}, {}, None),
        ({FLOWS, PLACES}, {}, None),
    ],
)
def test_what_changed_tells_whether_it_is_the_same_model(
    tmp_path: Path, changed: set[str], card: dict[str, str], found: str | None
) -> None:
    candidate = artefact(tmp_path / "candidate", changed, **card)
    assert same_model(candidate, artefact(tmp_path / "champion", changed)) == found


def test_an_artefact_without_a_tracks_files_compares_too(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert same_model(tmp_path, tmp_path) == "repackaged"
