from functools import cache
from typing import Any

import pytest

from pipelines.recommendation.judging.evaluation import RecommendationEvaluation
from pipelines.recommendation.reporting.report import report
from tests.pipelines import evaluations as flows
from tests.pipelines.migration.reporting.test_report import LOADS, words
from tests.pipelines.recommendation import evaluations
from tests.pipelines.recommendation.entries import entry, run_of


def page(evaluation: RecommendationEvaluation | None = None) -> str:
    return report(
        evaluation or evaluations.evaluation(),
        flows.validation(warning=False),
        evaluations.IMPORT,
        run_of(entry()),
    )


@cache
def standard() -> str:
    return page()


def text(**changes: Any) -> str:
    return words(page(evaluations.evaluation(**changes)))


def test_baselines_alone_have_beaten_nobody() -> None:
    whole = evaluations.evaluation()
    alone = tuple(row for row in whole.leaderboard if row.role == "baseline")
    said = words(page(whole.model_copy(update={"candidate": "popularity", "leaderboard": alone})))
    assert "Baselines alone: popularity ranks first on the validation students" in said
    assert "does not beat" not in said


def test_what_holds_of_the_explanations_and_what_does_not_is_said_in_words() -> None:
    said = words(standard())
    for fact in (
        "held On the student's side the three named fields move the probability by 8.1 points more",
        "95 % interval 7.1 to 9.1; at least 4 are needed, by the lower bound",
        "not held On the employer's side the three named fields move the probability by 12.8 points",
        "Do not show these fields as reasons.",
        "300 test matches",
        "student leave-one-out (shown to people) 0.088 \N{MINUS SIGN}0.031 0.461 0.569",
        "student attention 0.001 0.043 0.526 0.506",
        "two fits that differ by their seed alone share 45 % of the first three fields (random orders 18 %)",
        "within 0.0041 on average",
        "is 0.61 within a match (the goal is 0.6), and 0.90 over",
    ):
        assert fact in said
    assert said.count("Do not show these fields as reasons.") == 1


def test_where_our_own_ships_a_margin_refuses_it_and_where_a_baseline_does_nothing_was_tried() -> None:
    refused = "release refused A model of ours ships only if its explanations hold."
    assert refused in words(standard())
    said = text(candidate="popularity")
    assert refused not in said
    assert "What is packaged is popularity. Its own explanations are leave-one-out too and were not" in said
    sound = evaluations.explanations()
    sound["margins"] = sound["margins"][:1]
    said = text(explanations=sound)
    assert refused not in said
    assert "What is packaged" not in said


def test_a_card_names_fields_signs_and_intents_and_hides_what_is_rare() -> None:
    said = words(standard())
    assert "Match 1: rank 4 in the student's list" in said
    assert "home province (Shaanxi) +1.40; city (Yulin) +0.64; name (rare) \N{MINUS SIGN}0.21." in said
    assert "Intent: abroad 9 %, contract 91 %." in said
    assert "at least 10 students have it together" in said


def test_the_audit_shows_groups_with_intervals_and_counts_those_it_hides() -> None:
    said = words(standard())
    for fact in (
        "gender female 746 0.859 0.849 to 0.869",
        "35.1 % 34.1 % to 36.1 %",
        "gender 1 group too small to show 6",
        "corrected for the 7 groups compared",
        "male above female 0.017 \N{MINUS SIGN}0.013 to 0.047 0.63 0.68",
        "no gap shown No two groups of at least 100 students are shown to differ by more than 0.05",
        "costs: 0.0041 \N{MINUS SIGN}0.0019 to 0.0101 of AUC. So much higher is our own model's",
    ):
        assert fact in said


@pytest.mark.parametrize(
    ("sees", "why"), [(True, "The models see them here."), (False, "No model of our own")]
)
def test_a_cost_that_was_not_measured_is_said_to_be_so(sees: bool, why: str) -> None:
    said = text(audit=evaluations.audit(cost=None), use_protected=sees)
    assert f"What leaving the protected fields out costs: not measured. {why}" in said


def test_a_refusal_stands_instead_of_the_all_clear() -> None:
    audit = evaluations.audit()
    audit["fields"][0]["gap"]["auc"] = evaluations.bounds(0.11, 0.03)
    said = text(audit=audit)
    assert (
        "release refused gender: the AUC of 'male' is above that of 'female' by 0.110, at least 0.080; "
        "0.05 is tolerated." in said
    )
    assert "no gap shown" not in said


@pytest.mark.parametrize(
    ("section", "absent"),
    [
        ("explanations", ("Are the explanations true?", "Lost without")),
        ("audit", ("Does it work as well", "Intent off by")),
    ],
)
def test_a_record_without_a_section_has_a_page_without_it(section: str, absent: tuple[str, ...]) -> None:
    said = text(**{section: None})
    for words_of_it in absent:
        assert words_of_it in words(standard())
        assert words_of_it not in said


def test_what_was_not_judged_is_said_to_be_so() -> None:
    margins = [
        {"side": side, "fields": 3, "above_random": evaluations.bounds(0), "needed": 0.04, "held": None}
        for side in ("student", "employer")
    ]
    stability = [
        {"side": side, "overlap": None, "chance": 1, "randomised": None} for side in ("student", "employer")
    ]
    bent = evaluations.explanations(margins=margins, stability=stability, completeness_error=None, cards=[])
    said = text(explanations=bent)
    assert "not judged On the student's side there are 3 fields, all among the first three" in said
    assert "there was one seed" in said
    assert "Integrated gradients add up" not in said
    group = {"value": "Han", "students": 40, "auc": None, "hr": None, "calibration": None, "exposure": None}
    field = {"field": "ethnicity", "groups": [group], "hidden": 0, "hidden_students": 0, "gap": None}
    said = text(audit=evaluations.audit(fields=[field | {"proxy": None}], learner=None))
    assert "ethnicity fewer than two groups of 100 one group only" in said
    assert "Han 40 not known" in said
    assert "not compared No field has two groups of at least 100 test students" in said
    assert "no gap shown" not in said


def test_the_page_loads_nothing_and_is_the_same_every_time() -> None:
    assert not LOADS.search(standard())
    assert page() == standard()
