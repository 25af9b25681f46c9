"""The model as a whole: it starts at its core, learns, and every forecast is the sum of what explains it."""

import numpy as np
import pytest
import torch

from modules.migration.dhg_sil.contrast import rank_contrast
from modules.migration.dhg_sil.dhg_sil import ABLATIONS, DHGSIL
from modules.migration.dhg_sil.held_out import rank_correlation, said_and_seen, standardised_error
from modules.migration.dhg_sil.outlook import city_outlook
from modules.migration.flow_data import FlowData
from modules.migration.forecasting import forecast, mean_absolute_error
from modules.migration.track import MODELS
from pipelines.fitting import LossCurve, fit
from tests.modules.migration.planted import flows_of
from tests.modules.migration.test_predictor import CHOSEN

SPECS = {spec.name: spec for spec in MODELS}
HIDDEN = {**CHOSEN, "hidden": 8, "learning_rate": 5e-3, "steps": 25, "loss_weight": 0.0, "half_life": 0.0}


def planted(*, diagonal: bool = True, distances: bool = True, regions: int = 9, steps: int = 72) -> FlowData:
    """Gravity flows of cities whose pull and push differ, drift and swing with the season."""
    generator = np.random.default_rng(0)
    time = np.arange(steps)[:, None]
    pull, push = (
        np.linspace(-1, 1, regions)[generator.permutation(regions)]
        + 0.01 * time * generator.normal(0, 1, regions)
        + 0.4 * np.sin(2 * np.pi * time / 12) * generator.uniform(0.2, 1, regions)
        for _ in range(2)
    )
    place = np.arange(regions)
    log_km = np.log(1 + np.abs(place[:, None] - place))
    logs = 5 + push[:, :, None] + pull[:, None, :] - 0.7 * log_km
    logs += generator.normal(0, 0.1, logs.shape)
    return FlowData(flows_of(np.exp(logs), diagonal=diagonal, distances=distances), 12, 2, 54, 72)


@pytest.fixture(scope="module")
def data() -> FlowData:
    return planted()


@pytest.fixture(scope="module")
def fitted(data: FlowData) -> DHGSIL:
    network = fit(SPECS["dhg_sil"], data, HIDDEN, seed=0)
    assert isinstance(network, DHGSIL)
    return network


def test_it_starts_as_its_core(data: FlowData) -> None:
    network = SPECS["dhg_sil"].build(data, CHOSEN).eval()
    np.testing.assert_allclose(
        forecast(network, data.judging), forecast(network.core, data.judging), rtol=1e-2
    )


@pytest.mark.parametrize("name", ["ridge_ar", "residual_gru", "dhg_sil_core", "dhg_sil"])
def test_what_explains_a_forecast_adds_up_to_it(name: str, data: FlowData) -> None:
    network = fit(SPECS[name], data, CHOSEN, seed=0)
    window = data.judging[0]
    with torch.inference_mode():
        made = network(window.history[None], window.season[None])  # type: ignore[operator]
        found = network.explain(window.history[None], window.season[None])  # type: ignore[operator]
    assert (torch.expm1(found.total()) > 0).all()  # so that nothing is clipped
    torch.testing.assert_close(found.total(), torch.log1p(made), rtol=0, atol=1e-5)
    assert found.lags["own"].shape == (1, 2, 12, 9, 9)


def test_the_learned_parts_of_an_explanation_add_up_and_are_where_they_belong(
    fitted: DHGSIL, data: FlowData
) -> None:
    window = data.judging[0]
    with torch.inference_mode():
        made = fitted(window.history[None], window.season[None])
        found = fitted.explain(window.history[None], window.season[None])
    torch.testing.assert_close(found.total(), torch.log1p(made), rtol=0, atol=1e-5)
    assert set(found.lags) == {"own", "opposite", "origin", "destination"}
    diagonal = torch.eye(9, dtype=torch.bool)
    for name in ("pull", "reach", "affinity"):
        assert (found.terms[name][..., diagonal] == 0).all()
        assert (found.terms[name][..., ~diagonal] != 0).any()
    assert (found.terms["stay"][..., ~diagonal] == 0).all()
    # pull is of the destination alone, push of the origin alone
    assert torch.equal(found.terms["pull"][0, 0, 1, 3], found.terms["pull"][0, 0, 2, 3])
    assert torch.equal(found.terms["push"][0, 0, 1, 3], found.terms["push"][0, 0, 1, 4])


def test_it_learns_and_forecasts_better_than_the_ridge_below_its_core(data: FlowData) -> None:
    curve = LossCurve()
    chosen = {**HIDDEN, "steps": 50, "season_shrinkage": 0.0, "lag_shrinkage": 0.0}
    network = fit(SPECS["dhg_sil"], data, chosen, seed=0, curve=curve)
    assert curve.losses[-1] < curve.losses[0]
    ridge = SPECS["ridge_ar_calendar"].build(data, HIDDEN).eval()
    assert mean_absolute_error(network, data.judging) < mean_absolute_error(ridge, data.judging)  # type: ignore[arg-type]


