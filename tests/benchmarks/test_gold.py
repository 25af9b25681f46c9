"""The labelled moves: what is committed makes sense alone, and fits the public data where it is there."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.labelled_gold import FIELDS, GOLD, gold, rows
from benchmarks.labelled_text import docred, knowledge_net, quiet
from modules.transfer.places.policy import policy
from pipelines.transfer.importing.labelled import read_labelled

SHARED = Path(os.environ.get("TALENTFLOW_SHARED_DATA", Path(__file__).parents[2] / "../shared/data"))
needs_data = pytest.mark.skipif(not (SHARED / "pages_to_places").exists(), reason="no public data here")


@pytest.mark.parametrize("name", ["persons", "news"])
def test_decisions_are_ids_and_labels_and_no_text(name: str) -> None:
    decisions = list(rows(GOLD / f"{name}.jsonl"))
    assert len({each["id"] for each in decisions}) == len(decisions)
    for each in decisions:
        assert all(isinstance(each.get(field, [0, 1]), list) for field in FIELDS)
        assert all(each.get(end, "USA") in policy().members for end in ("origin_iso3", "destination_iso3"))
        assert not each["move"] or {"origin", "destination"} & set(each)
        assert set(each) <= {
            *("id", "stratum", "crc", "move", "doubt", "period", "origin_iso3", "destination_iso3"),
            *FIELDS,
        }


@needs_data
def test_every_decision_is_of_the_text_that_was_read_and_no_person_is_in_two_parts(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        *gold(SHARED),
        *quiet(SHARED / "pages_to_places"),
        *knowledge_net(SHARED / "knowledgenet_train"),
        *docred(SHARED / "redocred"),
    ]
    parts = {each["group"]: set[str]() for each in lines}
    for each in lines:
        parts[each["group"]].add(each["part"])
    assert all(len(its) == 1 for its in parts.values())
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    table = read_labelled([path]).to_pylist()
    moves = Counter((row["source"], row["part"]) for row in table if row["circulation"])
    assert moves["gold persons", "test"] > 50
    assert moves["gold news", "test"] > 50
    assert not moves["knowledgenet", "test"]
    told = [row for row in table if row["source"].startswith("gold") and row["destination_start"] is not None]
    assert all(row["text"][row["destination_start"] : row["destination_end"]].strip() for row in told)
