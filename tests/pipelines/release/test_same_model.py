from pathlib import Path

import pytest

from modules.artefact import FILES, FLOWS, PLACES
from pipelines.release.same_model import same_model

EVERY = {*FILES, PLACES, FLOWS}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (set(), "repackaged"),
        ({"lineage.json", "golden.json"}, "repackaged"),
        ({FLOWS, "card.json", "lineage.json"}, "refreshed"),
        ({"card.json"}, None),
        ({FLOWS, "model.safetensors"}, None),
        ({FLOWS, "config.json"}, None),
        ({FLOWS, PLACES}, None),
    ],
)
def test_what_changed_tells_whether_it_is_the_same_model(
    tmp_path: Path, changed: set[str], found: str | None
) -> None:
    for folder in ("candidate", "champion"):
        (tmp_path / folder).mkdir()
        for name in EVERY:
            (tmp_path / folder / name).write_text(folder if name in changed else name, encoding="utf-8")
    assert same_model(tmp_path / "candidate", tmp_path / "champion") == found


def test_an_artefact_without_a_tracks_files_compares_too(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert same_model(tmp_path, tmp_path) == "repackaged"