def test_the_variables_order_the_cities_in_periods_not_seen(fitted: DHGSIL, data: FlowData) -> None:
    said, seen = said_and_seen(fitted, data.judging)
    assert set(said) == {"pull", "push", "stay", "reach"}
    for name in ("pull", "push", "stay"):  # every city's reach is the same here
        assert rank_correlation(said[name], seen[name]) > 0.9, name


def test_contrast_brings_cities_of_like_statistics_together(fitted: DHGSIL, data: FlowData) -> None:
    blind = fit(SPECS["dhg_sil"], data, {**HIDDEN, "contrast": 0.0}, seed=0)
    assert isinstance(blind, DHGSIL)
    statistic = torch.from_numpy(said_and_seen(fitted, data.judging)[1]["pull"][:1])
    loss = {}
    for name, network in (("told", fitted), ("blind", blind)):
        window = data.judging[0]
        with torch.inference_mode():
            x = network.encoder.encode(window.history[None])
            cities = network.forecast_and_cities(x, window.season[None])[1]
        loss[name] = rank_contrast(cities.representations["pull"][:, 0], statistic, torch.arange(9))
    assert loss["told"] < loss["blind"]


def test_without_distances_and_diagonal_the_parts_that_need_them_are_off() -> None:
    data = planted(diagonal=False, distances=False)
    network = fit(SPECS["dhg_sil"], data, CHOSEN, seed=0)
    assert isinstance(network, DHGSIL)
    assert all(layer.geography is None for layer in network.convolve)  # type: ignore[union-attr]
    assert set(said_and_seen(network, data.judging)[0]) == {"pull", "push", "stay"}
    window = data.judging[0]
    with torch.inference_mode():
        assert (network.explain(window.history[None], window.season[None]).terms["reach"] == 0).all()


@pytest.mark.parametrize("without", ABLATIONS)
def test_what_is_left_out_changes_the_forecast_and_nothing_else_breaks(without: str, data: FlowData) -> None:
    short = {**HIDDEN, "steps": 10}
    whole = forecast(fit(SPECS["dhg_sil"], data, short, seed=0), data.judging)  # type: ignore[arg-type]
    network = fit(SPECS["dhg_sil"], data, {**short, "without": without}, seed=0)
    made = forecast(network, data.judging)  # type: ignore[arg-type]
    assert np.isfinite(made).all()
    assert not np.allclose(made, whole, rtol=1e-6)


def test_the_outlook_ranks_the_cities_and_its_intervals_widen_with_the_error(
    fitted: DHGSIL, data: FlowData
) -> None:
    window = data.judging[0]
    said, seen = said_and_seen(fitted, data.judging)
    error = {name: standardised_error(said[name], seen[name]) for name in said}
    found = city_outlook(fitted, window.history, window.season, error)
    sure = city_outlook(fitted, window.history, window.season, dict.fromkeys(error, 0.0))
    for name in error:
        np.testing.assert_array_equal(np.sort(found.rank[name]), np.tile(np.arange(1, 10), (2, 1)))
        best = found.value[name].argmax(axis=1)
        assert (found.rank[name][[0, 1], best] == 1).all()
        assert (found.percentile[name][[0, 1], best] == 100).all()
        assert (found.rank_low[name] <= found.rank[name]).all()
        assert (found.rank[name] <= found.rank_high[name]).all()
        np.testing.assert_array_equal(sure.rank_low[name], sure.rank[name])
    assert any((found.rank_high[name] > sure.rank_high[name]).any() for name in error)


def test_a_rank_lies_in_its_interval_where_chance_decides_all() -> None:
    data = planted(regions=30, steps=72)
    network = SPECS["dhg_sil"].build(data, CHOSEN).eval()
    window = data.judging[0]
    found = city_outlook(network, window.history, window.season, {"pull": 100.0})  # type: ignore[arg-type]
    assert (found.rank_low["pull"] <= found.rank["pull"]).all()
    assert (found.rank["pull"] <= found.rank_high["pull"]).all()


def test_a_variable_that_is_left_out_has_no_contrast(data: FlowData) -> None:
    moved = {}
    for without in ("", "pull"):
        network = SPECS["dhg_sil"].build(data, {**HIDDEN, "without": without})
        (phase,) = SPECS["dhg_sil"].phases
        module = phase(network, data, HIDDEN, 0).module
        module.loss(next(iter(phase(network, data, HIDDEN, 0).batches.train_dataloader()))).backward()  # type: ignore[operator]
        moved[without] = network.variables.read["pull"].weight.grad  # type: ignore[union-attr, index]
    assert (moved[""] != 0).any()
    assert moved["pull"] is None or (moved["pull"] == 0).all()
