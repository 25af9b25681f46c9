"""A log is summed by version and day; a line that is none is named."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modules.errors import UserError
from modules.monitoring.reference import Reference, Unit
from pipelines.monitoring.logged import read_log

TAG = "cities:v3-3f9a1c77e02b"
REFERENCE = Reference.of(Unit({"origin": [region]}) for region in "aaaaabbbbb")


def line(day: int, **changes: Any) -> str:
    fields = {"day": f"2026-11-{day}", "model": TAG, "units": 6, "lost": 0, "counts": {"origin": {"0": 6.0}}}
    return json.dumps(fields | changes) + "\n"


def test_days_and_versions_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "cities.2026-11-20.jsonl").write_text(line(20) + line(20, counts={"origin": {"3": 2.5}}))
    (tmp_path / "cities.2026-11-21.jsonl").write_text(line(21, lost=2) + line(21, model="cities:v2-0"))
    (tmp_path / "cities_north.2026-11-21.jsonl").write_text("not ours")
    every = read_log(tmp_path, "cities", TAG, REFERENCE, None, None)
    assert every.counts["origin"].tolist() == [12, 0, 0, 2.5]
    assert (every.units, every.lost, every.others) == (18, 2, {"cities:v2-0": 6})
    assert every.days == (date(2026, 11, 20), date(2026, 11, 21))
    assert read_log(tmp_path, "cities", TAG, REFERENCE, date(2026, 11, 21), None).units == 6
    assert read_log(tmp_path, "cities", TAG, REFERENCE, None, date(2026, 11, 20)).units == 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1: is no line of a feature log"),
        (line(20, name="Greta Halloran"), "line 1: is no line of a feature log"),
        (line(20) + line(20, counts={"origin": {"4": 1.0}}), "line 2: origin, bin 4: is no bin"),
        (line(20, counts={"gender": {"0": 1.0}}), "line 1: gender, bin 0: is no bin"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "cities.2026-11-20.jsonl").write_text(text)
    with pytest.raises(UserError, match=said):
        read_log(tmp_path, "cities", TAG, REFERENCE, None, None)
    with pytest.raises(UserError, match="no such folder"):
        read_log(tmp_path / "nowhere", "cities", TAG, REFERENCE, None, None)
