import json
from pathlib import Path
from typing import Any

import pytest

from modules.errors import UserError
from modules.transfer.tagging.tags import FIELDS
from pipelines.transfer.importing.labelled import joined, read_labelled, simulated_passages

PARTS = ("train", "validation", "test")

TEXT = "Anna Kovács moved from Budapest to Berlin in 2010."


def line(**changed: Any) -> dict[str, Any]:
    return {
        "text": TEXT,
        "circulation": True,
        "subject": [0, 11],
        "origin": [23, 31],
        "destination": [35, 41],
        "time": [45, 49],
        "origin_iso3": "HUN",
        "destination_iso3": "DEU",
        "period": "2010",
        "group": "Anna",
        **changed,
    }


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    return path


def test_a_line_becomes_a_row_with_its_spans(tmp_path: Path) -> None:
    twice = [line(), line(), line(text="It rained.", circulation=False, **dict.fromkeys(FIELDS), group=None)]
    rows = read_labelled([write(tmp_path / "a.jsonl", *twice)]).to_pylist()
    assert len(rows) == 2
    told = next(row for row in rows if row["circulation"])
    assert [TEXT[told[f"{field}_start"] : told[f"{field}_end"]] for field in FIELDS] == [
        "Anna Kovács",
        "Budapest",
        "Berlin",
        "2010",
    ]
    assert (told["origin_iso3"], told["destination_iso3"], told["period"]) == ("HUN", "DEU", "2010")


def test_a_group_is_never_split(tmp_path: Path) -> None:
    lines = [line(text=f"{TEXT} {at}", group=f"person {at % 40}") for at in range(200)]
    rows = read_labelled([write(tmp_path / "a.jsonl", *lines)]).to_pylist()
    parts = {row["group"]: row["part"] for row in rows}
    assert all(parts[row["group"]] == row["part"] for row in rows)
    assert set(parts.values()) == set(PARTS)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"subject": [0, 99]}, r"line 2: .*subject: \[0, 99\] lies outside the text of 50 characters"),
        ({"destination_iso3": "GER"}, r"line 2: .*destination_iso3: 'GER' is no alpha-3 code"),
        ({"period": "May 2010"}, r"line 2: period"),
        ({"origin": None, "destination": None}, r"line 2: .*names where to or where from"),
        ({"cirkulation": True}, r"line 2: cirkulation: no such key"),
        ({"part": "dev"}, r"line 2: part"),
        ({"subject": "Anna Kovács"}, r"line 2: subject"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        read_labelled([write(tmp_path / "a.jsonl", line(), line(**changed))])
    assert "Kovács" not in str(caught.value)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": \n', encoding="utf-8")
    with pytest.raises(UserError, match=r"a\.jsonl: line 1: is not JSON"):
        read_labelled([path])


def test_a_file_of_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"text": "Ágnes"}\n'.encode("latin-1"))
    with pytest.raises(UserError, match=r"a\.jsonl: line 1: is not UTF-8"):
        read_labelled([path])


def test_simulated_passages_hold_whole_families_out_and_their_spans_are_in_the_text() -> None:
    table = simulated_passages(400, seed=3)
    assert table == simulated_passages(400, seed=3)
    rows = table.to_pylist()
    parts: dict[str, set[str]] = {}
    for row in rows:
        parts.setdefault(row["group"], set()).add(row["part"])
        told = {field: row[f"{field}_start"] for field in FIELDS if row[f"{field}_start"] is not None}
        assert bool(told) == row["circulation"]
        for field, start in told.items():
            assert 0 <= start < row[f"{field}_end"] <= len(row["text"])
    assert all(len(each) == 1 for each in parts.values())
    for part in PARTS:
        assert {row["circulation"] for row in rows if row["part"] == part} == {True, False}
    assert joined([table]) == table
    assert set(simulated_passages(60, seed=3, only_train=True).column("part").to_pylist()) == {"train"}
