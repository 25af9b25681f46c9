"""The report stage: what was asked, who won, how far to trust it, on what data; and the city report."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modules.errors import UserError
from pipelines.config.migration import MigrationRun
from pipelines.evaluation import read_evaluation
from pipelines.files import whole_folder
from pipelines.migration.judging.evaluation import FlowEvaluation, FlowRow, Inflow
from pipelines.migration.reporting import figures
from pipelines.migration.reporting.attraction.build import city_report
from pipelines.migration.reporting.attraction.page import write_city_report
from pipelines.migration.reporting.verdict import verdict
from pipelines.pages import decimals, plain, render
from pipelines.paths import RunPaths
from pipelines.validation import Validation, read_validation

REGIONS_SHOWN = 20


def run(name: str, config: MigrationRun) -> None:
    """Write the report of what evaluation, validation and import found, and the city report with its tables.

    Raises:
        UserError: if one of their records is absent, or the artefact torn.
    """
    paths = RunPaths(name)
    evaluation = read_evaluation(paths.evaluation / "evaluation.json", FlowEvaluation)
    validation = read_validation(paths.validation / "result.json")
    imported = _read_import(paths.extracted / "import.json")
    page = report(evaluation, validation, imported, config)
    cities = city_report(name, config, evaluation, validation, imported)
    with whole_folder(paths.report) as folder:
        (folder / "index.html").write_text(page, encoding="utf-8")
        write_city_report(folder, cities)


def report(
    evaluation: FlowEvaluation, validation: Validation, imported: dict[str, Any], config: MigrationRun
) -> str:
    """The page: the same facts give the same bytes."""
    rows = evaluation.leaderboard
    candidate = next(row for row in rows if row.model == evaluation.candidate)
    shown = _compared(evaluation)
    corridors = [
        (
            series,
            figures.corridor(series, evaluation.unit, _alt(evaluation, series.origin, series.destination)),
        )
        for series in evaluation.corridors
    ]
    return render(
        "report.html",
        evaluation=evaluation,
        config=config,
        validation=validation,
        imported=imported,
        verdict=verdict(evaluation),
        candidate=candidate,
        shown=shown,
        leaderboard=figures.leaderboard(rows),
        horizons=figures.horizons(rows, shown, evaluation.unit),
        coverage=figures.coverage(evaluation.coverage, evaluation.nominal_coverage, evaluation.unit),
        beyond=_beyond(rows),
        corridors=corridors,
        inflow=ranked(evaluation.inflow)[:REGIONS_SHOWN],
        places={
            "mae": decimals([min(row.test_mae.estimate for row in rows)]),
            "width": decimals([cell.width for cell in evaluation.coverage]),
            "moves": decimals(
                [
                    value
                    for series in evaluation.corridors
                    for value in series.forecast[-evaluation.horizon :]
                    if value
                ]
            ),
            "flow": decimals([place.actual for place in evaluation.inflow]),
        },
    )


def ranked(inflow: Sequence[Inflow]) -> list[tuple[int, int, Inflow]]:
    """Actual rank, forecast rank and inflow of every region, largest actual inflow first."""
    by_forecast = sorted(inflow, key=lambda place: (-place.forecast, place.region))
    forecast_rank = {place.region: rank for rank, place in enumerate(by_forecast, start=1)}
    by_actual = sorted(inflow, key=lambda place: (-place.actual, place.region))
    return [(rank, forecast_rank[place.region], place) for rank, place in enumerate(by_actual, start=1)]


def _compared(evaluation: FlowEvaluation) -> tuple[str, ...]:
    """The best baseline and the model to hold against it: the candidate, or the best of our own."""
    own: list[FlowRow] = [row for row in evaluation.leaderboard if row.role == "own"]
    return (evaluation.best_baseline, *(row.model for row in own[:1]))


def _beyond(rows: Sequence[FlowRow]) -> str:
    """Which models the figures leave off their scale, as a sentence."""
    off = [plain(row.model) for row in rows if row.test_mae.estimate > figures.scale(rows)]
    return f" Off the scale: {', '.join(off)}." if off else ""


def _alt(evaluation: FlowEvaluation, origin: str, destination: str) -> str:
    names = evaluation.regions
    return f"Moves from {names[origin]} to {names[destination]} by {evaluation.unit}, forecast and truth"


def _read_import(path: Path) -> dict[str, Any]:
    try:
        imported: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; build it first (dvc repro)") from error
    return imported
