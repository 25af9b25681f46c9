"""Folds of one data set as one: everybody is judged once, by models that never saw their market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
from torch import Tensor

from benchmarks.recommendation_text import bounds, said, table
from modules.recommendation.metrics import ranking, resampled
from modules.recommendation.networks import load_network
from modules.recommendation.pair_model import PairModel
from modules.recommendation.rcjr.rcjr import RCJR
from pipelines.bootstrap import draw_counts, percentile_interval
from pipelines.config import load_run
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.run import of_track
from pipelines.evaluation import Bounds
from pipelines.judging import contenders
from pipelines.paths import RunPaths
from pipelines.recommendation.fitting.data import open_data
from pipelines.recommendation.fitting.judged import Judged, judged

Values = NDArray[np.float64]
ACCOUNT = """No claim about two sides holds here: nobody's model tells much before people meet. Joel, Eastwick and Finkel
(Psychological Science 28(10), 2017) found the same in two speed-dating studies: from more than a hundred measures taken
before the dates, random forests told a little of who likes often and who is liked often, and nothing of who likes whom beyond
that, which is all that an AUC within a woman asks. What was tried: with the affinity, which both directed scores would share,
and without it (kept); regularisers up to a thousand times those of the other data (kept); product and harmonic mean, and
the weight of the directed losses (in the sweep); first-order weights that start at 0 (kept). The spaces were chosen by the
validation waves, and each of these is another fold's test, so even these figures flatter a little."""
ONE_SIDED = ("the student's score alone", "the employer's score alone")


@dataclass(frozen=True)
class Fold:
    """One fold's judged students and what every model says of them."""

    test: Judged
    scores: Mapping[str, list[Tensor]]
    """Row of the table -> S x E of each seed."""
    validation: Mapping[str, float]

    def by_student(self, row: str) -> Values:
        """AUC of every student among whom she met, mean over seeds, S."""
        found = [
            ranking(scores, self.test.matches, self.test.candidates)["auc"] for scores in self.scores[row]
        ]
        mean: Values = np.mean(found, axis=0)
        return mean

    def over_meetings(self, row: str, counts: Values) -> Values:
        """AUC over all meetings at once, mean over seeds, of all students and of each resample, 1 + B."""
        met = self.test.matches if self.test.candidates is None else self.test.candidates
        student, label = met.nonzero()[:, 0].numpy(), self.test.matches[met].numpy()
        weights = np.vstack([np.ones(counts.shape[1]), counts])[:, student]
        told = [scores[met].numpy() for scores in self.scores[row]]
        return np.array(
            [
                np.mean([roc_auc_score(label, each, sample_weight=weight) for each in told])
                for weight in weights
            ]
        )


def pooled(stem: str) -> str:
    """The section of the runs that are called `stem` and a number.

    Raises:
        BadParameter: if there are none.
    """
    names = sorted(path.name for path in RunPaths(f"{stem}_1").top.parent.glob(f"{stem}_*") if path.is_dir())
    if not names:
        raise typer.BadParameter(
            f"no run is called {stem}_1: add and build the folds first", param_hint="--folds"
        )
    config = of_track(load_run(names[0]), RecommendationRun)
    folds = [_fold(name) for name in names]
    return _page(stem, names, folds, np.random.default_rng(config.seed), config.evaluate.bootstrap)


def _fold(name: str) -> Fold:
    data = open_data(name, of_track(load_run(name), RecommendationRun))
    validation, test = judged(data.backtest.data), judged(data.final.data)
    scores: dict[str, list[Tensor]] = {}
    chosen = {}
    for each in contenders(name, load_network):
        networks = list(each.final.values())
        chosen[each.name] = float(np.mean([validation.auc(network) for network in each.backtest.values()]))
        scores[each.name] = [test.scores(network) for network in networks]
        if each.name == RCJR.name:
            for side, title in enumerate(ONE_SIDED):
                scores[_alone(title)] = [_directed(network, test, side) for network in networks]
    return Fold(test, scores, chosen)


def _page(
    stem: str, names: Sequence[str], folds: Sequence[Fold], generator: np.random.Generator, resamples: int
) -> str:
    rows = list(folds[0].scores)
    values = {row: np.concatenate([fold.by_student(row) for fold in folds]) for row in rows}
    counts = draw_counts(generator, resamples, len(values[rows[0]]))
    drawn = resampled(values, counts)
    means = {row: float(np.nanmean(each)) for row, each in values.items()}
    chosen = {row: float(np.mean([fold.validation[row] for fold in folds])) for row in folds[0].validation}
    baselines = [row for row in chosen if not row.startswith(RCJR.name)]
    best = max(baselines, key=lambda row: chosen[row])
    first = max(baselines, key=lambda row: means[row])

    def gain(row: str, other: str) -> Bounds:
        return Bounds(**percentile_interval(means[row] - means[other], drawn[row] - drawn[other]))

    table_rows = [
        (
            row,
            f"{chosen[row]:.3f}" if row in chosen else "-",
            bounds(Bounds(**percentile_interval(means[row], drawn[row]))),
            "-" if row == best else bounds(gain(row, best)),
        )
        for row in sorted(values, key=lambda row: -means[row])
    ]
    matches = sum(int(fold.test.matches.sum()) for fold in folds)
    students = int((~np.isnan(values[rows[0]])).sum())
    sides = "; ".join(f"{bounds(gain(RCJR.name, _alone(side)))} above {side}" for side in ONE_SIDED)
    about = (
        f"Both sides decide. {len(folds)} folds ({', '.join(names)}), each tuned and trained on the waves that it does not judge; "
        f"every wave is judged once: {students} women who have a match and another meeting, {matches} matches. Only what was known "
        f"before anybody met is a field. Mean AUC over women, among those whom each met."
    )
    won = (
        f"RCJR **{said(gain(RCJR.name, best))}** {best}, the best baseline by validation: {bounds(gain(RCJR.name, best))}; with "
        f"{first}, the first on the test, the difference is {bounds(gain(RCJR.name, first))}."
    )
    return "\n\n".join(
        [
            f"## {stem}: leave-waves-out",
            about,
            won,
            f"Two sides against one, within a woman: RCJR's match is {sides}.",
            _all_meetings(folds, counts, best),
            table(("model", "validation AUC", "test AUC [95 %]", "gain [95 %]"), table_rows),
            ACCOUNT,
        ]
    )


def _all_meetings(folds: Sequence[Fold], counts: Values, best: str) -> str:
    """The same question of all pairs at once, where it also counts who is often chosen and who chooses often."""
    ends = np.cumsum([len(fold.test.rows) for fold in folds])[:-1]
    parts = np.split(counts, ends, axis=1)
    found = {
        row: np.mean([fold.over_meetings(row, part) for fold, part in zip(folds, parts, strict=True)], axis=0)
        for row in (RCJR.name, *map(_alone, ONE_SIDED), best)
    }

    def interval(values: Values) -> str:
        return bounds(Bounds(**percentile_interval(float(values[0]), values[1:])))

    own = found[RCJR.name]
    sides = "; ".join(f"{interval(own - found[_alone(side)])} above {side}" for side in ONE_SIDED)
    return (
        f"Over all meetings of a fold at once, mean of the folds: RCJR {interval(own)}, {best} {interval(found[best])}; the match is "
        f"{sides}; {interval(own - found[best])} above {best}."
    )


def _alone(side: str) -> str:
    return f"{RCJR.name}, {side}"


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
