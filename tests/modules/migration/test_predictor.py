import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from modules.artefact import seal, verify
from modules.errors import UserError
from modules.migration.baselines.naive import LastValue
from modules.migration.flow_data import FlowData
from modules.migration.forecasting import forecast, truth
from modules.migration.intervals import ConformalIntervals
from modules.migration.networks import NETWORKS, load_network, save_network
from modules.migration.predictor import MigrationPredictor, golden
from modules.migration.request import ForecastRequest
from modules.migration.track import MODELS, models_for
from modules.track import ModelSpec
from pipelines.fitting import fit
from tests.modules.migration.planted import flows_of, seasonal_flows

CHOSEN = {
    "alpha": 1e-3,
    "anchor": "last",
    "size_weight": 0.5,
    "beta": 1e-2,
    "mass": "mean",
    "hidden": 4,
    "dropout": 0.0,
    "learning_rate": 1e-3,
    "steps": 5,
    "half_life": 0.5,
    "sides": "all",
    "shrinkage": 8.0,
    "season_shrinkage": 8.0,
    "lag_shrinkage": 128.0,
    "loss_weight": 0.5,
}


@pytest.fixture(scope="module")
def data() -> FlowData:
    return FlowData(seasonal_flows(), 12, 3, 54, 72)


@pytest.fixture
def predictor(data: FlowData) -> MigrationPredictor:
    network = LastValue(data.task)
    intervals = ConformalIntervals(data.task.regions, data.task.horizon)
    actual, scored = truth(data.judging)
    intervals.fit(forecast(network, data.judging), actual, scored, data.size, 0.9)
    flows = data.flows
    return MigrationPredictor(
        network,
        intervals,
        torch.from_numpy(flows.inputs()[-12:]),
        flows.first + 71,
        flows.calendar,
        flows.regions,
        flows.names,
        flows.rules,
    )


@pytest.fixture
def artefact(predictor: MigrationPredictor, tmp_path: Path) -> Path:
    predictor.save(tmp_path)
    (tmp_path / "card.json").write_text("{}")
    (tmp_path / "lineage.json").write_text("{}")
    (tmp_path / "golden.json").write_text(json.dumps(golden(predictor)))
    seal(tmp_path)
    return tmp_path


@pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)
def test_every_model_forecasts_the_same_after_saving_and_loading(
    spec: ModelSpec[FlowData, Any], data: FlowData, tmp_path: Path
) -> None:
    network = fit(spec, data, CHOSEN, seed=0)
    save_network(network, tmp_path)  # type: ignore[arg-type]
    again = load_network(tmp_path)
    np.testing.assert_array_equal(forecast(again, data.judging), forecast(network, data.judging))  # type: ignore[arg-type]
    other = tmp_path / "again"
    other.mkdir()
    save_network(again, other)
    assert (other / "model.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()


@pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)
def test_what_comes_after_the_fitting_periods_cannot_reach_a_fit(
    spec: ModelSpec[FlowData, Any], data: FlowData
) -> None:
    values = data.flows.values.astype(float)
    values[54:] *= 100
    other = FlowData(flows_of(values), 12, 3, 54, 72)
    weights, again = (fit(spec, each, CHOSEN, seed=0).state_dict() for each in (data, other))
    assert all(torch.equal(weights[key], again[key]) for key in weights)


def test_every_model_that_is_swept_can_be_loaded() -> None:
    assert {spec.name for spec in MODELS} == set(NETWORKS)


