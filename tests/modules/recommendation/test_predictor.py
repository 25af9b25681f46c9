import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from modules.artefact import seal
from modules.errors import RequestError, UserError
from modules.recommendation.predictor import Recommender
from modules.recommendation.request import (
    CandidatesRequest,
    ExplainRequest,
    RecommendRequest,
    ScoreRequest,
)
from modules.recommendation.top import rank, top
from modules.schema import Schema
from tests.modules.recommendation.small import SCHEMA, STUDENT, STUDENTS, recommender, sealed, students

MODELS = ("rcjr", "deepfm", "popularity")


def logits(made: Recommender, student: dict[str, Any]) -> list[float]:
    """Of every employer, each pair scored by the network alone."""
    encoded = made.encoders[0].encode([student])
    with torch.no_grad():
        return [float(made.network(encoded, made.features[[row]])) for row in range(len(made.employers))]


def changeable(field: str) -> Schema:
    return replace(SCHEMA, students=replace(STUDENTS, changeable=(field,)))


def ids(answer: dict[str, Any]) -> list[str]:
    return [employer["id"] for employer in answer["employers"]]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("k", [1, 7, 40, 500])
def test_the_list_is_that_of_every_pair_scored_by_itself(model: str, k: int) -> None:
    made = recommender(model)
    for student in students(4):
        answer = made.recommend(RecommendRequest(student, k))
        scores = logits(made, student)
        # Twins tie but for the last bits of a float, and go by their place.
        order = sorted(range(40), key=lambda row: (-round(scores[row], 5), row))[:k]
        assert ids(answer) == [f"E{row:02d}" for row in order]
        assert [each["rank"] for each in answer["employers"]] == list(range(1, min(k, 40) + 1))
        for row, each in zip(order, answer["employers"], strict=True):
            assert each["score"] == pytest.approx(1 / (1 + torch.tensor(-scores[row]).exp().item()), abs=1e-5)
            assert each["fields"] == {k: v for k, v in made.employers[row].items() if k != "id"}


@pytest.mark.parametrize("k", range(1, 8))
def test_of_equal_scores_the_first_rows_are_taken(k: int) -> None:
    scores = torch.tensor([0.5, 2.0, 0.5, 2.0, -1.0, 0.5])
    assert top(scores, k).tolist() == [1, 3, 0, 2, 5, 4][:k]
    assert [rank(scores, row) for row in (1, 3, 0, 2, 5, 4)] == [1, 2, 3, 4, 5, 6]


def test_what_is_closed_or_not_wanted_is_left_out_and_the_rest_keeps_its_order() -> None:
    made = recommender()
    everyone = ids(made.recommend(RecommendRequest(STUDENT, 40)))
    closed = everyone[:2]
    where = {"city": ["A"], "industry": ["Rail", "Software"]}
    found = ids(made.recommend(RecommendRequest(STUDENT, 40, closed, where)))
    fields = {each["id"]: each for each in made.employers}
    expected = [
        each
        for each in everyone
        if each not in closed and fields[each]["city"] == "A" and fields[each]["industry"] != "Banking"
    ]
    assert found == expected
    assert 0 < len(expected) < 20
    assert ids(made.recommend(RecommendRequest(STUDENT, 3, closed, where))) == expected[:3]
    assert ids(made.recommend(RecommendRequest(STUDENT, 3, everyone))) == []


def test_who_fits_an_employer_is_ordered_by_the_same_scores() -> None:
    made, asked = recommender(), students(20)
    asked[2]["home"] = "Atlantis"
    answer = made.candidates(CandidatesRequest("E03", asked, 5))
    scores = [logits(made, student)[3] for student in asked]
    order = sorted(range(20), key=lambda place: -scores[place])[:5]
    assert [each["student"] for each in answer["students"]] == order
    assert answer["employer"]["id"] == "E03"
    pairs = [(student, "E03") for student in asked]
    scored = made.score(ScoreRequest(pairs))["scores"]
    assert [each["unknown"] for each in scored] == [["home"] if at == 2 else [] for at in range(20)]
    for each in answer["students"]:
        assert scored[each["student"]]["score"] == pytest.approx(each["score"], abs=1e-6)
        assert each["score"] == pytest.approx(
            torch.tensor(scores[each["student"]]).sigmoid().item(), abs=1e-6
        )


