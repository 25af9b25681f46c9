import numpy as np
import pytest
import torch

from modules.migration.baselines.gravity import Gravity
from modules.migration.baselines.gravity_fit import fit_gravity
from modules.migration.baselines.naive import LastValue, SeasonalNaive
from modules.migration.baselines.ridge_ar import CalendarRidgeAR, RidgeAR
from modules.migration.flow_data import FlowData
from modules.migration.forecasting import forecast, mean_absolute_error
from tests.modules.migration.planted import flows_of, seasonal_flows


def data_of(flows: object, length: int = 12, horizon: int = 3, stop: int = 54) -> FlowData:
    return FlowData(flows, length, horizon, stop, len(flows.observed))  # type: ignore[arg-type, attr-defined]


def fitted(network: RidgeAR, data: FlowData) -> RidgeAR:
    data.fit_encoder(network.encoder)
    network.fit(data.fitting, data.size)
    return network.eval()


def test_last_value_repeats_the_last_period() -> None:
    data = data_of(seasonal_flows())
    window = data.judging[0]
    made = LastValue(data.task)(window.history[None], window.season[None])[0]
    assert torch.equal(made, window.history[-1].double().expand(3, 4, 4))


def test_seasonal_naive_repeats_the_same_month_of_last_year() -> None:
    data = data_of(seasonal_flows())
    index = 2
    step = data.judging.origins[index]
    made = forecast(SeasonalNaive(data.task), data.judging)[index]
    expected = data.flows.values[step + 1 - 12 : step + 4 - 12]
    np.testing.assert_allclose(made, expected)


def test_seasonal_naive_goes_round_the_cycle_when_the_horizon_is_longer() -> None:
    data = data_of(seasonal_flows(unit="quarter"), length=4, horizon=6)
    made = forecast(SeasonalNaive(data.task), data.judging)
    np.testing.assert_allclose(made[:, 0], made[:, 4])


@pytest.mark.parametrize("ridge", [RidgeAR, CalendarRidgeAR])
@pytest.mark.parametrize(("anchor", "naive"), [("last", LastValue), ("seasonal", SeasonalNaive)])
def test_a_ridge_shrunk_to_the_end_is_its_anchor(ridge: type[RidgeAR], anchor: str, naive: type) -> None:
    data = data_of(seasonal_flows())
    strong = {"alpha": 1e9, **({"beta": 1e9} if ridge is CalendarRidgeAR else {})}
    network = fitted(ridge(data.task, anchor=anchor, **strong), data)  # type: ignore[arg-type]
    np.testing.assert_allclose(
        forecast(network, data.judging), forecast(naive(data.task), data.judging), rtol=1e-4
    )


def test_a_calendar_ridge_whose_seasons_may_not_differ_is_the_pooled_ridge() -> None:
    data = data_of(seasonal_flows())
    pooled = fitted(RidgeAR(data.task, alpha=1e-3), data)
    seasonal = fitted(CalendarRidgeAR(data.task, alpha=1e-3, beta=1e9), data)
    np.testing.assert_allclose(forecast(seasonal, data.judging), forecast(pooled, data.judging), rtol=1e-3)


def test_a_ridge_recovers_the_law_that_made_the_data() -> None:
    generator = np.random.default_rng(1)
    logs = np.zeros((400, 3, 3))
    for step in range(2, 400):
        logs[step] = 1 + 0.6 * logs[step - 1] + 0.2 * logs[step - 2] + generator.normal(0, 0.05, (3, 3))
    data = data_of(flows_of(np.expm1(logs + 3)), length=2, horizon=1, stop=380)
    network = fitted(RidgeAR(data.task, alpha=1e-9), data)
    np.testing.assert_allclose(network.weight[0, 0, :2], [0.2, 0.6], atol=0.05)


def test_size_weight_moves_the_fit_towards_the_large_corridors() -> None:
    generator = np.random.default_rng(2)
    logs = (
        generator.normal(2, 0.02, (120, 3, 3)).cumsum(0) / np.arange(1, 121)[:, None, None]
    )  # small ones persist
    logs[:, 0, 1] = np.where(np.arange(120) % 2, 7.0, 8.0)  # one large corridor alternates
    data = data_of(flows_of(np.exp(logs)), length=2, horizon=1, stop=100)
    errors = {
        weight: np.abs(
            forecast(fitted(RidgeAR(data.task, alpha=1e-2, size_weight=weight), data), data.judging)[
                :, 0, 0, 1
            ]
            - data.flows.values[100:, 0, 1]
        ).mean()
        for weight in (0.0, 1.0)
    }
    assert errors[1.0] < errors[0.0] / 2


@pytest.mark.parametrize("ridge", [RidgeAR, CalendarRidgeAR])
def test_the_test_periods_cannot_reach_a_fit(ridge: type[RidgeAR]) -> None:
    flows = seasonal_flows()
    changed = flows.values.copy()
    changed[54:] *= 100
    networks = [
        fitted(ridge(data.task), data) for data in (data_of(flows), data_of(flows_of(changed.astype(float))))
    ]
    assert torch.equal(networks[0].weight, networks[1].weight)
    assert torch.equal(networks[0].encoder.mu, networks[1].encoder.mu)


def test_gravity_recovers_the_distance_exponent() -> None:
    generator = np.random.default_rng(3)
    regions, steps = 8, 80
    km = np.abs(np.arange(regions)[:, None] - np.arange(regions)) * 300.0
    mean = 3000 * ((km + 1) / 500) ** -0.8
    values = generator.poisson(np.broadcast_to(mean, (steps, regions, regions))).astype(float)
    data = data_of(flows_of(values, diagonal=False), length=6, horizon=2, stop=70)
    network = Gravity(data.task)
    network.log_km.copy_(data.log_km)
    fit_gravity(network, data.fitting)
    np.testing.assert_allclose(network.coefficient[:, 2], -0.8, atol=0.1)
    assert mean_absolute_error(network, data.judging) < 0.2 * values.mean()


def test_gravity_does_without_distances() -> None:
    data = data_of(flows_of(seasonal_flows().values.astype(float), distances=False))
    network = Gravity(data.task)
    fit_gravity(network, data.fitting)
    assert (network.coefficient[:, 2] == 0).all()
    assert np.isfinite(forecast(network, data.judging)).all()
