"""Results of every recommender on real data and on the twin, from their evaluation records.

Build the runs first, then write docs/results-recommendation.md:

    talentflow runs add params/cs_phd_careers.yaml --data ../shared/data/cs_phd_careers    # and job_views
    python benchmarks/wave_folds.py speed_dating_folds.yaml
    talentflow runs add speed_dating_folds.yaml --data ../shared/data/speed_dating
    dvc repro
    python benchmarks/recommendation.py recommendation cs_phd_careers job_views --folds speed_dating
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from torch import Tensor

from modules.recommendation.metrics import ranking, resampled
from modules.recommendation.networks import load_network
from modules.recommendation.pair_model import PairModel
from modules.recommendation.rcjr.rcjr import RCJR
from pipelines.bootstrap import draw_counts, percentile_interval
from pipelines.config import load_run
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.run import of_track
from pipelines.evaluation import Bounds, Spread, read_evaluation
from pipelines.judging import contenders
from pipelines.paths import RunPaths
from pipelines.recommendation.fitting.data import open_data
from pipelines.recommendation.fitting.judged import Judged, judged
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
Values = NDArray[np.float64]
ONE_SIDED = ("by the student's score alone", "by the employer's score alone")


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
    return f"RCJR **{_said(own.improvement)}** {best} on the test: {_bounds(own.improvement)}."


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
            _spread(row.backtest_auc),
            _spread(row.test["auc"]),
            "-" if row.improvement is None else _bounds(row.improvement),
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
        (each.side, str(each.fields), _bounds(each.above_random), f"{each.needed:.2f}", _held(each.held))
        for each in explained.margins
    ]
    head = ("comprehensiveness@3 above random", "fields", "[95 %]", "floor of the lower bound", "outcome")
    recovered = "; ".join(
        f"{each.side} {each.correlation:.2f} within a match, {each.importance:.2f} over all"
        for each in explained.recovered
    )
    told = f"\n\nSpearman with what was planted: {recovered}." if recovered else ""
    return table(head, rows) + told


def pooled(stem: str) -> str:
    """Folds of one data set as one: every student is judged once, by models that never saw the student's market."""
    found: dict[str, list[Values]] = {}
    backtest: dict[str, list[float]] = {}
    names = sorted(path.name for path in RunPaths(f"{stem}_1").top.parent.glob(f"{stem}_*") if path.is_dir())
    if not names:
        raise typer.BadParameter(
            f"no run is called {stem}_1: add and build the folds first", param_hint="--folds"
        )
    matches = 0
    for name in names:
        config = of_track(load_run(name), RecommendationRun)
        data = open_data(name, config)
        validation, test = judged(data.backtest.data), judged(data.final.data)
        matches += int(test.matches.sum())
        for each in contenders(name, load_network):
            backtest.setdefault(each.name, []).append(
                float(np.mean([validation.auc(network) for network in each.backtest.values()]))
            )
            for row, told in _by_student(each.name, list(each.final.values()), test).items():
                found.setdefault(row, []).append(told)
    values = {name: np.concatenate(parts) for name, parts in found.items()}
    students = len(next(iter(values.values())))
    config = of_track(load_run(names[0]), RecommendationRun)
    counts = draw_counts(np.random.default_rng(config.seed), config.evaluate.bootstrap, students)
    return "\n\n".join(_pooled_page(stem, names, values, backtest, counts, matches))


def _pooled_page(
    stem: str,
    names: Sequence[str],
    values: Mapping[str, Values],
    backtest: Mapping[str, Sequence[float]],
    counts: Values,
    matches: int,
) -> list[str]:
    drawn = resampled(values, counts)
    means = {name: float(np.nanmean(each)) for name, each in values.items()}

    def gain(name: str, other: str) -> Bounds:
        return Bounds(**percentile_interval(means[name] - means[other], drawn[name] - drawn[other]))

    chosen = {name: float(np.mean(each)) for name, each in backtest.items()}
    baselines = [name for name in chosen if not name.startswith(RCJR.name)]
    best = max(baselines, key=lambda name: chosen[name])
    first = max(baselines, key=lambda name: means[name])
    rows = [
        (
            name,
            f"{chosen[name]:.3f}" if name in chosen else "-",
            _bounds(Bounds(**percentile_interval(means[name], drawn[name]))),
            "-" if name == best else _bounds(gain(name, best)),
        )
        for name in sorted(values, key=lambda name: -means[name])
    ]
    sides = [f"rcjr, {side}" for side in ONE_SIDED]
    two_sided = "; ".join(
        f"{_bounds(gain(RCJR.name, side))} above the match told {side.split(', ')[1]}" for side in sides
    )
    students = int((~np.isnan(next(iter(values.values())))).sum())
    about = (
        f"Both sides decide. {len(names)} folds ({', '.join(names)}), each tuned and trained on the waves that it does not judge; "
        f"every wave is judged once: {students} women who have a match and another meeting, {matches} matches. Only what was known "
        f"before anybody met is a field. Mean AUC over women, among those whom each met."
    )
    won = (
        f"RCJR **{_said(gain(RCJR.name, best))}** {best}, the best baseline by validation: {_bounds(gain(RCJR.name, best))}; with "
        f"{first}, the first on the test, the difference is {_bounds(gain(RCJR.name, first))}."
    )
    return [
        f"## {stem}: leave-waves-out",
        about,
        won,
        f"Two sides against one: RCJR's match is {two_sided}.",
        table(("model", "validation AUC", "test AUC [95 %]", "gain [95 %]"), rows),
    ]


def _by_student(name: str, networks: Sequence[PairModel], test: Judged) -> dict[str, Values]:
    """Mean over seeds of every test student's AUC; of our own also by either directed score alone."""
    found = {
        name: _mean([ranking(test.scores(network), test.matches, test.candidates) for network in networks])
    }
    if name == RCJR.name:
        for side, title in enumerate(ONE_SIDED):
            alone = [
                ranking(_directed(network, test, side), test.matches, test.candidates) for network in networks
            ]
            found[f"{name}, {title}"] = _mean(alone)
    return found


@torch.no_grad()
def _directed(network: PairModel, test: Judged, side: int) -> Tensor:
    """S x E, what one side's own score says of every pair that met."""
    pairs = test.data.judging
    told = (
        network.directions(test.data.students[pairs.student], test.data.employers[pairs.employer])
        if isinstance(network, RCJR)
        else None
    )
    if told is None:
        raise TypeError(type(network).__name__)
    scores = torch.zeros(test.matches.shape)
    scores[torch.searchsorted(test.rows, pairs.student), pairs.employer] = told[:, side]
    return scores


def _mean(found: Sequence[Mapping[str, Values]]) -> Values:
    mean: Values = np.mean([each["auc"] for each in found], axis=0)
    return mean


def _said(gain: Bounds) -> str:
    return "beats" if gain.low > 0 else "loses to" if gain.high < 0 else "ties with"


def _held(held: bool | None) -> str:
    return "all fields are among the first three" if held is None else "held" if held else "**missed**"


def _spread(value: Spread) -> str:
    return f"{value.mean:.4f} ± {value.sd:.4f}"


def _bounds(bounds: Bounds) -> str:
    return f"{bounds.estimate:.4f} [{bounds.low:.4f}, {bounds.high:.4f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    typer.run(main)