@pytest.mark.parametrize("model", MODELS)
def test_a_field_is_worth_what_the_score_loses_without_it(model: str) -> None:
    made = recommender(model)
    answer = made.explain(ExplainRequest(STUDENT, "E06"))
    whole = logits(made, STUDENT)[6]
    of_student = {each["field"]: each["contribution"] for each in answer["student_fields"]}
    assert set(of_student) == {"college", "home", "grade_1", "grade_2", "grade_3"}
    for name, worth in of_student.items():
        without = {key: value for key, value in STUDENT.items() if key != name}
        assert worth == pytest.approx(whole - logits(made, without)[6], abs=1e-5)
    for each in answer["employer_fields"]:
        other = tuple({**row, each["field"]: None} if row["id"] == "E06" else row for row in made.employers)
        less = logits(replace(made, employers=other), STUDENT)[6]
        assert each["contribution"] == pytest.approx(whole - less, abs=1e-5)
    weights = [abs(each["contribution"]) for each in answer["student_fields"]]
    assert weights == sorted(weights, reverse=True)
    assert answer["rank"] == 1 + ids(made.recommend(RecommendRequest(STUDENT, 40))).index("E06")


@pytest.mark.parametrize("field", ["college", "grade_3"])
def test_a_counterfactual_does_what_it_says_and_only_by_a_field_that_one_can_change(field: str) -> None:
    made, found = recommender(schema=changeable(field)), []
    everyone = ids(made.recommend(RecommendRequest(STUDENT, 40)))
    for employer in everyone[5:]:
        change = made.explain(ExplainRequest(STUDENT, employer, 5))["counterfactual"]
        if change is not None:
            assert (change["field"], change["before"]) == (field, STUDENT[field])
            after = made.recommend(RecommendRequest({**STUDENT, field: change["after"]}, 5))
            assert ids(after).index(employer) + 1 == change["rank"]
            found.append(change)
    assert found
    assert made.explain(ExplainRequest(STUDENT, everyone[4], 5))["counterfactual"] is None


def test_the_counterfactual_is_the_least_of_all_changes() -> None:
    made = recommender(schema=changeable("grade_3"))
    encoder = made.encoders[0]
    sd, now = encoder.sd[encoder.side.numbers.index("grade_3")], STUDENT["grade_3"]
    for employer in ids(made.recommend(RecommendRequest(STUDENT, 40)))[5:]:
        change = made.explain(ExplainRequest(STUDENT, employer, 5))["counterfactual"]
        reached = [
            step
            for step in (0.25 * n for n in range(1, 13))
            for to in (now + step * sd, now - step * sd)
            if employer in ids(made.recommend(RecommendRequest({**STUDENT, "grade_3": to}, 5)))
        ]
        if not reached:
            assert change is None
        else:
            assert abs(change["after"] - now) == pytest.approx(min(reached) * sd, rel=0.05)


def test_a_field_that_is_not_known_is_worth_nothing() -> None:
    fields = recommender().explain(ExplainRequest({"home": "West", "college": "Alchemy"}, "E07"))
    worth = {each["field"]: each["contribution"] for each in fields["student_fields"]}
    assert [name for name, value in worth.items() if value] == ["home"]
    assert {each["field"]: each["contribution"] for each in fields["employer_fields"]}["city"] == 0


def test_intents_add_up_and_a_model_that_tells_none_says_none() -> None:
    intent = recommender().recommend(RecommendRequest(STUDENT))["intent"]
    assert set(intent) == {"abroad", "work"}
    assert sum(intent.values()) == pytest.approx(1)
    assert recommender("deepfm").recommend(RecommendRequest(STUDENT))["intent"] == {}


def test_a_value_that_training_never_saw_is_flagged_and_counts_as_not_known() -> None:
    made = recommender()
    strange = made.recommend(RecommendRequest({**STUDENT, "college": "Alchemy"}))
    without = made.recommend(RecommendRequest({key: STUDENT[key] for key in STUDENT if key != "college"}))
    assert (strange["unknown"], without["unknown"]) == (["college"], [])
    assert strange["employers"] == without["employers"]
    nothing = made.recommend(RecommendRequest({}))
    assert nothing["employers"] == made.recommend(RecommendRequest(dict.fromkeys(STUDENT)))["employers"]


