"""How well the members and their agreement tell what labelled passages say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import fmean, pstdev
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]

from modules.transfer.consensus import LEVELS, UNKNOWN, Vote, same_person
from modules.transfer.ensemble import Ensemble, Reading
from modules.transfer.passage import Extraction
from modules.transfer.places.normaliser import Normaliser
from pipelines.bootstrap import draw_counts, percentile_interval
from pipelines.evaluation import Bounds, Slice, Spread
from pipelines.judging import Contender
from pipelines.transfer.fitting.data import Answer, Folds
from pipelines.transfer.judging.evaluation import (
    Disagreement,
    Field,
    LevelScore,
    Pair,
    Said,
    Score,
    TransferRow,
    score,
    wilson,
)

ENSEMBLE = "ensemble"
"""The row of all voters, by majority."""
FIELDS: tuple[Field, ...] = ("circulation", "subject", "origin", "destination", "period")
_EXAMPLES = 12
Counts = NDArray[np.float64]
"""n x 3: told, right, of, of every passage."""


@dataclass(frozen=True)
class _Fold:
    """One fold's passages as everybody reads them, by seed."""

    readings: Mapping[int, Sequence[Reading]]
    """Of those who vote."""
    votes: Mapping[int, Mapping[str, list[Vote]]]
    """What each member says, one that does not vote too."""
    answers: Sequence[Answer]


