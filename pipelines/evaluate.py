"""The evaluate stage: rank by back-test, claim on the test, package the candidate."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from modules.artefact import sha256_of
from modules.migration.networks import load_network
from pipelines.config import RunConfig
from pipelines.evaluation import METRICS, Evaluation, ExtractionScore
from pipelines.files import whole_folder, write_json
from pipelines.migration.corridors import busiest_corridors
from pipelines.migration.data import open_data
from pipelines.migration.extracting.score import score as score_extraction
from pipelines.migration.judgement import Contender, Judgement
from pipelines.migration.package import complete_artefact, model_card, predictor_of
from pipelines.migration.planted_truth import planted_variables
from pipelines.paths import RunPaths
from pipelines.stage_key import stage_key
from pipelines.tracking import tracked


def run(name: str, config: RunConfig) -> None:
    """Write `artefact/`, `evaluation/evaluation.json`, `metrics.json` and `plots/`.

    The candidate is the model that the back-test ranks first, baselines included, parts of our own model not;
    the test has no part in choosing it.
    """
    torch.set_num_threads(1)
    paths = RunPaths(name)
    data = open_data(name, config)
    with (
        tracked("evaluate", name, stage_key("evaluate", name)) as log_to,
        whole_folder(paths.artefact) as artefact,
        whole_folder(paths.evaluation) as folder,
        whole_folder(paths.plots) as plots,
    ):
        judgement = Judgement(data, _contenders(paths), config.evaluate, config.seed)
        predictor = predictor_of(judgement)
        predictor.save(artefact)
        evaluation = _evaluation(
            name, config, judgement, sha256_of(artefact / "model.safetensors")[:12], predictor
        )
        complete_artefact(artefact, name, data, predictor, model_card(evaluation))
        (folder / "evaluation.json").write_text(evaluation.model_dump_json(indent=1) + "\n", encoding="utf-8")
        _write_plots(plots, evaluation)
        metrics = _metrics(evaluation)
        log_to.log({"candidate": evaluation.candidate, "sha12": evaluation.sha12}, _flat(metrics))
        write_json(paths.metrics, metrics)


def _contenders(paths: RunPaths) -> list[Contender]:
    best: dict[str, Any] = json.loads((paths.tune / "best.json").read_text(encoding="utf-8"))
    models = json.loads((paths.model / "models.json").read_text(encoding="utf-8"))
    return [
        Contender(
            name=model["model"],
            role=model["role"],
            parameters=best[model["model"]],
            **{
                fold: {
                    int(folder.name.removeprefix("seed-")): load_network(folder / fold)
                    for folder in sorted(
                        (paths.model / model["model"]).iterdir(),
                        key=lambda path: int(path.name.removeprefix("seed-")),
                    )
                }
                for fold in ("backtest", "final")
            },
        )
        for model in models
    ]


def _evaluation(name: str, config: RunConfig, judgement: Judgement, sha12: str, predictor: Any) -> Evaluation:
    flows = judgement.data.flows
    paths = RunPaths(name)
    parts = json.loads((paths.split / "split.json").read_text(encoding="utf-8"))["parts"]
    return Evaluation(
        run=name,
        unit=config.period.unit,
        horizon=config.windows.horizon,
        length=config.windows.length,
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


def _metrics(evaluation: Evaluation) -> dict[str, Any]:
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


def _flat(metrics: dict[str, Any], prefix: str = "") -> dict[str, float]:
    flat: dict[str, float] = {}
    for key, value in metrics.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: float(value)}
    return flat


def _write_plots(folder: Path, evaluation: Evaluation) -> None:
    _write_csv(
        folder / "mae_by_horizon.csv",
        ("model", "horizon", "mae"),
        [
            (row.model, step, mae)
            for row in evaluation.leaderboard
            for step, mae in enumerate(row.by_horizon, start=1)
        ],
    )
    _write_csv(
        folder / "leaderboard.csv",
        ("model", "backtest_mae", "test_mae"),
        [(row.model, row.backtest_mae.mean, row.test["mae"].mean) for row in evaluation.leaderboard],
    )
    _write_csv(
        folder / "coverage.csv",
        ("horizon", "corridors", "coverage"),
        [(each.horizon, each.corridors, each.coverage) for each in evaluation.coverage],
    )


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
