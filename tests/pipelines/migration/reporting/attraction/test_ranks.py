import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.reporting.attraction.ranks import rank_intervals, ranked
from pipelines.migration.reporting.attraction.resampling import (
    DRAWS,
    deviation_of_changes,
    deviation_of_errors,
    normal_draws,
    resampled_counts,
)


def drawn(values: list[float], deviation: list[float]) -> np.ndarray:
    return normal_draws(np.array(values), np.array(deviation), np.random.default_rng(0))


def test_ranks_are_of_the_larger_values_first() -> None:
    assert ranked(np.array([3.0, 9.0, np.nan, 3.0])).tolist()[:2] == [2, 1]
    assert np.isnan(ranked(np.array([3.0, 9.0, np.nan, 3.0]))[2])
    assert ranked(np.array([3.0, 9.0, 3.0])).tolist() == [2, 1, 3]


def test_78_against_76_is_a_tie_where_chance_is_large_and_none_where_it_is_small() -> None:
    values = np.array([100.0, 78.0, 76.0, 20.0])
    wide = rank_intervals(values, drawn(values.tolist(), [4.0] * 4))
    assert wide.tied.tolist() == [False, False, True, False]
    assert wide.low.tolist() == [1, 2, 2, 4]
    assert wide.high.tolist() == [1, 3, 3, 4]
    narrow = rank_intervals(values, drawn(values.tolist(), [0.3] * 4))
    assert not narrow.tied.any()
    assert narrow.low.tolist() == narrow.high.tolist() == [1, 2, 3, 4]


def test_a_city_without_a_value_or_without_chance_has_no_interval() -> None:
    values = np.array([5.0, np.nan, 3.0])
    ranks = rank_intervals(values, drawn([5.0, 4.0, 3.0], [1.0, 1.0, np.nan]))
    assert np.isnan(ranks.rank[1])
    assert np.isnan(ranks.low[1:]).all()
    assert not ranks.tied.any()


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=12), st.floats(0, 30), st.integers(0, 9))
def test_an_interval_holds_its_rank(values: list[float], deviation: float, seed: int) -> None:
    draws = normal_draws(np.array(values), np.full(len(values), deviation), np.random.default_rng(seed))
    ranks = rank_intervals(np.array(values), draws)
    assert sorted(ranks.rank) == list(range(1, len(values) + 1))
    assert (ranks.low <= ranks.rank).all()
    assert (ranks.rank <= ranks.high).all()
    assert ranks.low.min() >= 1
    assert ranks.high.max() <= len(values)
    assert not ranks.tied[ranks.rank == 1].any()


def test_users_are_drawn_like_poisson_counts_and_keep_their_weight() -> None:
    counts, users = np.array([[0.0, 600.0], [30.0, 0.0]]), np.array([[0.0, 300.0], [10.0, 0.0]])
    draws = np.concatenate(list(resampled_counts(counts, users, np.random.default_rng(1))))
    assert draws.shape == (DRAWS, 2, 2)
    assert (draws[:, 0, 0] == 0).all()
    assert draws[:, 0, 1].mean() == pytest.approx(600, rel=0.02)
    assert draws[:, 0, 1].std() == pytest.approx(2 * 300**0.5, rel=0.2)  # 2 moves a user
    assert draws[:, 1, 0].std() / 30 > 3 * draws[:, 0, 1].std() / 600  # few users: much chance


def test_trend_and_season_are_no_chance() -> None:
    steps = np.arange(48)
    regular = (0.5 * steps + 3 * np.sin(2 * np.pi * steps / 12))[:, None]
    observed = np.ones(48, dtype=bool)
    assert deviation_of_changes(regular, observed, 12) == pytest.approx([0], abs=1e-9)
    assert deviation_of_changes(regular, observed, 1) > 0.3
    noise = np.random.default_rng(0).normal(0, 2, (48, 200))
    assert np.median(deviation_of_changes(regular + noise, observed, 12)) == pytest.approx(2, rel=0.1)
    assert np.median(deviation_of_changes(noise, observed, 1)) == pytest.approx(2, rel=0.1)


def test_a_change_across_a_gap_is_left_out_and_few_changes_say_nothing() -> None:
    series = np.array([0.0, 1, 0, 1, 999, 50, 51, 50])[:, None]
    observed = np.array([True] * 4 + [False] + [True] * 3)
    assert deviation_of_changes(series, observed, 1) == pytest.approx([1.4826 / 2**0.5])
    assert np.isnan(deviation_of_changes(series[:3], observed[:3], 1)).all()


def test_the_error_of_forecasts_is_their_root_mean_square() -> None:
    actual = np.array([1.0, 2, 3, np.nan])[:, None, None]
    made = actual + np.array([2.0, -2, 1, 7])[:, None, None]
    assert deviation_of_errors(actual, made) == pytest.approx(np.array([[3**0.5]]))
    assert np.isnan(deviation_of_errors(actual[:2], made[:2])).all()
