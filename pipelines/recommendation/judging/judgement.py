"""Judging the fitted models of a run: validation students for the ranking, test students for the claim."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
from torch import Tensor
from torchmetrics.functional.classification import (
    multiclass_calibration_error,
    multiclass_confusion_matrix,
    multiclass_f1_score,
)

from modules.recommendation.metrics import CHANCE, rela_impr, resampled
from modules.recommendation.pair_model import PairModel
from modules.recommendation.rcjr.rcjr import RCJR
from pipelines.bootstrap import draw_counts, percentile_interval
from pipelines.config.recommendation import RecommendationEvaluate
from pipelines.evaluation import Bounds, Slice, Spread
from pipelines.judging import Contender
from pipelines.recommendation.fitting.data import RunData
from pipelines.recommendation.fitting.judged import judged
from pipelines.recommendation.judging.evaluation import Intent, PairRow
from pipelines.recommendation.judging.measuring import Measuring

Float64Array = NDArray[np.float64]
Own = Contender[PairModel]
Found = TypeVar("Found")


class Judgement:
    """All scores of a run's contenders on the same students and the same bootstrap resamples of them."""

    def __init__(
        self, data: RunData, contenders: Sequence[Own], settings: RecommendationEvaluate, seed: int
    ) -> None:
        self.data, self.settings, self.seed = data, settings, seed
        validation = judged(data.backtest.data)
        self.backtest = _of_each(validation.auc, {each.name: each.backtest for each in contenders})
        self.ranked = sorted(contenders, key=lambda c: (-np.mean(self.backtest[c.name]), c.name))
        self._measuring = Measuring(data.final.data, settings, seed)
        self.test = self._measuring.judged
        generator = np.random.default_rng(seed)
        size = len(self.test.rows)
        # B x S, how often each test student is drawn.
        self.counts = draw_counts(generator, settings.bootstrap, size)
        found = _of_each(self._measured, {each.name: each.final for each in self.ranked})
        self._found = {name: [students for students, _ in seeds] for name, seeds in found.items()}
        self._employer_auc = {name: [auc for _, auc in seeds] for name, seeds in found.items()}

    @property
    def candidate(self) -> Own:
        """First on validation, baselines included; a part of our own model is shown and never shipped."""
        return next(contender for contender in self.ranked if contender.role != "part")

    @property
    def best_baseline(self) -> Own:
        """First baseline on validation."""
        return next(contender for contender in self.ranked if contender.role == "baseline")

    @property
    def own(self) -> Own | None:
        """First of our own models on validation."""
        return next((contender for contender in self.ranked if contender.role == "own"), None)

    @property
    def learner(self) -> Own | None:
        """The candidate, or our own where the candidate embeds no fields and tells no intent."""
        learned = (each for each in (self.candidate, self.own) if each is not None)
        return next((each for each in learned if isinstance(_first(each), RCJR)), None)

    @cached_property
    def large(self) -> Tensor:
        """E, bool: the tenth of the employers with the most training matches, of those that have any."""
        popularity = self.data.final.data.popularity
        known = popularity[popularity > 0].double()
        return popularity >= (float(torch.quantile(known, 0.9)) if len(known) else torch.inf)

    def _measured(self, network: PairModel) -> tuple[dict[str, Float64Array], float]:
        """Every metric of every test student, S each; and what employers are told."""
        scores = self.test.scores(network)
        return self._measuring.of_students(scores), self._measuring.of_employers(scores)

    def by_student(self, name: str) -> dict[str, Float64Array]:
        """A model's metrics of every test student, S each, mean over seeds; NaN where one has none."""
        found = self._found[name]
        return {metric: np.mean([each[metric] for each in found], axis=0) for metric in found[0]}

    @cached_property
    def _resampled(self) -> dict[str, dict[str, Float64Array]]:
        return {c.name: resampled(self.by_student(c.name), self.counts) for c in self.ranked}

    def leaderboard(self) -> tuple[PairRow, ...]:
        """Every contender, best on validation first."""
        return tuple(self._row(contender) for contender in self.ranked)

    def _row(self, contender: Own) -> PairRow:
        name, base, own = contender.name, self.best_baseline.name, self.own
        metrics = [metric for metric in self._found[name][0] if self._known(metric)]
        test = {metric: spread([_mean(each[metric]) for each in self._found[name]]) for metric in metrics}
        test["employer_auc"] = spread(self._employer_auc[name])
        return PairRow(
            model=name,
            role=contender.role,
            seeds=len(contender.final),
            parameters=dict(contender.parameters),
            backtest_auc=spread(self.backtest[name]),
            test=test,
            intervals={metric: self.interval(name, metric) for metric in metrics},
            improvement=None if name == base else self.gain(name, base),
            rela_impr=None if own is None or name == own.name else self._rela_impr(own.name, name),
            lacks=self.gain(own.name, name) if own is not None and contender.role == "part" else None,
            directions=self._directions(contender),
        )

    def _known(self, metric: str) -> bool:
        return not np.isnan(self.by_student(self.ranked[0].name)[metric]).all()

    def interval(self, name: str, metric: str) -> Bounds:
        """Of a model's test metric, students resampled."""
        return Bounds(
            **percentile_interval(_mean(self.by_student(name)[metric]), self._resampled[name][metric])
        )

    def gain(self, name: str, other: str, metric: str = "auc") -> Bounds:
        """A model's test metric less another's, the same students resampled."""
        estimate = _mean(self.by_student(name)[metric]) - _mean(self.by_student(other)[metric])
        difference = self._resampled[name][metric] - self._resampled[other][metric]
        return Bounds(**percentile_interval(estimate, difference))

    def _rela_impr(self, own: str, other: str) -> Bounds | None:
        """Means nothing where the other is no better than chance."""
        theirs = self._resampled[other]["auc"]
        if theirs.min() <= CHANCE:
            return None
        means = [_mean(self.by_student(name)["auc"]) for name in (own, other)]
        draws = rela_impr(self._resampled[own]["auc"], theirs)
        return Bounds(**percentile_interval(rela_impr(means[0], means[1]), draws))

    def _directions(self, contender: Own) -> dict[str, Spread]:
        pairs = self.data.final.data.judging
        if pairs.decisions is None:
            return {}
        data, said = self.data.final.data, pairs.decisions.numpy()
        students, employers = data.students[pairs.student], data.employers[pairs.employer]
        found: dict[str, list[float]] = {}
        for network in contender.final.values():
            with torch.no_grad():
                match = network(students, employers).numpy()
                directed = network.directions(students, employers) if isinstance(network, RCJR) else None
            found.setdefault("match", []).append(float(roc_auc_score(pairs.label.numpy(), match)))
            for at, side in enumerate(("student", "employer")):
                scores = match if directed is None else directed[:, at].numpy()
                found.setdefault(side, []).append(float(roc_auc_score(said[:, at], scores)))
                found.setdefault(f"match_by_{side}", []).append(
                    float(roc_auc_score(pairs.label.numpy(), scores))
                )
        return {name: spread(values) for name, values in found.items()}

    def slices(self) -> tuple[Slice, ...]:
        """1 - AUC of every model on parts of the test students, each by where they went."""
        data, test = self.data.final.data, self.test
        hires = data.popularity[test.matches.float().argmax(1)]
        large = self.large[test.matches.float().argmax(1)]
        parts = {
            "to an employer that training knows": hires > 0,
            "to an employer that is new": hires == 0,
            "to one of the largest tenth": large,
            "to a smaller one that training knows": (hires > 0) & ~large,
        }
        valid = ~np.isnan(self.by_student(self.ranked[0].name)["auc"])
        masks = {name: part.numpy() & valid for name, part in parts.items()}
        return tuple(
            Slice(
                name=name,
                cells=int(mask.sum()),
                error={c.name: 1 - float(self.by_student(c.name)["auc"][mask].mean()) for c in self.ranked},
            )
            for name, mask in masks.items()
            if mask.any()
        )

    @property
    def teller(self) -> Own | None:
        """Who tells intents to those who ask: the candidate, or our own where the candidate does not."""
        some = self.data.final.data.students[:1]
        found = (each for each in (self.candidate, self.own) if each is not None)
        with torch.no_grad():
            return next((each for each in found if _first(each).intent_logits(some) is not None), None)

    def intent(self) -> Intent | None:
        """How the teller tells the intents of the test students."""
        data, teller = self.data.final.data, self.teller
        labels = self.data.students.column("intent").to_pylist()
        code = {label: at for at, label in enumerate(data.intents)}
        rows = [row for row in self.test.rows.tolist() if labels[row] in code]
        if teller is None or not rows:
            return None
        students = data.students[torch.tensor(rows, dtype=torch.int64)]
        with torch.no_grad():
            told = [network.intent_logits(students) for network in teller.final.values()]
        truth = torch.tensor([code[labels[row]] for row in rows])
        return self._intent(teller.name, [logits for logits in told if logits is not None], truth)

    def _intent(self, model: str, logits: Sequence[Tensor], truth: Tensor) -> Intent:
        data = self.data.final.data
        size = len(data.intents)

        def over_seeds(average: str) -> Spread:
            return spread([float(multiclass_f1_score(each, truth, size, average)) for each in logits])  # type: ignore[arg-type]

        fitted = data.intent[data.intent >= 0]
        commonest = int(torch.bincount(fitted, minlength=size).argmax())
        confusion = multiclass_confusion_matrix(logits[0], truth, size)
        return Intent(
            model=model,
            classes=data.intents,
            students=len(truth),
            macro_f1=over_seeds("macro"),
            micro_f1=over_seeds("micro"),
            majority=float((truth == commonest).double().mean()),
            calibration_error=spread(
                [float(multiclass_calibration_error(each.softmax(1), truth, size)) for each in logits]
            ),
            confusion=tuple(tuple(row) for row in confusion.tolist()),
        )


def _of_each(
    work: Callable[[PairModel], Found], networks: Mapping[str, Mapping[int, PairModel]]
) -> dict[str, list[Found]]:
    """What is found of the network of every seed of every model, on all cores: torch and numpy share them."""
    with ThreadPoolExecutor(os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as threads:
        ahead = {name: [threads.submit(work, each) for each in of.values()] for name, of in networks.items()}
        return {name: [each.result() for each in seeds] for name, seeds in ahead.items()}


def spread(values: Sequence[float]) -> Spread:
    """Mean and standard deviation."""
    return Spread(mean=float(np.mean(values)), sd=float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)


def _mean(values: Float64Array) -> float:
    return float(np.nanmean(values))


def _first(contender: Own) -> PairModel:
    return next(iter(contender.final.values()))
