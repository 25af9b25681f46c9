"""Cards of made-up evaluations, one a track."""

from typing import Any

from modules.monitoring.reference import Reference, Unit
from pipelines.card import Card
from pipelines.config import parse_run, read_yaml
from pipelines.migration.judging.model_card import model_card as of_flows
from pipelines.recommendation.judging.model_card import model_card as of_pairs
from pipelines.transfer.judging.model_card import model_card as of_transfers
from tests.conftest import TOP
from tests.pipelines import evaluations
from tests.pipelines.recommendation import evaluations as of_recommenders
from tests.pipelines.transfer import evaluations as of_extractors

LINEAGE: dict[str, Any] = {
    "stage_key": "5" * 64,
    "environment": "e" * 64,
    "data": {"moves.csv": "d" * 64},
    "training": {"from": "2019-01", "to": "2023-12", "row_keys": {}},
}


REFERENCE = Reference.of(Unit({"field": [value]}) for value in "aaaaabbbbbb")


def card(track: str, run: str, **changes: Any) -> Card:
    """A card of the track, by the settings of an entry in params/."""
    entry = read_yaml(TOP / "params" / f"{run}.yaml")[run]
    config: Any = parse_run({**entry, "data": "data", **changes}, run)
    if track == "migration":
        return of_flows(evaluations.evaluation(), config, REFERENCE)
    if track == "recommendation":
        return of_pairs(of_recommenders.evaluation(), config, REFERENCE)
    return of_transfers(of_extractors.evaluation(simulated=True), config, REFERENCE)
