"""Human-labelled toponyms, where a machine has them (TALENTFLOW_SHARED_DATA or ../shared/data)."""

import gzip
import json
import os
from pathlib import Path

import pytest

from benchmarks.places import score
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TALENTFLOW_SHARED_DATA", ROOT / "../shared/data")) / "geoparsing_gold"


@pytest.mark.parametrize(("corpus", "accuracy", "precision"), [("tr_news", 0.89, 0.95), ("lgl", 0.85, 0.93)])
def test_half_of_the_documents_that_nobody_tuned_on(
    gazetteer: Gazetteer, corpus: str, accuracy: float, precision: float
) -> None:
    path = SHARED / f"{corpus}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no shared data at {path}")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = score(Normaliser(gazetteer), [json.loads(line) for line in lines], "test")
    assert found.accuracy >= accuracy
    assert found.precision >= precision
