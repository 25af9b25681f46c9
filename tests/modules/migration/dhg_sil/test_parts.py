"""The parts of DHG-SIL, each against what it says of itself."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.migration.dhg_sil.contrast import pair_rank, rank_contrast
from modules.migration.dhg_sil.core import DHGSILCore
from modules.migration.dhg_sil.corridor_effects import Residuals, Shrinkage, corridor_effects
from modules.migration.dhg_sil.dh_gcn import DHGCN, SignedConvolution
from modules.migration.dhg_sil.graphs import geographic_graph, mobility_graph
from modules.migration.dhg_sil.sparse import SparseSignedConvolution
from modules.migration.dhg_sil.statistics import city_statistics, standardised
from modules.migration.dhg_sil.temporal import LagWeights
from modules.migration.flow_data import FlowData
from modules.migration.forecasting import forecast, truth
from modules.migration.track import MODELS
from tests.modules.migration.planted import flows_of, seasonal_flows
from tests.modules.migration.test_predictor import CHOSEN

ALONE = {"season_shrinkage": 0.0, "lag_shrinkage": 0.0}
CORE = next(spec for spec in MODELS if spec.name == "dhg_sil_core")


def flows(seed: int, cities: int, periods: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, periods, cities, cities, generator=generator) * 100


@given(cities=st.integers(2, 30), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_graphs_are_symmetric_without_loops_and_have_no_eigenvalue_above_one(cities: int, seed: int) -> None:
    place = np.random.default_rng(seed).uniform(0, 2000, (cities, 2))
    km = np.linalg.norm(place[:, None] - place, axis=-1)
    near = geographic_graph(torch.from_numpy(np.log((km + 1) / 500)).float())
    for graph in (near, mobility_graph(flows(seed, cities))[0]):
        torch.testing.assert_close(graph, graph.T)
        assert (graph.diagonal() == 0).all()
        assert (graph >= 0).all()
        assert torch.linalg.eigvalsh(graph.double()).abs().max() < 1 + 1e-5


def test_a_citys_partners_are_its_largest_over_the_window() -> None:
    counts = torch.zeros(1, 2, 30, 30)
    counts[0, :, 0, 1:] = torch.arange(1.0, 30.0)
    counts[0, :, 1:, 0] = 1
    graph = mobility_graph(counts)[0]
    assert (graph[0] > 0).sum() == 29  # every other city has it for its only partner
    counts[0, :, 1, 2] = 1e6
    assert mobility_graph(counts)[0][1, 2] == mobility_graph(counts)[0].max()


@pytest.mark.parametrize("channel", ["low", "high"])
def test_a_low_pass_draws_neighbours_together_and_a_high_pass_apart(channel: str) -> None:
    convolution = SignedConvolution(1, channel)  # type: ignore[arg-type]
    convolution.project = torch.nn.Identity()  # type: ignore[assignment]
    graph = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    h = torch.tensor([1.0, 3.0]).reshape(1, 1, 2, 1)
    first, second = convolution(h, graph).flatten()
    assert (second - first).abs() < 2 if channel == "low" else second - first > 2


@given(cities=st.integers(2, 24), channel=st.sampled_from(["low", "high"]), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_the_sparse_form_equals_the_dense_one(cities: int, channel: str, seed: int) -> None:
    torch.manual_seed(seed)
    dense = SignedConvolution(5, channel)  # type: ignore[arg-type]
    torch.nn.init.normal_(dense.of_city.weight)
    torch.nn.init.normal_(dense.of_neighbour.weight)
    graph, h = mobility_graph(flows(seed, cities)), torch.randn(1, 3, cities, 5)
    torch.testing.assert_close(
        SparseSignedConvolution(dense)(h[0], graph[0]), dense(h, graph)[0], rtol=1e-5, atol=1e-5
    )


def test_the_gate_weighs_both_channels_and_one_channel_needs_none() -> None:
    torch.manual_seed(0)
    h, graph = torch.randn(2, 3, 6, 4), mobility_graph(flows(0, 6))
    both = DHGCN(4, "low", "high")
    assert both.gate is not None
    torch.nn.init.zeros_(both.gate.weight)
    torch.nn.init.constant_(both.gate.bias, 50.0)  # all geography
    only = DHGCN(4, "low", "none")
    only.geography = both.geography
    torch.testing.assert_close(both(h, graph[0], graph), only(h, graph[0], graph))


def test_lag_weights_start_at_the_shared_ones_and_may_turn_negative_only_if_signed() -> None:
    torch.manual_seed(0)
    z, states, core = torch.randn(1, 2, 4, 9), torch.randn(1, 5, 4, 6), torch.randn(1, 2, 5, 4, 4)
    signed, softmax = LagWeights(6, 9, "signed"), LagWeights(6, 9, "softmax")
    torch.testing.assert_close(signed(z, states, core), core)
    weights = softmax(z, states, core)
    assert (weights > 0).all()
    torch.testing.assert_close(weights.sum(2), torch.ones(1, 2, 4, 4))
    torch.nn.init.normal_(signed.query.weight)
    moved = signed(z, states, core) - core
    assert moved.abs().max() < 0.02 + 1e-6
    assert moved[0, 0, 0].std() > 0  # corridors differ


def test_statistics_by_hand() -> None:
    counts = torch.tensor([[6.0, 3.0, 1.0], [2.0, 5.0, 0.0], [4.0, 0.0, 5.0]])
    log_km = torch.log(torch.tensor([[1.0, 2.0, 4.0], [2.0, 1.0, 8.0], [4.0, 8.0, 1.0]]))
    known = torch.ones(3, 3, dtype=torch.bool)
    found = city_statistics(counts, known, log_km, diagonal=True)
    np.testing.assert_allclose(found["pull"], np.log([0.6, 0.3, 0.1]), rtol=1e-6)
    np.testing.assert_allclose(found["push"], np.log([0.4, 0.2, 0.4]), rtol=1e-6)
    np.testing.assert_allclose(found["stay"], np.log([6 / 4, 5 / 2, 5 / 4]), rtol=1e-6)
    # city 0 sends 3 of the 3 that reach city 1 and 1 of the 1 that reaches city 2, far or near alike
    assert found["reach"][0] == pytest.approx(0, abs=1e-6)
    # city 1 sends to one city only: no slope to be seen
    assert found["reach"][1].isnan()
    net = city_statistics(counts, known, log_km, diagonal=False)["stay"]
    np.testing.assert_allclose(net, [(6 - 4) / 10, (3 - 2) / 5, (1 - 4) / 5], rtol=1e-6)
    assert city_statistics(counts, ~known, log_km, diagonal=False)["pull"].isnan().all()


def test_reach_is_the_slope_on_log_distance_wherever_a_city_lies() -> None:
    place = torch.tensor([0.0, 1.0, 3.0, 7.0, 20.0, 21.0])
    log_km = torch.log((place[:, None] - place).abs() * 100 + 1)
    planted = torch.tensor([-0.5, -1.0, -1.5, -0.2, -0.8, -1.2])
    counts = torch.exp(8 + planted[:, None] * log_km) * (1 - torch.eye(6))
    found = city_statistics(counts, torch.ones(6, 6, dtype=torch.bool), log_km, diagonal=False)["reach"]
    assert (found.argsort() == planted.argsort()).all()


def test_rank_contrast_is_least_where_representations_lie_as_the_statistic_does() -> None:
    statistic = torch.linspace(-1, 1, 8)[None]
    angle = statistic * 1.2
    ordered = torch.stack([angle.cos(), angle.sin()], dim=-1)
    anchors = torch.arange(8)
    mixed = ordered[:, torch.randperm(8, generator=torch.Generator().manual_seed(0))]
    assert rank_contrast(ordered, statistic, anchors) < rank_contrast(mixed, statistic, anchors)


def test_rank_contrast_by_its_definition_with_a_city_unknown() -> None:
    torch.manual_seed(0)
    representation, statistic = torch.randn(1, 5, 3), torch.tensor([[0.1, -1.0, 0.7, 2.0, float("nan")]])
    unit = torch.nn.functional.normalize(representation[0], dim=-1)
    losses = []
    for i in range(4):
        for j in set(range(4)) - {i}:
            away = (statistic[0, i] - statistic[0]).abs()
            rivals = [k for k in range(4) if k != i and away[k] >= away[j]]
            cosines = torch.stack([unit[i] @ unit[k] / 0.5 for k in rivals])
            losses.append(torch.logsumexp(cosines, 0) - unit[i] @ unit[j] / 0.5)
    expected = torch.stack(losses).mean()
    torch.testing.assert_close(rank_contrast(representation, statistic, torch.arange(5)), expected)


def test_pair_rank_falls_as_values_take_the_statistics_order_and_ignores_the_unknown() -> None:
    statistic = standardised(torch.tensor([[1.0, 2.0, 4.0, float("nan")]]))
    right, wrong = torch.tensor([[-3.0, 0.0, 3.0, 9.0]]), torch.tensor([[3.0, 0.0, -3.0, 9.0]])
    assert pair_rank(right, statistic) < 0.1
    assert pair_rank(wrong, statistic) > 1
    moved = right + torch.tensor([[0.0, 0.0, 0.0, 77.0]])
    assert torch.equal(pair_rank(right, statistic), pair_rank(moved, statistic))


def residuals(seed: int = 0, windows: int = 200) -> Residuals:
    generator = torch.Generator().manual_seed(seed)
    x, left = (torch.randn(windows, n, 3, 3, generator=generator).double() for n in (2, 1))
    weight = torch.rand(windows, 1, 3, 3, generator=generator).double()
    return Residuals(x, left, weight, torch.arange(windows)[:, None] % 4)


def test_corridor_effects_are_the_ridge_of_each_corridor_alone() -> None:
    given = residuals()
    found = corridor_effects(given, 4, Shrinkage(level=3.0, season=5.0, lags=7.0))
    centre = given.x.mean((0, 1))
    spread = (given.x - centre).square().mean().item()
    season = torch.nn.functional.one_hot(given.season[:, 0], 4).double()
    phi = torch.cat([torch.ones(200, 1), season, given.x[..., 1, 2] - centre[1, 2]], dim=1).numpy()
    penalty = np.diag(np.sqrt([3.0, 5, 5, 5, 5, 7 * spread, 7 * spread]))
    root = given.weight[:, 0, 1, 2].sqrt().numpy()
    rows = np.concatenate([root[:, None] * phi, penalty])
    aims = np.concatenate([root * given.left[:, 0, 1, 2].numpy(), np.zeros(7)])
    level, seasons, lags = np.split(np.linalg.lstsq(rows, aims)[0], [1, 5])
    np.testing.assert_allclose(found.season[0, :, 1, 2], seasons)
    np.testing.assert_allclose(found.lags[0, :, 1, 2], lags)
    np.testing.assert_allclose(found.level[0, 1, 2], level[0] - (lags * centre[1, 2].item()).sum())


def test_what_is_not_to_be_shrunk_is_left_out() -> None:
    given = residuals()
    found = corridor_effects(given, 4, Shrinkage(level=0.0, season=8.0, lags=0.0))
    assert (found.lags == 0).all()
    assert (found.level == 0).all()
    assert (found.season != 0).all()
    none = corridor_effects(given, 4, Shrinkage(level=0.0, season=0.0, lags=0.0))
    assert all((part == 0).all() for part in (none.level, none.season, none.lags))
    assert (corridor_effects(given, 1, Shrinkage(level=0.0, season=8.0, lags=0.0)).season == 0).all()


def test_the_core_learns_a_corridors_own_season() -> None:
    # One corridor peaks in March, the others never do.
    generator = np.random.default_rng(0)
    values = np.exp(5 + generator.normal(0, 0.02, (84, 6, 6)))
    values[2::12, 1, 2] *= 3
    data = FlowData(flows_of(values), 3, 1, 72, 84)
    plain, own = (CORE.build(data, {**CHOSEN, **ALONE, "season_shrinkage": season}) for season in (0.0, 1.0))
    actual, _ = truth(data.judging)
    wrong = [np.abs(forecast(each, data.judging) - actual)[..., 1, 2].mean() for each in (plain, own)]
    assert wrong[1] < 0.5 * wrong[0]


def test_the_core_finds_a_corridors_drift_and_shrinks_it() -> None:
    # One corridor grows; beside it a fit that every corridor shares expects no growth.
    generator = np.random.default_rng(0)
    values = np.exp(5 + generator.normal(0, 0.02, (72, 8, 8)))
    values[:, 1, 2] *= np.exp(0.05 * np.arange(72))
    data = FlowData(flows_of(values), 12, 1, 60, 72)
    drift = {}
    for shrinkage in (0.0, 4.0, 400.0):
        chosen = {**CHOSEN, "size_weight": 0.0, "loss_weight": 0.0, "alpha": 1e6, **ALONE}
        network = CORE.build(data, {**chosen, "shrinkage": shrinkage, "sides": "none"})
        assert isinstance(network, DHGSILCore)
        drift[shrinkage] = network.corridor[0]
    assert (drift[0.0] == 0).all()
    others = torch.ones(8, 8, dtype=torch.bool)
    others[1, 2] = False
    assert drift[4.0][1, 2] > drift[4.0][others].abs().max()
    assert 0 < drift[400.0][1, 2] < drift[4.0][1, 2]


@pytest.mark.parametrize(("sides", "lagged"), [("none", []), ("opposite", [0]), ("all", [0, 1, 2])])
def test_the_core_uses_the_sides_that_it_is_told_to(sides: str, lagged: list[int]) -> None:
    data = FlowData(seasonal_flows(), 12, 2, 54, 72)
    network = CORE.build(data, {**CHOSEN, "sides": sides})
    assert [place for place in range(3) if (network.side_lags[:, place] != 0).any()] == lagged