def test_a_short_window_has_no_seasonal_naive_and_a_unit_without_a_cycle_no_calendar() -> None:
    short = FlowData(seasonal_flows(), 6, 1, 54, 72)
    assert {spec.name for spec in MODELS} - {spec.name for spec in models_for(short.task)} == {
        "seasonal_naive"
    }
    yearly = FlowData(seasonal_flows(unit="year"), 6, 1, 54, 72)
    models = {spec.name: spec for spec in models_for(yearly.task)}
    assert {spec.name for spec in MODELS} - set(models) == {"seasonal_naive", "ridge_ar_calendar"}
    ridge = {key: CHOSEN[key] for key in ("alpha", "anchor", "size_weight")}
    core = models["residual_gru"].build(yearly, {**ridge, "hidden": 4, "dropout": 0.0}).eval()
    plain = models[str(models["residual_gru"].inherits)].build(yearly, ridge).eval()
    np.testing.assert_allclose(forecast(core, yearly.judging), forecast(plain, yearly.judging), rtol=1e-4)


def test_a_request_is_answered_for_the_periods_after_the_history(predictor: MigrationPredictor) -> None:
    answer = predictor.predict(ForecastRequest(origin="r01", destination="r02", horizon=2))
    last = float(predictor.history[-1, 1, 2])
    assert answer["as_of"] == "2020-12"
    assert [row["period"] for row in answer["forecasts"]] == ["2021-01", "2021-02"]
    assert [row["count"] for row in answer["forecasts"]] == [last, last]
    assert all(row["lower"] <= row["count"] <= row["upper"] for row in answer["forecasts"])


def test_leaving_out_a_side_asks_for_all_of_it(predictor: MigrationPredictor) -> None:
    assert len(predictor.predict(ForecastRequest())["forecasts"]) == 3 * 4 * 4
    rows = predictor.predict(ForecastRequest(destination="r03", horizon=1))["forecasts"]
    assert [(row["origin"], row["destination"]) for row in rows] == [(f"r0{i}", "r03") for i in range(4)]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            ForecastRequest(origin="nowhere"),
            r"origin: 'nowhere' is not a region of this model; allowed: r00, r01, r02, r03",
        ),
        (ForecastRequest(horizon=4), r"horizon: 4 is not in 1\.\.3"),
        (ForecastRequest(horizon=0), r"horizon: 0 is not in 1\.\.3"),
    ],
)
def test_what_cannot_be_answered_is_said(
    predictor: MigrationPredictor, request_: ForecastRequest, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        predictor.predict(request_)


def test_the_golden_requests_are_answered_alike_by_the_loaded_artefact(artefact: Path) -> None:
    loaded = MigrationPredictor.load(artefact)
    for pair in json.loads((artefact / "golden.json").read_text()):
        assert loaded.predict(ForecastRequest.of(pair["request"])) == pair["response"]


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "card.json", "lineage.json", "golden.json"]
)
def test_a_changed_byte_is_found_before_anything_is_read(artefact: Path, name: str) -> None:
    content = bytearray((artefact / name).read_bytes())
    content[-1] ^= 1
    (artefact / name).write_bytes(content)
    with pytest.raises(UserError, match=name.replace(".", r"\.")):
        MigrationPredictor.load(artefact)


def test_a_missing_a_strange_and_a_linked_file_are_refused(artefact: Path) -> None:
    (artefact / "extra.bin").write_bytes(b"")
    with pytest.raises(UserError, match=r"extra\.bin: does not belong"):
        verify(artefact)
    (artefact / "extra.bin").unlink()
    (artefact / "card.json").rename(artefact.parent / "card.json")
    with pytest.raises(UserError, match=r"card\.json: missing"):
        verify(artefact)
    (artefact / "card.json").symlink_to(artefact.parent / "card.json")
    with pytest.raises(UserError, match=r"card\.json: does not belong"):
        verify(artefact)


def test_the_weights_hold_no_pickle(artefact: Path) -> None:
    assert set(load_file(artefact / "model.safetensors")) == {
        "history",
        "intervals.quantile",
        "intervals.size_class",
    }


def test_another_format_is_refused(artefact: Path) -> None:
    config = json.loads((artefact / "config.json").read_text())
    config["network"]["format_version"] = 99
    (artefact / "config.json").write_text(json.dumps(config))
    seal(artefact)
    with pytest.raises(UserError, match="format 99"):
        MigrationPredictor.load(artefact)