class Judgement:
    """Members and ensemble on a run's labelled passages.

    Args:
        data: the folds.
        fits: what every member's fits say of the passages that judge them.
        voters: who vote; the others are scored beside them.
        normaliser: of places.
        bootstrap: resamples.
        seed: of the bootstrap.
    """

    def __init__(
        self,
        data: Folds,
        fits: Sequence[Contender[Sequence[Extraction]]],
        voters: Sequence[str],
        normaliser: Normaliser,
        bootstrap: int,
        seed: int,
    ) -> None:
        self.data, self.fits, self.normaliser = data, {fit.name: fit for fit in fits}, normaliser
        self.voters = tuple(voter for voter in voters if voter in self.fits)
        self.bootstrap, self.seed = bootstrap, seed
        self.seeds = sorted({seed for fit in fits for seed in fit.final})

    @cached_property
    def backtest(self) -> _Fold:
        """Fitted on train, judged on validation."""
        return self._fold("backtest")

    @cached_property
    def final(self) -> _Fold:
        """Fitted on train and validation, judged on test."""
        return self._fold("final")

    def _fold(self, name: str) -> _Fold:
        passages = [row.passage for row in getattr(self.data, name).judged]
        said: dict[str, Mapping[int, Sequence[Extraction]]] = {
            fit.name: getattr(fit, name) for fit in self.fits.values()
        }
        ensemble = Ensemble({}, (), self.normaliser)
        readings, votes = {}, {}
        for seed in self.seeds:
            of_this = {member: of_seed(its, seed) for member, its in said.items()}
            by_voter = [of_this[voter] for voter in self.voters]
            readings[seed] = [
                ensemble.agreed(passage, told) for passage, *told in zip(passages, *by_voter, strict=True)
            ]
            votes[seed] = {
                member: [
                    ensemble.told(passage, each).vote for passage, each in zip(passages, its, strict=True)
                ]
                for member, its in of_this.items()
            }
        return _Fold(readings, votes, self.data.answers[name])

    def votes(self, fold: _Fold, name: str, seed: int) -> list[Vote]:
        """What a member, or the ensemble, says of each passage."""
        if name == ENSEMBLE:
            return [ensemble_vote(reading) for reading in fold.readings[seed]]
        return fold.votes[seed][name]

    def counts(self, fold: _Fold, name: str, seed: int, field: Field) -> Counts:
        """Told, right and of for every passage."""
        votes = self.votes(fold, name, seed)
        return np.array(
            [count_of(vote, answer, field) for vote, answer in zip(votes, fold.answers, strict=True)]
        )

    def f1(self, fold: _Fold, name: str) -> Spread:
        """Of the destination, over seeds."""
        found = [f1_of(self.counts(fold, name, seed, "destination").sum(0)) for seed in self._seeds(name)]
        return Spread(mean=fmean(found), sd=pstdev(found))

    def _seeds(self, name: str) -> Sequence[int]:
        return self.seeds if name == ENSEMBLE else sorted(self.fits[name].final)

    @cached_property
    def ranked(self) -> list[str]:
        """All rows, best by the validation passages first; of equals the one named first."""
        names = [*self.fits, ENSEMBLE]
        return sorted(names, key=lambda name: (-self.f1(self.backtest, name).mean, names.index(name)))

    def role(self, name: str) -> str:
        """Of a row."""
        return "own" if name == ENSEMBLE else self.fits[name].role

    @cached_property
    def best_baseline(self) -> str:
        """The best baseline."""
        return next(name for name in self.ranked if self.role(name) == "baseline")

    def leaderboard(self) -> tuple[TransferRow, ...]:
        """A row for every member and the ensemble."""
        return tuple(self._row(name) for name in self.ranked)

    def _row(self, name: str) -> TransferRow:
        fit = self.fits.get(name)
        metrics: dict[str, list[float]] = {}
        for seed in self._seeds(name):
            told, right, of = self.counts(self.final, name, seed, "destination").sum(0)
            metrics.setdefault("destination_f1", []).append(f1_of(np.array([told, right, of])))
            metrics.setdefault("destination_precision", []).append(right / max(told, 1))
            metrics.setdefault("destination_recall", []).append(right / max(of, 1))
        return TransferRow(
            model=name,
            role=self.role(name),  # type: ignore[arg-type]
            seeds=len(self._seeds(name)),
            parameters=dict(fit.parameters) if fit else {},
            test={key: Spread(mean=fmean(its), sd=pstdev(its)) for key, its in metrics.items()},
            improvement=None if name == self.best_baseline else self._improvement(name),
            backtest_f=self.f1(self.backtest, name),
            fields={field: self._score(name, field) for field in FIELDS},
            intervals={"destination_f1": self._interval(name)},
        )

    def _score(self, name: str, field: Field) -> Score:
        told, right, of = self.counts(self.final, name, self._seeds(name)[0], field).sum(0)
        return score(int(told), int(right), int(of))

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """B x n, how often each test passage is drawn: with its group."""
        units = units_of(self.final.answers)
        return draw_counts(np.random.default_rng(self.seed), self.bootstrap, units.max() + 1)[:, units]

    def _interval(self, name: str) -> Bounds:
        """F1 of the destination, groups of passages resampled."""
        mine = self._mean_counts(name)
        return Bounds(**percentile_interval(f1_of(mine.sum(0)), f1s_of(self._weights @ mine)))

    def _improvement(self, name: str) -> Bounds:
        """F1 of the destination above the best baseline's; groups of passages are resampled for both."""
        mine, theirs = (self._mean_counts(each) for each in (name, self.best_baseline))
        drawn = [f1s_of(self._weights @ counts) for counts in (mine, theirs)]
        return Bounds(**percentile_interval(f1_of(mine.sum(0)) - f1_of(theirs.sum(0)), drawn[0] - drawn[1]))

    def _mean_counts(self, name: str) -> Counts:
        seeds = self._seeds(name)
        found: Counts = np.mean(
            [self.counts(self.final, name, seed, "destination") for seed in seeds], axis=0
        )
        return found

    def slices(self) -> tuple[Slice, ...]:
        """1 - F1 of the destination where the passage tells an origin, and where it tells none."""
        answers = self.final.answers
        parts: dict[str, Callable[[Answer], bool]] = {
            "an origin is told": lambda answer: answer.origin != UNKNOWN,
            "no origin is told": lambda answer: answer.origin == UNKNOWN,
        }
        found = []
        for part, belongs in parts.items():
            rows = np.array([answer.circulation and belongs(answer) for answer in answers], dtype=bool)
            if rows.any():
                error = {name: 1 - f1_of(self._mean_counts(name)[rows].sum(0)) for name in self.ranked}
                found.append(Slice(name=part, cells=int(rows.sum()), error=error))
        return tuple(found)

    def levels(self) -> tuple[LevelScore, ...]:
        """What each level keeps of the test passages, and how much of that is right; the first seed's."""
        fold = self.final
        moves = sum(answer.circulation for answer in fold.answers)
        pairs = list(zip(fold.readings[self.seeds[0]], fold.answers, strict=True))
        found = []
        for at, level in enumerate(LEVELS):
            kept = [
                (reading.agreement, answer)
                for reading, answer in pairs
                if reading.agreement is not None and LEVELS.index(reading.agreement.level) <= at
            ]
            right = sum(
                answer.circulation
                and agreement.destination == answer.destination
                and agreement.origin in {answer.origin, UNKNOWN}
                for agreement, answer in kept
            )
            found.append(
                LevelScore(
                    level=level,
                    kept=len(kept),
                    right=right,
                    precision=wilson(right, len(kept)),
                    coverage=sum(answer.circulation for _, answer in kept) / max(moves, 1),
                )
            )
        return tuple(found)

    def kappa(self) -> tuple[Pair, ...]:
        """How alike each two members are on the test passages; the first seed's."""
        fold, seed = self.final, self.seeds[0]
        votes = {name: self.votes(fold, name, seed) for name in self.fits}
        return tuple(
            _pair(first, second, field, (votes[first], votes[second]), fold.answers)
            for first, second in combinations(self.fits, 2)
            for field in FIELDS
            if field != "subject"
        )

    def examples(self) -> tuple[Disagreement, ...]:
        """The first test passages on which members that see a move differ, names left out."""
        found = []
        for reading in self.final.readings[self.seeds[0]]:
            votes = [told.vote for told in reading.told]
            fields: tuple[Field, ...] = ("circulation", "origin", "destination", "period")
            differ = tuple(field for field in fields if len({getattr(vote, field) for vote in votes}) > 1)
            if differ and any(vote.circulation for vote in votes):
                level = reading.agreement.level if reading.agreement else None
                found.append(Disagreement(votes=tuple(map(_said, votes)), level=level, differ=differ))
        return tuple(found[:_EXAMPLES])


