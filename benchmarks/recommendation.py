"""Results of every recommender on real data and on the twin, from their evaluation records.

Build the runs first, then write docs/results-recommendation.md:

    talentflow runs add params/cs_phd_careers.yaml --data ../shared/data/cs_phd_careers    # and job_views
    python benchmarks/wave_folds.py speed_dating_folds.yaml
    talentflow runs add speed_dating_folds.yaml --data ../shared/data/speed_dating
    dvc repro
    python benchmarks/recommendation.py recommendation cs_phd_careers job_views --folds speed_dating
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks.recommendation_folds import pooled
from benchmarks.recommendation_text import bounds, held, said, spread, table
from pipelines.evaluation import read_evaluation
from pipelines.paths import RunPaths
from pipelines.recommendation.judging.evaluation import PairRow, RecommendationEvaluation

HEAD = """# Results: recommendation

Written by `benchmarks/recommendation.py` from the runs' evaluation records and models; do not edit. Models are ranked by
the validation students; nothing is chosen on the test. `±` is the standard deviation over seeds, intervals are 95 %, by a
bootstrap over test students, paired. *Gain* is a model's test AUC minus that of the best baseline (by validation). *Popular*:
AUC against employers drawn as often as training has them, so that popularity alone is worth about .5; *unlike*: against
those that Algorithm 1 would draw. RCJR is ours; what follows it is RCJR without a part, with the whole's hyperparameters."""
NOTES = {
    "recommendation": "The simulated twin: it shows that what was planted is found, and is no accuracy on people.",
    "cs_phd_careers": "Of a person only the school is known; employers are known by name and sector.",
    "job_views": "What is told is which postings an applicant opened; a posting is rarely opened twice.",
}


def main(
    runs: Annotated[list[str], typer.Argument(help="Built runs of params.yaml.")],
    folds: Annotated[str, typer.Option(help="Stem of the runs that are folds of one data set.")] = "",
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-recommendation.md"),
) -> None:
    """Write the results page of built runs."""
    sections = [section(name) for name in runs]
    if folds:
        sections.append(pooled(folds))
    out.write_text("\n\n".join([HEAD, *sections]) + "\n", encoding="utf-8")


def section(name: str) -> str:
    """Everything about one run."""
    found = read_evaluation(RunPaths(name).evaluation / "evaluation.json", RecommendationEvaluation)
    students = found.students
    facts = (
        f"{found.employers:,} employers; {students['train']:,} students to train on, {students['validation']:,} to choose by, "
        f"{students['test']:,} to judge by; {found.unseen:.1%} of the test matches are with an employer that training does not "
        f"know. Candidate: **{found.candidate}**; best baseline: {found.best_baseline}."
    )
    parts = (
        f"## {name}",
        NOTES.get(name, ""),
        facts,
        verdict(found.leaderboard, found.best_baseline),
        leaderboard(found),
        intent(found),
        explanations(found),
    )
    return "\n\n".join(filter(None, parts))


def verdict(rows: Sequence[PairRow], best: str) -> str:
    """Whether our own model beats the best baseline on the test."""
    own = next(row for row in rows if row.role == "own")
    if own.improvement is None:
        return ""
    return f"RCJR **{said(own.improvement)}** {best} on the test: {bounds(own.improvement)}."


def leaderboard(found: RecommendationEvaluation) -> str:
    """Every model, ranked; parts of our own last."""
    shown = [
        ("auc_popularity", "popular"),
        ("auc_similar", "unlike"),
        ("hr", f"HR@{found.top}"),
        ("ndcg", f"NDCG@{found.top}"),
        ("mrr", "MRR"),
        ("employer_auc", "employers' side"),
        ("seen", "known employers"),
        ("unseen", "new employers"),
    ]
    known = [(metric, title) for metric, title in shown if metric in found.leaderboard[0].test]
    ordered = sorted(found.leaderboard, key=lambda row: row.role == "part")
    rows = [
        (
            row.model,
            spread(row.backtest_auc),
            spread(row.test["auc"]),
            "-" if row.improvement is None else bounds(row.improvement),
            *(f"{row.test[metric].mean:.3f}" for metric, _ in known),
        )
        for row in ordered
    ]
    return table(("model", "validation AUC", "test AUC", "gain [95 %]", *(title for _, title in known)), rows)


def intent(found: RecommendationEvaluation) -> str:
    """How well the intent is told."""
    if found.intent is None:
        return ""
    told = found.intent
    return (
        f"Intent, {told.students:,} test students: micro-F1 {told.micro_f1.mean:.3f} ({told.majority:.3f} by always saying the "
        f"commonest), macro-F1 {told.macro_f1.mean:.3f}, expected calibration error {told.calibration_error.mean:.3f}."
    )


def explanations(found: RecommendationEvaluation) -> str:
    """Whether the shown fields are those that move the score."""
    explained = found.explanations
    if explained is None:
        return ""
    rows = [
        (each.side, str(each.fields), bounds(each.above_random), f"{each.needed:.2f}", held(each.held))
        for each in explained.margins
    ]
    head = ("comprehensiveness@3 above random", "fields", "[95 %]", "floor of the lower bound", "outcome")
    recovered = "; ".join(
        f"{each.side} {each.correlation:.2f} within a match, {each.importance:.2f} over all"
        for each in explained.recovered
    )
    told = f"\n\nSpearman with what was planted: {recovered}." if recovered else ""
    return table(head, rows) + told


if __name__ == "__main__":
    typer.run(main)
