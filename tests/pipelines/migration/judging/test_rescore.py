"""Candidate against champion on planted flows, and a forecast that came true."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from modules.migration.baselines.naive import LastValue, SeasonalNaive
from modules.migration.flow_data import FlowData
from modules.migration.flows import Flows
from modules.migration.forecaster import Forecaster, Task
from modules.migration.intervals import ConformalIntervals
from modules.migration.origins import Split
from modules.migration.predictor import MigrationPredictor
from pipelines.config.migration import Evaluate
from pipelines.migration.fitting.data import RunData
from pipelines.migration.judging.come_true import come_true, coverage_interval, realised
from pipelines.migration.judging.rescore import compare
from pipelines.release.challenge import IncomparableError
from pipelines.release.records import Comparison
from tests.modules.migration.planted import seasonal_flows

TEST = 60


def run_data(flows: Flows) -> RunData:
    final = FlowData(flows, 12, 2, TEST, len(flows.observed))
    return RunData(flows, Split(validation=54, test=TEST), final, final)


def predictor(
    flows: Flows, network: type[Forecaster] = LastValue, length: int = 12, horizon: int = 2
) -> MigrationPredictor:
    regions = len(flows.regions)
    task = Task(regions=regions, length=length, horizon=horizon, cycle=12)
    return MigrationPredictor(
        network=network(task),
        intervals=ConformalIntervals(regions, horizon),
        history=torch.from_numpy(flows.inputs()[-length:].copy()),
        as_of=flows.first + len(flows.observed) - 1,
        calendar=flows.calendar,
        regions=flows.regions,
        names=flows.names,
        rules=flows.rules,
    )


def compared(
    flows: Flows,
    candidate: MigrationPredictor,
    champion: MigrationPredictor,
    trained_to: Sequence[str] = ("2019-12", "2019-12"),
) -> Comparison:
    return compare(run_data(flows), candidate, champion, trained_to, Evaluate(bootstrap=200), seed=0)


def test_the_better_forecaster_wins_by_what_is_computed_by_hand() -> None:
    flows = seasonal_flows()
    found = compared(flows, predictor(flows), predictor(flows, SeasonalNaive))
    steps = [(t, k) for t in range(TEST - 1, 71) for k in (1, 2) if TEST <= t + k < 72]
    for error, lag in ((found.candidate, lambda _: 0), (found.champion, lambda k: k - 12)):
        by_hand = np.mean([np.abs(flows.values[t + k] - flows.values[t + lag(k)]).mean() for t, k in steps])
        assert error == pytest.approx(by_hand, rel=1e-6)
    gain = found.improvement
    assert gain.estimate == pytest.approx(found.champion - found.candidate)
    assert gain.low < gain.estimate < gain.high
    assert (found.cells, found.blocks, found.span) == (len(steps) * 16, 6, ("2020-01", "2020-12"))
    assert found.slices.keys() == {
        "largest tenth of corridors", "other corridors", "near half", "far half", "within a region",
    }  # fmt: skip


def test_a_model_is_no_better_than_itself() -> None:
    flows = seasonal_flows()
    gain = compared(flows, predictor(flows), predictor(flows)).improvement
    assert (gain.low, gain.estimate, gain.high) == (0, 0, 0)


def test_other_lengths_and_horizons_meet_on_common_origins_and_the_shorter_horizon() -> None:
    flows = seasonal_flows()
    same = compared(flows, predictor(flows, length=6, horizon=1), predictor(flows, length=12, horizon=3))
    assert same.candidate == pytest.approx(same.champion)
    assert same.cells == 12 * 16


def test_periods_that_one_was_trained_on_do_not_count() -> None:
    flows = seasonal_flows()
    found = compared(flows, predictor(flows), predictor(flows), ("2019-12", "2020-04"))
    assert found.span == ("2020-05", "2020-12")


@pytest.mark.parametrize(
    ("changed", "trained_to", "why"),
    [
        ({"regions": ("a", "b", "c", "d")}, "2019-12", "the regions are not the same: a, b, c, d"),
        ({}, "2020-12", "no test period comes after 2020-12"),
        ({}, "2020-11", "too few for an interval"),
    ],
)
def test_what_cannot_be_compared_says_why(changed: dict[str, object], trained_to: str, why: str) -> None:
    flows = seasonal_flows()
    champion = replace(predictor(flows), **changed)  # type: ignore[arg-type]
    with pytest.raises(IncomparableError, match=why):
        compared(flows, predictor(flows), champion, ("2019-12", trained_to))


def test_a_forecast_that_is_not_finite_is_no_evidence() -> None:
    class Broken(LastValue):
        def forward(self, history: torch.Tensor, season: torch.Tensor) -> torch.Tensor:
            return super().forward(history, season) * torch.nan

    flows = seasonal_flows()
    with pytest.raises(IncomparableError, match="not finite"):
        compared(flows, predictor(flows, Broken), predictor(flows))


def test_what_came_true_is_held_against_the_last_forecast() -> None:
    flows = seasonal_flows()
    champion = predictor(flows)
    assert come_true(run_data(flows), champion) is None, "nothing has come"
    early = replace(
        champion, as_of=champion.as_of - 1, history=torch.from_numpy(flows.inputs()[-13:-1].copy())
    )
    come = come_true(run_data(flows), early)
    assert come is not None
    found = realised(come, 0.8)
    error = np.abs(flows.values[-1] - flows.values[-2])
    assert (found.as_of, found.periods, found.cells, found.nominal) == ("2020-11", ("2020-12",), 16, 0.8)
    assert found.mae == pytest.approx(error.mean(), rel=1e-6)
    assert found.wape == pytest.approx(error.sum() / flows.values[-1].sum(), rel=1e-6)
    assert found.coverage == 0, "its intervals have no width"
    assert coverage_interval(come, 100, 0).high == 0
    assert come_true(run_data(flows), replace(early, regions=("a", "b", "c", "d"))) is None
