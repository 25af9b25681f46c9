"""Packaging the candidate: the artefact folder that release registers and serving loads."""

import json
from pathlib import Path
from typing import Any

import torch
from dvc.repo import Repo

from modules.artefact import seal, sha256_of
from modules.migration.predictor import MigrationPredictor, golden
from pipelines.evaluation import Evaluation
from pipelines.files import write_json
from pipelines.migration.data import RunData
from pipelines.migration.judgement import Judgement
from pipelines.paths import RunPaths
from pipelines.stage_key import key_of, stage_content


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


def lineage(name: str, data: RunData) -> dict[str, Any]:
    """Where the artefact comes from, by content only: inputs, data, environment and training rows.

    Nothing here is read from a file that the evaluate stage does not depend on, or DVC would restore an
    artefact whose lineage is not true; the upstream stages' own keys stand in dvc.lock. The training range is
    that of the windows which the final fits are given, so that a leak is seen and not only declared away.
    """
    paths = RunPaths(name)
    row_keys = json.loads((paths.split / "split.json").read_text(encoding="utf-8"))["row_keys"]
    with Repo() as repo:
        content = stage_content(repo, "evaluate", name)
    trained = [label for label in data.flows.labels[: data.final.stop] if label in row_keys]
    return {
        "stage_key": key_of(content),
        "inputs": {path: digest for path, digest in content["hashes"].items() if path.startswith("runs/")},
        "data": json.loads((paths.extracted / "import.json").read_text(encoding="utf-8"))["files"],
        "environment": sha256_of(Path("requirements.lock")),
        "training": {
            "from": trained[0],
            "to": trained[-1],
            "row_keys": {period: row_keys[period] for period in trained},
        },
    }


def complete_artefact(
    folder: Path, name: str, data: RunData, predictor: MigrationPredictor, card: dict[str, Any]
) -> None:
    """Put the card, the lineage and the golden requests beside a saved predictor, and seal the artefact."""
    write_json(folder / "card.json", card)
    write_json(folder / "lineage.json", lineage(name, data))
    write_json(folder / "golden.json", golden(predictor))
    seal(folder)


def model_card(evaluation: Evaluation) -> dict[str, Any]:
    """What a user of the model should know: what it is for, how it was judged, where it fails."""
    row = next(each for each in evaluation.leaderboard if each.model == evaluation.candidate)
    return {
        "run": evaluation.run,
        "model": row.model,
        "role": row.role,
        "hyperparameters": row.parameters,
        "intended_use": "forecast of moves between regions for planning; not for decisions about persons",
        "unit": evaluation.unit,
        "horizon": evaluation.horizon,
        "regions": len(evaluation.regions),
        "spans": evaluation.spans,
        "backtest_mae": row.backtest_mae.model_dump(),
        "test": {metric: spread.model_dump() for metric, spread in row.test.items()},
        "improvement_over": evaluation.best_baseline,
        "improvement": row.improvement and row.improvement.model_dump(),
        "slices": {part.name: part.mae[row.model] for part in evaluation.slices},
        "nominal_coverage": evaluation.nominal_coverage,
        "coverage": [each.model_dump() for each in evaluation.coverage],
    }
