import numpy as np
import pytest

from modules.migration.baselines.naive import LastValue, SeasonalNaive
from modules.migration.dhg_sil.held_out import said_and_seen
from modules.migration.flow_data import FlowData
from modules.migration.flows import Flows
from modules.migration.forecaster import Forecaster
from modules.migration.origins import Split
from modules.migration.track import MODELS
from pipelines.config.migration import Evaluate
from pipelines.fitting import fit
from pipelines.migration.fitting.data import RunData
from pipelines.migration.judging.evaluation import held
from pipelines.migration.judging.judgement import Contender, Judgement
from tests.modules.migration.planted import flows_of, seasonal_flows
from tests.modules.migration.test_predictor import CHOSEN

SPLIT = Split(validation=48, test=60)


def judge(flows: Flows, coverage: float = 0.9) -> Judgement:
    backtest, final = (FlowData(flows, 12, 2, *ends) for ends in ((48, 60), (60, 72)))
    networks: list[Forecaster] = [LastValue(final.task), SeasonalNaive(final.task)]
    contenders = [Contender(each.name, "baseline", {}, {0: each}, {0: each}) for each in networks]
    data = RunData(flows, SPLIT, backtest, final)
    return Judgement(data, contenders, Evaluate(bootstrap=200, coverage=coverage), seed=0)


def wave_then_flat() -> np.ndarray:
    """A season up to the test, none in it: the seasonal forecast wins the back-test and loses the test."""
    season = 500 * np.sin(np.arange(72) * 2 * np.pi / 12)
    season[60:] = 0
    season[59] = 0
    return np.broadcast_to(1000 + season[:, None, None], (72, 4, 4)).copy()


def test_the_back_test_chooses_and_the_test_has_no_say() -> None:
    judgement = judge(flows_of(wave_then_flat()))
    assert judgement.candidate.name == "seasonal_naive"
    rows = {row.model: row for row in judgement.leaderboard()}
    assert rows["seasonal_naive"].test["mae"].mean > rows["last_value"].test["mae"].mean
    assert [row.model for row in judgement.leaderboard()] == ["seasonal_naive", "last_value"]


def test_a_part_of_our_own_model_is_shown_and_never_ships() -> None:
    judgement = judge(flows_of(wave_then_flat()))
    first, second = judgement.ranked
    part = Contender("part", "part", {}, first.backtest, first.final)
    judgement = Judgement(judgement.data, [second, part], Evaluate(bootstrap=200), seed=0)
    assert [row.model for row in judgement.leaderboard()] == ["part", second.name]
    assert judgement.candidate is second


def test_what_happens_in_the_test_moves_neither_ranking_nor_intervals() -> None:
    flows = seasonal_flows()
    values = flows.values.astype(float)
    values[60:] *= 7
    before, after = judge(flows), judge(flows_of(values))
    assert [c.name for c in before.ranked] == [c.name for c in after.ranked]
    np.testing.assert_array_equal(before.intervals.quantile, after.intervals.quantile)
    np.testing.assert_array_equal(before.intervals.size_class, after.intervals.size_class)


def test_the_gain_is_the_best_baselines_error_minus_the_models() -> None:
    rows = {row.model: row for row in judge(seasonal_flows()).leaderboard()}
    best = next(row for row in rows.values() if row.improvement is None)
    for row in rows.values():
        if row.improvement is not None:
            assert row.improvement.estimate == pytest.approx(best.test["mae"].mean - row.test["mae"].mean)
            assert row.improvement.low <= row.improvement.estimate <= row.improvement.high


def test_horizons_and_slices_add_up_to_the_whole() -> None:
    judgement = judge(seasonal_flows())
    row = judgement.leaderboard()[0]
    cells = judgement.scored.sum((0, 2, 3))
    assert np.dot(row.by_horizon, cells) / cells.sum() == pytest.approx(row.test["mae"].mean)
    slices = {part.name: part for part in judgement.slices()}
    parts = [slices[name] for name in ("largest tenth of corridors", "other corridors", "within a region")]
    assert sum(part.cells for part in parts) == judgement.scored.sum()
    total = sum(part.cells * part.error[row.model] for part in parts)
    assert total / judgement.scored.sum() == pytest.approx(row.test["mae"].mean)


def test_coverage_outside_five_points_is_a_failure() -> None:
    generator = np.random.default_rng(0)
    values = np.exp(generator.normal(5, 0.3, (72, 8, 8)))
    assert all(row.held for row in judge(flows_of(values)).coverage())
    values[60:] *= np.exp(generator.normal(0, 2, values[60:].shape))
    rows = judge(flows_of(values)).coverage()
    assert not any(row.held for row in rows)


@pytest.mark.parametrize(
    ("coverage", "outcome"), [(0.849, False), (0.85, True), (0.9, True), (0.95, True), (0.951, False)]
)
def test_five_points_either_way_still_hold(coverage: float, outcome: bool) -> None:
    assert held(coverage, 0.9) is outcome


def test_the_variables_are_held_against_their_statistics_and_against_what_was_planted() -> None:
    flows = seasonal_flows(regions=8)
    backtest, final = (FlowData(flows, 12, 2, *ends) for ends in ((48, 60), (60, 72)))
    spec = next(spec for spec in MODELS if spec.name == "dhg_sil")
    folds = [{seed: fit(spec, data, CHOSEN, seed) for seed in (0, 1)} for data in (backtest, final)]
    own = Contender("dhg_sil", "own", {}, *folds)  # type: ignore[arg-type]
    naive = LastValue(final.task)
    base = Contender("last_value", "baseline", {}, {0: naive}, {0: naive})
    data = RunData(flows, SPLIT, backtest, final)
    judgement = Judgement(data, [own, base], Evaluate(bootstrap=200), seed=0)
    seen = said_and_seen(folds[1][0], final.judging)[1]["pull"]  # type: ignore[arg-type]
    planted = np.full((72, 8), np.nan)
    planted[[t + 1 for t in final.judging.origins]] = seen
    scores = {score.name: score for score in judgement.variables({"pull": planted, "push": -planted})}
    # Where the statistic itself is planted, both correlations are one and the same.
    assert scores["pull"].planted is not None
    assert scores["pull"].planted.mean == pytest.approx(scores["pull"].spearman.mean)
    assert scores["pull"].spearman.mean > 0.9
    assert scores["stay"].planted is None
    assert set(judgement.variable_error) == (set(scores) if judgement.candidate is own else set())
    without = Judgement(data, [base], Evaluate(bootstrap=200), seed=0)
    assert without.variables({}) == ()
    assert without.variable_error == {}


def test_a_variable_that_the_data_cannot_show_has_no_error() -> None:
    values = seasonal_flows(regions=5).values.copy()
    np.einsum("tii->ti", values)[:] = 0  # nobody stays: no odds of staying
    flows = flows_of(values)
    backtest, final = (FlowData(flows, 12, 2, *ends) for ends in ((48, 60), (60, 72)))
    spec = next(spec for spec in MODELS if spec.name == "dhg_sil")
    own = Contender(
        "dhg_sil", "own", {}, *({0: spec.build(each, CHOSEN).eval()} for each in (backtest, final))
    )
    found = Judgement(RunData(flows, SPLIT, backtest, final), [own], Evaluate(bootstrap=200), seed=0)
    assert set(found.variable_error) == {"pull", "push", "reach"}
    assert np.isfinite(list(found.variable_error.values())).all()