def units_of(answers: Sequence[Answer]) -> NDArray[np.int64]:
    """What is independent of each other, numbered: the user's groups of passages, simulated passages each."""
    keys = [
        f"{at}" if answer.source == "simulated" else f"group {answer.group}"
        for at, answer in enumerate(answers)
    ]
    found: NDArray[np.int64] = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    return found


def of_seed(by_seed: Mapping[int, Sequence[Extraction]], seed: int) -> Sequence[Extraction]:
    """What the fit of a seed says; of a member that has one fit alone, that."""
    return by_seed.get(seed) or next(iter(by_seed.values()))


def ensemble_vote(reading: Reading) -> Vote:
    """What the members agree on as one vote."""
    agreed = reading.agreement
    if agreed is None:
        moves = sum(told.vote.circulation for told in reading.told)
        return Vote(ENSEMBLE, circulation=2 * moves > len(reading.told))
    return Vote(ENSEMBLE, True, agreed.subject, agreed.origin, agreed.destination, agreed.period)


def count_of(vote: Vote, answer: Answer, field: Field) -> tuple[float, float, float]:
    """Told, right and of, of one field of one passage."""
    if field == "circulation":
        return (
            float(vote.circulation),
            float(vote.circulation and answer.circulation),
            float(answer.circulation),
        )
    said = getattr(vote, field) if vote.circulation else UNKNOWN
    known = getattr(answer, field) if answer.circulation else UNKNOWN
    told, of = said not in {UNKNOWN, ""}, known not in {UNKNOWN, ""}
    if field == "subject":
        same = told and of and same_person(said, known)
    elif field == "period":
        same = told and of and said[: len(known)] == known[: len(said)]
    else:
        same = told and said == known
    return float(told), float(same), float(of)


def f1_of(counts: NDArray[np.float64]) -> float:
    """F1 of told, right and of."""
    told, right, of = counts
    return float(2 * right / (told + of)) if told + of else 0.0


def f1s_of(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of every row of told, right and of."""
    return 2 * counts[:, 1] / np.maximum(counts[:, 0] + counts[:, 2], 1e-12)


def _pair(
    first: str,
    second: str,
    field: Field,
    votes: tuple[Sequence[Vote], Sequence[Vote]],
    answers: Sequence[Answer],
) -> Pair:
    said = [[str(getattr(vote, field)) for vote in its] for its in votes]
    wrong = [
        np.array(
            [_wrong(vote, answer, field) for vote, answer in zip(its, answers, strict=True)], dtype=float
        )
        for its in votes
    ]
    varies = all(each.std() > 0 for each in wrong)
    return Pair(
        first=first,
        second=second,
        field=field,
        kappa=float(cohen_kappa_score(*said)) if len({*said[0], *said[1]}) > 1 else None,
        error_correlation=float(pearsonr(*wrong)[0]) if varies else None,
        both_wrong=int((wrong[0] * wrong[1]).sum()),
    )


def _wrong(vote: Vote, answer: Answer, field: Field) -> bool:
    told, right, of = count_of(vote, answer, field)
    return (
        bool(right == 0 and (told or of))
        if field != "circulation"
        else vote.circulation != answer.circulation
    )


def _said(vote: Vote) -> Said:
    known: dict[str, Any] = {
        field: None if getattr(vote, field) == UNKNOWN else getattr(vote, field)
        for field in ("origin", "destination", "period")
    }
    return Said(member=vote.member, circulation=vote.circulation, **known)
