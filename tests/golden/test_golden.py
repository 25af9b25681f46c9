"""Artefacts made by an earlier version are still read, and still answer alike."""

import json
from pathlib import Path

import pytest

from modules.migration.networks import NETWORKS
from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest

HERE = Path(__file__).parent
NUMBERS = {"count", "lower", "upper"}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_frozen_artefact_answers_as_it_did(name: str) -> None:
    predictor = MigrationPredictor.load(HERE / name)
    for pair in json.loads((HERE / name / "golden.json").read_text(encoding="utf-8")):
        answer = predictor.predict(ForecastRequest.of(pair["request"]))
        assert answer["as_of"] == pair["response"]["as_of"]
        for found, frozen in zip(answer["forecasts"], pair["response"]["forecasts"], strict=True):
            assert found == {
                **frozen,
                **{key: pytest.approx(frozen[key], rel=1e-5) for key in frozen.keys() & NUMBERS},
            }
