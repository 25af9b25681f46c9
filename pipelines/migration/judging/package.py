"""Packaging the candidate: the artefact folder that release registers and serving loads."""

import json
from typing import Any

import torch

from modules.migration.predictor import MigrationPredictor
from pipelines.migration.fitting.data import RunData
from pipelines.migration.judging.judgement import Judgement
from pipelines.paths import RunPaths


def predictor_of(judgement: Judgement) -> MigrationPredictor:
    """The candidate's first seed with its intervals and the last window of the data."""
    flows, length = judgement.data.flows, judgement.data.final.task.length
    network = next(iter(judgement.candidate.final.values()))
    return MigrationPredictor(
        network=network,
        intervals=judgement.intervals,
        history=torch.from_numpy(flows.inputs()[-length:].copy()),
        as_of=flows.first + len(flows.observed) - 1,
        calendar=flows.calendar,
        regions=flows.regions,
        names=flows.names,
        rules=flows.rules,
        variable_error=judgement.variable_error,
    )


def training_rows(name: str, data: RunData) -> dict[str, Any]:
    """The periods that the final fits were given, so that a leak is seen and not only declared away."""
    row_keys = json.loads((RunPaths(name).split / "split.json").read_text(encoding="utf-8"))["row_keys"]
    trained = [label for label in data.flows.labels[: data.final.stop] if label in row_keys]
    return {
        "from": trained[0],
        "to": trained[-1],
        "row_keys": {period: row_keys[period] for period in trained},
    }