@pytest.mark.parametrize(
    ("request_", "field", "said"),
    [
        (RecommendRequest({"colege": "Law"}), "student.colege", "did you mean college"),
        (RecommendRequest({"gender": "F"}), "student.gender", "is protected"),
        (RecommendRequest({"college": ["Law"]}), "student.college", "must be a text"),
        (RecommendRequest({"college": True}), "student.college", "must be a text"),
        (RecommendRequest({"college": 1.5}), "student.college", "must be a text"),
        (RecommendRequest({"grade_1": "80"}), "student.grade_1", "must be a number"),
        (RecommendRequest({"grade_1": True}), "student.grade_1", "must be a number"),
        (RecommendRequest({"grade_1": float("nan")}), "student.grade_1", "must be a number"),
        (RecommendRequest({"grade_1": 1e300}), "student.grade_1", "far from all that training saw"),
        (RecommendRequest({}, exclude=["E00", "E99"]), "exclude.1", "no employer 'E99'"),
        (RecommendRequest({}, where={"sector": ["Rail"]}), "where.sector", "no such field"),
        (RecommendRequest({}, where={"staff": ["10"]}), "where.staff", "no such field"),
        (RecommendRequest({}, where={"city": ["A", "C"]}), "where.city.1", "no employer has 'C'"),
        (ExplainRequest({}, "E99"), "employer", "no employer 'E99'"),
        (CandidatesRequest("E00", [{}, {"home": []}]), "students.1.home", "must be a text"),
        (CandidatesRequest("?", [{}]), "employer", "no employer"),
        (ScoreRequest([({}, "E00"), ({"age": 3}, "E00")]), "pairs.1.student.age", "no such field"),
        (ScoreRequest([({}, "E00"), ({}, "E99")]), "pairs.1.employer", "no employer 'E99'"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_named(request_: Any, field: str, said: str) -> None:
    made = recommender()
    asks = {
        RecommendRequest: made.recommend,
        ExplainRequest: made.explain,
        CandidatesRequest: made.candidates,
        ScoreRequest: made.score,
    }
    with pytest.raises(RequestError, match=said) as refused:
        asks[type(request_)](request_)  # type: ignore[operator]
    assert refused.value.field == field


def test_a_number_of_a_category_is_its_text() -> None:
    made = recommender()
    made = replace(
        made, encoders=(replace(made.encoders[0], vocabularies=(("2017",), ("East",))), made.encoders[1])
    )
    asked = [made.known({"college": value}, "student") for value in ("2017", 2017, 2017.0)]
    assert asked == [{"college": "2017"}] * 3


def test_a_model_that_may_see_protected_fields_is_asked_for_them() -> None:
    made = recommender(schema=replace(SCHEMA, use_protected=True))
    said = {
        each["field"]
        for each in made.explain(ExplainRequest({**STUDENT, "gender": "F"}, "E00"))["student_fields"]
    }
    assert "gender" in said


def test_where_a_baseline_ranks_another_model_tells_the_intents(tmp_path: Path) -> None:
    ranks, tells = recommender("fm"), recommender("rcjr")
    assert ranks.recommend(RecommendRequest(STUDENT, 3))["intent"] == {}
    both = replace(ranks, teller=tells.network)
    loaded = Recommender.load(sealed(tmp_path / "artefact", both))
    answer = loaded.recommend(RecommendRequest(STUDENT, 3))
    assert answer["intent"] == tells.recommend(RecommendRequest(STUDENT, 3))["intent"]
    assert ids(answer) == ids(ranks.recommend(RecommendRequest(STUDENT, 3)))


@pytest.mark.parametrize("model", MODELS)
def test_a_saved_recommender_answers_alike(tmp_path: Path, model: str) -> None:
    made = recommender(model)
    loaded = Recommender.load(sealed(tmp_path / "artefact", made))
    for student in students(3):
        asked = RecommendRequest(student, 9, ["E01"], {"city": ["B"]})
        assert loaded.recommend(asked) == made.recommend(asked)
        why = ExplainRequest(student, "E05", 3)
        assert loaded.explain(why) == made.explain(why)
    assert asdict(loaded.schema) == asdict(made.schema)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "card.json"])
def test_a_torn_artefact_is_refused(tmp_path: Path, name: str) -> None:
    folder = sealed(tmp_path / "artefact", recommender())
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1])
    with pytest.raises(UserError, match=rf"{name}: its sha256 is not the manifest's"):
        Recommender.load(folder)


def test_another_format_is_refused_by_its_number(tmp_path: Path) -> None:
    made = recommender()
    made.save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["network"]["format_version"] = 9
    for name in ("card", "lineage", "golden"):
        (tmp_path / f"{name}.json").write_text("{}")
    (tmp_path / "config.json").write_text(json.dumps(config))
    seal(tmp_path)
    with pytest.raises(UserError, match="format 9 of model rcjr"):
        Recommender.load(tmp_path)
