import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import UserError
from modules.migration.forecaster import Task
from modules.migration.track import MODELS, models_for
from pipelines.config import Tune
from pipelines.trial import Outcome, Trial
from pipelines.tune import choose, draw_trials, settled, waves


@given(learned=st.integers(1, 30), closed=st.integers(1, 30), seed=st.integers(0, 2**31))
def test_the_trial_list_is_fixed_by_the_seed_and_never_repeats_itself(
    learned: int, closed: int, seed: int
) -> None:
    settings = Tune(trials=learned, closed_form_trials=closed)
    trials = draw_trials(MODELS, settings, seed)
    assert trials == draw_trials(MODELS, settings, seed)
    assert [trial.number for trial in trials] == list(range(len(trials)))
    keys = [(trial.model, *sorted(trial.parameters.items())) for trial in trials]
    assert len(set(keys)) == len(keys)
    for spec in MODELS:
        drawn = [trial for trial in trials if trial.model == spec.name]
        possible = math.prod(len(values) for values in spec.space.values())
        assert len(drawn) == min(learned if spec.learned else closed, possible)
        assert all(trial.parameters[key] in values for trial in drawn for key, values in spec.space.items())


def test_a_models_trials_do_not_depend_on_which_other_models_are_swept() -> None:
    alone = draw_trials([spec for spec in MODELS if spec.name == "gravity"], Tune(), seed=3)
    among = [trial for trial in draw_trials(MODELS, Tune(), seed=3) if trial.model == "gravity"]
    assert [trial.parameters for trial in alone] == [trial.parameters for trial in among]


def test_the_users_values_replace_those_of_every_model_that_draws_them() -> None:
    settings = Tune.model_validate({"space": {"learning_rate": [0.5], "dropout": [0, 0.2]}})
    own, narrowed = (draw_trials(MODELS, each, seed=3) for each in (Tune(), settings))
    drawn = [trial.parameters for trial in narrowed if "learning_rate" in trial.parameters]
    assert drawn
    assert {parameters["learning_rate"] for parameters in drawn} == {0.5}
    changed = {"learning_rate", "dropout"}
    for each in (own, narrowed):
        assert {trial.model for trial in each} == {spec.name for spec in MODELS}
    one = draw_trials(
        MODELS, settings.model_copy(update={"space": {"gcn_gru.learning_rate": (0.7,)}}), seed=3
    )
    rates = {t.model: t.parameters["learning_rate"] for t in one if "learning_rate" in t.parameters}
    assert rates.pop("gcn_gru") == 0.7
    assert 0.7 not in rates.values()
    kept = [[t.parameters for t in each if not changed & set(t.parameters)] for each in (own, narrowed)]
    assert kept[0] == kept[1]


def test_a_hyperparameter_that_no_model_draws_is_named() -> None:
    with pytest.raises(
        UserError, match=r"tune.space: no model draws 'learning_rat' \(did you mean learning_rate"
    ):
        draw_trials(MODELS, Tune(space={"learning_rat": (0.5,)}), seed=3)


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


def test_a_learned_model_with_nothing_to_choose_is_settled_before_the_sweep() -> None:
    one = Tune.model_validate({"trials": 1, "closed_form_trials": 2})
    only = settled(MODELS, draw_trials(MODELS, one, seed=3))
    assert set(only) == {spec.name for spec in MODELS if spec.learned and not spec.inherits}
    assert all(set(only[spec.name]) == set(spec.space) for spec in MODELS if spec.name in only)
    assert not settled(MODELS, draw_trials(MODELS, Tune(trials=2), seed=3))
    left = [spec for spec in MODELS if spec.name not in only]
    assert [spec.name for wave in waves(left, only) for spec in wave] == [
        spec.name for wave in waves(MODELS) for spec in wave if spec.name not in only
    ]


def test_a_model_is_tuned_after_those_it_inherits_from() -> None:
    ordered = [{spec.name for spec in wave} for wave in waves(MODELS)]
    assert {"ridge_ar_calendar", "gravity", "last_value"} < ordered[0]
    assert {"residual_gru", "gcn_gru", "dhg_sil_core"} <= ordered[1]
    assert ordered[2:] == [{"dhg_sil"}]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (("last_value", "dgh_sil"), "no model 'dgh_sil' for these data (did you mean dhg_sil?)"),
        (
            ("last_value", "dhg_sil_core"),
            "dhg_sil_core stands on ridge_ar_calendar, which is not chosen; add it",
        ),
        (("ridge_ar_calendar", "seasonal_naive"), "no model 'seasonal_naive' for these data"),
    ],
)
def test_a_wrong_choice_of_models_is_named(chosen: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError) as caught:
        models_for(Task(regions=4, length=6, horizon=2, cycle=12), chosen)
    assert said in str(caught.value)


def test_the_chosen_models_alone_are_tuned() -> None:
    task = Task(regions=4, length=6, horizon=2, cycle=1)
    assert [spec.name for spec in models_for(task, ("gcn_gru", "ridge_ar"))] == ["ridge_ar", "gcn_gru"]


def test_a_part_ships_where_the_whole_takes_no_part() -> None:
    task = Task(regions=4, length=12, horizon=2, cycle=12)
    chosen = ("ridge_ar_calendar", "dhg_sil_core")
    assert [spec.role for spec in models_for(task, chosen)] == ["baseline", "own"]
    assert [spec.role for spec in models_for(task, (*chosen, "dhg_sil"))] == ["baseline", "part", "own"]


def test_where_no_season_recurs_none_is_searched_for() -> None:
    (core,) = (
        spec
        for spec in models_for(Task(regions=4, length=6, horizon=2, cycle=1))
        if spec.name == "dhg_sil_core"
    )
    assert core.space["season_shrinkage"] == (0.0,)
