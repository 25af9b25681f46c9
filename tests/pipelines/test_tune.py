import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import UserError
from modules.migration.flow_data import FlowData
from modules.migration.track import MODELS
from pipelines.trial import Outcome, Trial, inherited_parameters
from pipelines.tune import choose, draw_trials
from tests.modules.migration.planted import seasonal_flows


@given(count=st.integers(1, 30), seed=st.integers(0, 2**31))
def test_the_trial_list_is_fixed_by_the_seed_and_never_repeats_itself(count: int, seed: int) -> None:
    trials = draw_trials(MODELS, count, seed)
    assert trials == draw_trials(MODELS, count, seed)
    assert [trial.number for trial in trials] == list(range(len(trials)))
    keys = [(trial.model, *sorted(trial.parameters.items())) for trial in trials]
    assert len(set(keys)) == len(keys)
    for spec in MODELS:
        drawn = [trial for trial in trials if trial.model == spec.name]
        assert 1 <= len(drawn) <= count
        assert all(trial.parameters[key] in values for trial in drawn for key, values in spec.space.items())


def test_a_models_trials_do_not_depend_on_which_other_models_are_swept() -> None:
    alone = draw_trials([spec for spec in MODELS if spec.name == "gravity"], 5, seed=3)
    among = [trial for trial in draw_trials(MODELS, 5, seed=3) if trial.model == "gravity"]
    assert [trial.parameters for trial in alone] == [trial.parameters for trial in among]


def test_the_least_error_wins_and_of_equals_the_first_drawn() -> None:
    outcomes = [
        Outcome(Trial(number, model, {}), {"n": number}, mae, (), {})
        for number, model, mae in [(2, "a", 1.0), (1, "a", 1.0), (0, "a", 2.0), (3, "b", 9.0)]
    ]
    assert {model: outcome.trial.number for model, outcome in choose(outcomes).items()} == {"a": 1, "b": 3}


def test_a_trial_without_a_finite_error_never_wins_and_a_model_without_any_other_is_named() -> None:
    infinite, finite = (Outcome(Trial(n, "a", {}), {}, mae, (), {}) for n, mae in enumerate((math.inf, 5.0)))
    assert choose([infinite, finite])["a"] is finite
    with pytest.raises(UserError, match="a: no trial ended with a finite error"):
        choose([infinite])


def test_a_model_inherits_the_best_of_the_other_models_trials() -> None:
    data = FlowData(seasonal_flows(), 12, 3, 54, 72)
    specs = {spec.name: spec for spec in MODELS}
    base = {"alpha": 1e-3, "size_weight": 0.0, "beta": 1e-2}
    trials = [
        Trial(0, "ridge_ar_calendar", {**base, "anchor": "mean", "alpha": 1e9, "beta": 1e9}),
        Trial(1, "ridge_ar_calendar", {**base, "anchor": "last"}),
        Trial(2, "residual_gru", {}),
    ]
    assert inherited_parameters(specs["residual_gru"], trials, specs, data, seed=0) == trials[1].parameters
    assert inherited_parameters(specs["gravity"], trials, specs, data, seed=0) == {}
