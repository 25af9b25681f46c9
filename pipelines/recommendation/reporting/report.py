"""The report stage: who was recommended whom, which model is best, how far to trust it, on what data."""

import json
from pathlib import Path
from typing import Any

from modules.errors import UserError
from modules.recommendation.ablations import threshold_of
from modules.recommendation.rcjr.rcjr import RCJR
from pipelines.config.recommendation import RecommendationRun
from pipelines.evaluation import read_evaluation
from pipelines.files import whole_folder
from pipelines.pages import number, percent, plain, render
from pipelines.paths import RunPaths
from pipelines.recommendation.judging.evaluation import PairRow, RecommendationEvaluation
from pipelines.recommendation.reporting import figures
from pipelines.validation import Validation, read_validation
from pipelines.verdict import Verdict

PLACES = 4
PARTS = {
    "rcjr_single": "without the intent task",
    "rcjr_no_preference": "without what the student prefers",
    "rcjr_no_requirement": "without what the employer requires",
    "rcjr_no_gate": "without the gate: both side by side",
    "rcjr_no_affinity": "without the affinity",
}
"""What each ablation leaves out."""


def run(name: str, config: RecommendationRun) -> None:
    """Write the report of what evaluation, validation and import found.

    Raises:
        UserError: if one of their records is absent.
    """
    paths = RunPaths(name)
    evaluation = read_evaluation(paths.evaluation / "evaluation.json", RecommendationEvaluation)
    validation = read_validation(paths.validation / "result.json")
    page = report(evaluation, validation, _read_import(paths.extracted / "import.json"), config)
    with whole_folder(paths.report) as folder:
        (folder / "index.html").write_text(page, encoding="utf-8")


def report(
    evaluation: RecommendationEvaluation,
    validation: Validation,
    imported: dict[str, Any],
    config: RecommendationRun,
) -> str:
    """The page: the same facts give the same bytes."""
    explained = evaluation.explanations
    rows = [row for row in evaluation.leaderboard if row.role != "part"]
    names = [row.model for row in rows]
    by_threshold = thresholds(evaluation, config)
    return render(
        "recommendation.html",
        evaluation=evaluation,
        config=config,
        validation=validation,
        imported=imported,
        verdict=verdict(evaluation),
        candidate=next(row for row in rows if row.model == evaluation.candidate),
        models=rows,
        best={part.name: min(names, key=part.error.__getitem__) for part in evaluation.slices},
        parts=parts(evaluation),
        thresholds=figures.thresholds(by_threshold) if by_threshold else None,
        leaderboard=figures.leaderboard(rows),
        protocols=figures.protocols(rows),
        cards=[(card, figures.card(card)) for card in explained.cards] if explained else [],
        groups=figures.groups(evaluation.audit) if evaluation.audit else None,
    )


def parts(evaluation: RecommendationEvaluation) -> list[tuple[str, PairRow]]:
    """Our own model and what it is without each part, under a title; empty where no part was tried."""
    rows = {row.model: row for row in evaluation.leaderboard}
    tried = [(title, rows[model]) for model, title in PARTS.items() if model in rows]
    return [("whole", rows[RCJR.name]), *tried] if tried else []


def thresholds(
    evaluation: RecommendationEvaluation, config: RecommendationRun
) -> list[tuple[float, PairRow]]:
    """Our own model by the share of employers that count as unlike; empty where one alone was tried."""
    found = [(threshold_of(row.model), row) for row in evaluation.leaderboard]
    others = [(share, row) for share, row in found if share is not None]
    own = [
        (config.recommendation.sampling.threshold, row)
        for row in evaluation.leaderboard
        if row.model == RCJR.name
    ]
    return sorted([*own, *others], key=lambda each: each[0]) if others else []


def verdict(evaluation: RecommendationEvaluation) -> Verdict:
    """Judge the candidate against the best baseline on the test students."""
    rows = {row.model: row for row in evaluation.leaderboard}
    candidate, baseline = rows[evaluation.candidate], rows[evaluation.best_baseline]
    winner, rival = plain(candidate.model), plain(baseline.model)
    own = next((row for row in evaluation.leaderboard if row.role == "own"), None)
    if own is None:
        headline = f"Baselines alone: {winner} ranks first on the validation students"
        return Verdict("warn", headline, "RCJR did not take part.")
    if candidate.role == "baseline":
        return Verdict(
            "warn",
            f"A baseline wins: RCJR does not beat {winner} on the validation students",
            _numbers(evaluation, own, baseline),
        )
    numbers = _numbers(evaluation, candidate, baseline)
    gain = candidate.improvement
    if gain is None or gain.low <= 0 <= gain.high:
        return Verdict("warn", f"A tie: {winner} is not shown to be better than {rival}", numbers)
    if gain.high < 0:
        return Verdict("bad", f"{winner} ranks first in validation but loses to {rival} on the test", numbers)
    points = number(100 * gain.estimate, 1)
    return Verdict("good", f"{winner} wins: {points} points of AUC above the best baseline, {rival}", numbers)


def _numbers(evaluation: RecommendationEvaluation, own: PairRow, baseline: PairRow) -> str:
    ours, theirs = own.test["auc"].mean, baseline.test["auc"].mean
    text = (
        f"Of {number(evaluation.students['test'])} test students, whom no model had seen, {plain(own.model)} "
        f"puts the employer that one went to above {percent(ours, 1)} of the others, "
        f"{plain(baseline.model)} above {percent(theirs, 1)}"
    )
    gain = own.improvement
    if gain is None:
        return f"{text}."
    low, high = number(100 * gain.low, 2), number(100 * gain.high, 2)
    return f"{text}. The 95\N{NARROW NO-BREAK SPACE}% interval of the gain is {low} to {high} points."


def _read_import(path: Path) -> dict[str, Any]:
    try:
        imported: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; build it first (dvc repro)") from error
    return imported
