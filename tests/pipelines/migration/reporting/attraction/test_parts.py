"""Partners, groups, peers, reasons, intervals: each on numbers small enough to check by hand."""

import numpy as np
import pytest

from modules.migration.predictor import Explanation
from pipelines.migration.reporting.attraction.groups import area_of, group_order, groupings, summed
from pipelines.migration.reporting.attraction.held_out import HeldOut, listed, log_band
from pipelines.migration.reporting.attraction.partners import (
    largest_changes,
    largest_corridors,
    largest_partners,
)
from pipelines.migration.reporting.attraction.peers import nearest, profiles
from pipelines.migration.reporting.attraction.periods import Timeline
from pipelines.migration.reporting.attraction.reasons import reasons
from pipelines.migration.reporting.attraction.record import City
from tests.modules.migration.planted import seasonal_flows

MOVES = np.array([[99.0, 5, 0], [7.0, 99, np.nan], [1.0, 6, 99]])


def city(region: str, **known: str) -> City:
    return City(region=region, name=region, **known)


def test_partners_are_sources_by_column_and_destinations_by_row() -> None:
    assert largest_partners(MOVES, 9) == [[1, 2], [2, 0], []]
    assert largest_partners(MOVES.T, 1) == [[1], [0], [1]]
    assert largest_corridors(MOVES, 3) == [(1, 0), (2, 1), (0, 1)]


def test_the_largest_gain_and_the_largest_loss_are_named() -> None:
    change = np.array([[50.0, 4, 0], [-3.0, 0, 0], [2.0, 9, 0]])
    assert largest_changes(change) == [[2, 1], [2], []]


def test_parts_of_china_need_chinese_provinces_and_tiers_need_every_city() -> None:
    assert [area_of(name) for name in ("江苏省", "内蒙古自治区", "湖北省", "吉林省", "Bavaria")] == [
        "East", "West", "Central", "Northeast", None,
    ]  # fmt: skip
    cities = [city("a", province="江苏省", tier="super"), city("b", province="甘肃省")]
    assert groupings(cities, np.ones(2)) == {"Part of China": ["East", "West"]}
    assert groupings([city("a", province="Ulster"), city("b")], np.ones(2)) == {}
    many = [city(str(n), province=f"P{n}") for n in range(8)]
    found = groupings(many, np.arange(8.0))["Province"]
    assert found == ["others"] * 3 + ["P3", "P4", "P5", "P6", "P7"]
    assert group_order(found)[-1] == "others"
    assert group_order(["large", "super", "very large"]) == ["super", "very large", "large"]


def test_groups_sum_their_cities() -> None:
    values = np.array([[1.0, 2, 4], [8, 16, 32]])
    assert summed(values, ["x", "y", "x"], ["x", "y"]).tolist() == [[5, 2], [40, 16]]


def test_cities_with_the_same_partners_are_peers() -> None:
    moves = np.zeros((5, 5))
    moves[[0, 1], 2], moves[[3], 4] = (10, 1000), 7  # 0 and 1 send to 2 alone, of whatever size; 3 to 4
    assert nearest(profiles(moves))[0][0] == (1, pytest.approx(1))
    assert nearest(np.array([[1.0, 0], [0, 1], [0.9, 0.1]]))[0][0][0] == 2


def test_the_reasons_of_a_city_add_up_to_its_mean_log_forecast() -> None:
    draw = np.random.default_rng(0)
    lags = {"own": draw.normal(size=(2, 3, 4, 4)), "opposite": draw.normal(size=(2, 3, 4, 4))}
    terms = {"level": draw.normal(size=(2, 4, 4)) + 9, "nothing": np.zeros((2, 4, 4))}
    log = sum(each.sum(1) for each in lags.values()) + terms["level"]
    forecast = np.expm1(log)
    found = reasons(Explanation(lags, terms), forecast)
    assert found.addends == ("1", "2", "3", "opposite", "level")
    weights = forecast * (1 - np.eye(4))
    expected = (log * weights).sum(1) / weights.sum(1)
    assert np.array(found.value).sum(-1) == pytest.approx(expected, rel=1e-3)
    newest = (lags["own"][:, -1] * weights).sum(1) / weights.sum(1)
    assert np.array(found.value)[..., 0] == pytest.approx(newest, abs=1e-3)
    assert reasons(Explanation({}, {"forecast": log}), forecast).addends == ()


def test_a_band_holds_the_asked_share_of_the_errors() -> None:
    errors = np.random.default_rng(0).normal(0, 0.1, 2000)
    low, high = log_band(errors, 0.9)
    assert ((errors >= low) & (errors <= high)).mean() == pytest.approx(0.9, abs=0.01)
    assert log_band(np.array([0.1, np.nan, -0.2]), 0.9) == (-0.2, 0.1)  # too few: all of them
    assert log_band(np.array([np.nan]), 0.9) == (0, 0)


def test_a_corridor_that_is_mostly_too_small_to_be_listed_is_not_forecast_either() -> None:
    flows = seasonal_flows(steps=24, regions=3)
    flows.scored[-12:, 0, 1] = False
    flows.scored[-5:, 1, 0] = False
    flows.scored[:12] = False  # long ago
    kept = listed(np.ones((2, 3, 3)), flows) > 0
    assert (~kept[:, 0, 1]).all()
    assert kept.sum() == 2 * 8


def test_the_fewer_the_users_the_wider_the_rank_ranges() -> None:
    flows = seasonal_flows(steps=30, regions=8)

    def width(users: float | None) -> float:
        known = None if users is None else np.full(flows.values.shape, users)
        ahead = flows.values[-2:].astype(np.float64)
        held = HeldOut(np.stack([ahead] * 4), np.stack([ahead] * 4))
        ranks = Timeline(flows, known, ahead, held, None, 7).ranks(20)["attraction"]
        return float((ranks.high - ranks.low).sum())

    assert width(2) > 2 * width(2000)
    assert width(None) not in (width(2), width(2000))
