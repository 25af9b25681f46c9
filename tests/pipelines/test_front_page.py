"""What the front page says of a run's evidence."""

import json
from pathlib import Path

import pytest

from pipelines.front_page import front_page
from tests.conftest import TOP
from tests.pipelines.migration.reporting.test_report import words


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        ((2.0, 1.0, 3.0), "best baseline; 95"),
        ((1.0, -1.0, 3.0), "best baseline: DHG-SIL is not told apart from it; 95"),
        ((-2.0, -3.0, -1.0), "best baseline: DHG-SIL is worse; 95"),
    ],
)
def test_a_gain_is_called_one_only_where_there_is_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gain: tuple[float, float, float], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_bytes((TOP / "params.yaml").read_bytes())
    evaluation = tmp_path / "runs/cities/evaluation/evaluation.json"
    evaluation.parent.mkdir(parents=True)
    bounds = dict(zip(("estimate", "low", "high"), gain, strict=True))
    record = {
        "candidate": "dhg_sil",
        "best_baseline": "last_value",
        "leaderboard": [{"model": "dhg_sil", "improvement": bounds}],
    }
    evaluation.write_text(json.dumps(record), encoding="utf-8")
    text = words(front_page(["cities"]).read_text(encoding="utf-8"))
    assert f"less error on the test than last value, the {said}" in text
    assert "better" not in text
