import numpy as np
import pytest
import torch

from modules.migration.corridor_module import CorridorModule
from modules.migration.data_module import FlowDataModule
from modules.migration.flow_data import FlowData
from modules.migration.forecast_module import ForecastModule
from modules.migration.forecasting import forecast, mean_absolute_error
from modules.migration.residual_gru import ResidualGRU
from modules.migration.track import MODELS
from pipelines.fitting import LossCurve, fit
from tests.modules.migration.planted import flows_of

GRU = next(spec for spec in MODELS if spec.name == "residual_gru")
CHOSEN = {
    "alpha": 1e-3,
    "anchor": "last",
    "size_weight": 0.0,
    "beta": 1e-2,
    "hidden": 8,
    "dropout": 0.0,
    "learning_rate": 5e-3,
    "steps": 340,
    "loss_weight": 0.0,
    "half_life": 0.0,
}


@pytest.fixture(scope="module")
def data() -> FlowData:
    # A corridor follows the reverse corridor of the month before: an autoregression on itself cannot see it.
    generator = np.random.default_rng(0)
    logs = np.full((160, 5, 5), 4.0)
    for step in range(1, 160):
        logs[step] = 4 + 0.9 * (logs[step - 1].swapaxes(0, 1) - 4) + generator.normal(0, 0.4, (5, 5))
    return FlowData(flows_of(np.exp(logs), diagonal=False), 6, 1, 140, 160)


def test_it_starts_as_its_core(data: FlowData) -> None:
    network = GRU.build(data, CHOSEN).eval()
    np.testing.assert_allclose(forecast(network, data.judging), _core(network, data), rtol=1e-5)


def test_it_learns_what_the_core_cannot_see_and_leaves_the_core_alone(data: FlowData) -> None:
    curve = LossCurve()
    network = fit(GRU, data, CHOSEN, seed=0, curve=curve)
    assert isinstance(network, ResidualGRU)
    untrained = GRU.build(data, CHOSEN).eval()
    assert torch.equal(network.core.weight, untrained.core.weight)
    assert len(curve.losses) == 20
    assert curve.losses[-1] < 0.8 * curve.losses[0]
    assert mean_absolute_error(network, data.judging) < 0.9 * mean_absolute_error(untrained, data.judging)


def test_the_same_seed_gives_the_same_weights_and_another_does_not(data: FlowData) -> None:
    short = {**CHOSEN, "steps": 5, "dropout": 0.1}
    first, again, other = (fit(GRU, data, short, seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["output.weight"], other["output.weight"])


def test_some_corridors_are_forecast_as_all_are(data: FlowData) -> None:
    network = fit(GRU, data, {**CHOSEN, "steps": 5}, seed=0)
    assert isinstance(network, ResidualGRU)
    window = data.judging[0]
    x, season = network.encoder.encode(window.history[None]), window.season[None]
    origin, destination = torch.tensor([3, 0]), torch.tensor([1, 4])
    with torch.inference_mode():
        some = network.corridors(x, season, origin, destination)
        every = network.encoded(x, season)
    torch.testing.assert_close(some, every[:, :, origin, destination], rtol=1e-5, atol=1e-5)


def test_the_loss_on_every_corridor_is_that_of_the_whole_matrix(data: FlowData) -> None:
    network = fit(GRU, data, {**CHOSEN, "steps": 5}, seed=0)
    assert isinstance(network, ResidualGRU)
    size = torch.arange(1.0, 26.0).reshape(5, 5)
    settings = {"learning_rate": 1e-3, "steps": 1, "size_weight": 1.0}
    batch = next(iter(FlowDataModule(data, 0).train_dataloader()))
    batch.target[:, :, 0, 1] *= 5  # so that it matters which corridor has which weight
    sampled, whole = (
        module(network, size, **settings).loss(batch) for module in (CorridorModule, ForecastModule)
    )
    torch.testing.assert_close(sampled, whole)


def _core(network: ResidualGRU, data: FlowData) -> np.ndarray:
    return forecast(network.core, data.judging)
