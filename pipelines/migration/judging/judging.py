"""The judgement of a run's forecasters, and what is packaged of it."""

import json
from pathlib import Path
from typing import Any

from modules.artefact import sha256_of
from modules.migration.networks import load_network
from modules.migration.predictor import MigrationPredictor, golden
from modules.monitoring.flows import reference_units
from modules.monitoring.reference import Reference
from pipelines.config.migration import MigrationRun
from pipelines.judging import Findings, Judging, Table, contenders
from pipelines.migration.fitting.data import open_data
from pipelines.migration.judging.corridors import busiest_corridors
from pipelines.migration.judging.evaluation import METRICS, ExtractionScore, FlowEvaluation
from pipelines.migration.judging.judgement import Judgement
from pipelines.migration.judging.model_card import model_card
from pipelines.migration.judging.package import predictor_of, training_rows
from pipelines.migration.judging.planted_truth import planted_variables
from pipelines.migration.judging.score import score as score_extraction
from pipelines.paths import RunPaths


def judge(name: str, config: MigrationRun, artefact: Path) -> Findings:
    """Rank by the rolling-origin back-test, score the test, write the candidate's predictor."""
    data = open_data(name, config)
    judgement = Judgement(data, contenders(name, load_network), config.evaluate, config.seed)
    predictor = predictor_of(judgement)
    predictor.save(artefact)
    sha12 = sha256_of(artefact / "model.safetensors")[:12]
    evaluation = _evaluation(name, config, judgement, sha12, predictor)
    return Findings(
        evaluation=evaluation,
        metrics=_metrics(evaluation),
        plots=_plots(evaluation),
        card=model_card(evaluation, config, Reference.of(reference_units(predictor, config.seed))),
        golden=golden(predictor),
        training=training_rows(name, data),
    )


JUDGING = Judging(FlowEvaluation, judge)


def _evaluation(
    name: str, config: MigrationRun, judgement: Judgement, sha12: str, predictor: MigrationPredictor
) -> FlowEvaluation:
    flows = judgement.data.flows
    paths = RunPaths(name)
    parts = json.loads((paths.split / "split.json").read_text(encoding="utf-8"))["parts"]
    return FlowEvaluation(
        run=name,
        unit=config.migration.period.unit,
        horizon=config.migration.windows.horizon,
        length=config.migration.windows.length,
        regions=dict(zip(flows.regions, flows.names, strict=True)),
        geography=flows.log_km is not None,
        spans={part: (span["from"], span["to"]) for part, span in parts.items()},
        observed_periods=int(flows.observed.sum()),
        candidate=judgement.candidate.name,
        best_baseline=judgement.best_baseline.name,
        sha12=sha12,
        nominal_coverage=config.evaluate.coverage,
        leaderboard=judgement.leaderboard(),
        slices=judgement.slices(),
        coverage=judgement.coverage(),
        corridors=busiest_corridors(judgement, predictor),
        inflow=judgement.inflow(),
        extraction=score_extraction(paths.raw, paths.gold, paths.extracted, config)
        if config.source.kind == "simulate"
        else None,
        variables=judgement.variables(planted_variables(name, flows)),
    )


def _metrics(evaluation: FlowEvaluation) -> dict[str, Any]:
    rows = {
        row.model: {
            "backtest_mae": row.backtest_mae.mean,
            **{metric: row.test[metric].mean for metric in METRICS},
        }
        for row in evaluation.leaderboard
    }
    covered = sum(each.coverage * each.cells for each in evaluation.coverage)
    cells = sum(each.cells for each in evaluation.coverage)
    held = sum(each.held for each in evaluation.coverage)
    return {
        "variables": {
            each.name: {"spearman": each.spearman.mean}
            | ({"planted": each.planted.mean} if each.planted is not None else {})
            for each in evaluation.variables
        },
        "extraction": _extraction(evaluation.extraction),
        "candidate": {**rows[evaluation.candidate], "coverage": covered / cells, "coverage_held": held},
        "models": rows,
    }


def _extraction(found: ExtractionScore | None) -> dict[str, float]:
    if found is None:
        return {}
    recovery = {"cpc": found.recovery.cpc, "ratio": found.recovery.ratio} if found.recovery else {}
    return {"f1": found.main.f1, "f1_held_back": found.held_back.f1, **recovery}


def _plots(evaluation: FlowEvaluation) -> dict[str, Table]:
    """Errors and coverage; a part is a horizon, a group a size of corridors."""
    rows = evaluation.leaderboard
    return {
        "error.csv": (
            ("model", "part", "error"),
            [(row.model, step, mae) for row in rows for step, mae in enumerate(row.by_horizon, start=1)],
        ),
        "leaderboard.csv": (
            ("model", "validation", "test"),
            [(row.model, row.backtest_mae.mean, row.test["mae"].mean) for row in rows],
        ),
        "calibration.csv": (
            ("part", "group", "observed"),
            [(each.horizon, each.corridors, each.coverage) for each in evaluation.coverage],
        ),
    }
