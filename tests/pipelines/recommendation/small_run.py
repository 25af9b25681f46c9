"""A small simulated run, imported and split, and two models fitted on it."""

from pathlib import Path
from typing import Any

from pipelines.config import parse_run, read_yaml
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.run import of_track
from pipelines.fitting import fit
from pipelines.judging import Contender
from pipelines.recommendation.fitting import split
from pipelines.recommendation.fitting.data import RunData, open_data
from pipelines.recommendation.fitting.fitting import models
from pipelines.recommendation.importing import ingest
from pipelines.recommendation.simulating import stage

RUN = "tiny_placements"
ENTRY = Path(__file__).parents[3] / "params" / "tiny_placements.yaml"
CHOSEN: dict[str, dict[str, float | int | str]] = {
    "popularity": {},
    "rcjr": {"learning_rate": 5e-3, "epochs": 2, "embedding_dim": 8, "hidden_units": "16"},
}


def config(**changes: Any) -> RecommendationRun:
    """The ready entry, smaller."""
    entry = read_yaml(ENTRY)[RUN] | {"data": "params/no-input"}
    entry["source"] = {"kind": "simulate", "students": 400, "employers": 30}
    entry["evaluate"] = {"bootstrap": 100}
    return of_track(parse_run(entry | changes, RUN), RecommendationRun)


def imported(settings: RecommendationRun) -> RunData:
    """The run under the working directory, up to its split, as models see it."""
    for step in (stage, ingest, split):
        step.run(RUN, settings)
    return open_data(RUN, settings)


def contenders(data: RunData, seeds: tuple[int, ...] = (0, 1)) -> list[Contender[Any]]:
    """Popularity, and RCJR after two epochs of each seed."""
    found = []
    for spec in models(data.final.data, tuple(CHOSEN)):
        fits = [
            {
                seed: fit(spec, fold.data, CHOSEN[spec.name], seed)
                for seed in (seeds if spec.learned else (0,))
            }
            for fold in (data.backtest, data.final)
        ]
        found.append(Contender(spec.name, spec.role, CHOSEN[spec.name], *fits))
    return found
