"""The recommendation track's interface, asked in process."""

import csv
import io
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from modules.artefact import MANIFEST, sha256_of
from modules.recommendation.request import ExplainRequest, RecommendRequest
from tests.modules.recommendation.small import STUDENT, recommender, students
from tests.serving.recommendation.served import RELEASE, serve
from tests.serving.served import ask, post


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> ASGIApp:
    return serve(tmp_path_factory.mktemp("served"))


def shortlist(served: ASGIApp, text: str, query: str = "") -> httpx.Response:
    return ask(
        served, "POST", f"/shortlist{query}", content=text.encode(), headers={"content-type": "text/csv"}
    )


def errors(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["errors"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("model", ["rcjr", "deepfm"])
def test_it_answers_as_the_recommender_does(tmp_path: Path, model: str) -> None:
    served, made = serve(tmp_path, model), recommender(model)
    asked = {"student": STUDENT, "k": 4, "exclude": ["E05"], "where": {"city": ["A", "B"]}}
    answer = post(served, "/recommend", asked)
    assert answer.status_code == 200
    assert answer.headers["model-version"] == RELEASE.tag
    assert answer.json() == {"model": RELEASE.tag, **made.recommend(RecommendRequest(**asked))}  # type: ignore[arg-type]
    why = {"student": STUDENT, "employer": "E30", "k": 3}
    assert post(served, "/explain", why).json() == {
        "model": RELEASE.tag,
        **made.explain(ExplainRequest(**why)),  # type: ignore[arg-type]
    }


def test_why_not_gives_what_would_bring_an_employer_into_the_list(served: ASGIApp) -> None:
    everyone = [
        each["id"] for each in post(served, "/recommend", {"student": STUDENT, "k": 40}).json()["employers"]
    ]
    changes = [
        post(served, "/explain", {"student": STUDENT, "employer": each, "k": 5}).json() for each in everyone
    ]
    assert [each["rank"] for each in changes] == list(range(1, 41))
    assert not any(each["counterfactual"] for each in changes[:5])
    found = [(each["employer"]["id"], each["counterfactual"]) for each in changes if each["counterfactual"]]
    assert found
    for employer, change in found:
        after = {**STUDENT, change["field"]: change["after"]}
        listed = post(served, "/recommend", {"student": after, "k": 5}).json()["employers"]
        assert listed[change["rank"] - 1]["id"] == employer


def test_scores_and_candidates_go_by_the_same_model(served: ASGIApp) -> None:
    asked = students(12)
    best = post(served, "/candidates", {"employer": "E07", "students": asked, "k": 3}).json()
    pairs = [{"student": each, "employer": "E07"} for each in asked]
    scores = [each["score"] for each in post(served, "/score", {"pairs": pairs}).json()["scores"]]
    assert [each["student"] for each in best["students"]] == sorted(range(12), key=lambda at: -scores[at])[:3]


def test_a_shortlist_is_every_students_list(served: ASGIApp) -> None:
    table = '\ufeffstudent_id,gender,college,grade_1,intent\r\n"Li, Na",F,Law,70.5,work\r\ns2,M,Alchemy,,\r\n'
    answer = shortlist(served, table, "?k=2")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    alone = post(served, "/recommend", {"student": {"college": "Law", "grade_1": 70.5}, "k": 2}).json()
    assert [(row["student"], row["rank"], row["employer"]) for row in rows[:2]] == [
        ("Li, Na", str(each["rank"]), each["id"]) for each in alone["employers"]
    ]
    assert [(row["student"], row["unknown"]) for row in rows[2:]] == [("s2", "college")] * 2
    assert len(shortlist(served, "college\nLaw\nArts\n").text.splitlines()) == 21
    assert shortlist(served, "college\nLaw\n").text.splitlines()[1].startswith("1,1,")


@pytest.mark.parametrize(
    ("text", "query", "path", "said"),
    [
        ("colege\nLaw\n", "", "header.0", "did you mean college"),
        ("college,college\nLaw,Law\n", "", "header.1", "given twice"),
        ("", "", "header", "names no field"),
        ("student_id\n1\n", "", "header", "names no field"),
        ("grade_1\n70\nhigh\n", "", "rows.1.grade_1", "must be a number"),
        ("grade_1\nnan\n", "", "rows.0.grade_1", "must be a number"),
        ("college,home\nLaw\n", "", "rows.0", "has 1 cells, the header 2"),
        ("college\n" + "Law\n" * 5_001, "", "rows", "at most 5000"),
        ("college\nLaw\n", "?k=0", "k", "greater than or equal to 1"),
        ("college\nLaw\n", "?k=two", "k", "valid integer"),
        ("college\nLaw\n", "?top=3", "top", "no such field"),
    ],
)
def test_a_wrong_shortlist_is_named(served: ASGIApp, text: str, query: str, path: str, said: str) -> None:
    (error,) = errors(shortlist(served, text, query))
    assert error["path"] == path
    assert said in error["message"]


def test_what_is_no_csv_is_refused(served: ASGIApp) -> None:
    assert shortlist(served, 'college\n"Law').status_code == 400
    latin = {"content": "college\nDroit é\n".encode("latin-1"), "headers": {"content-type": "text/csv"}}
    assert ask(served, "POST", "/shortlist", **latin).status_code == 400
    assert post(served, "/shortlist", {}).status_code == 415
    assert shortlist(served, "college\nLaw\n", "?k=1&k=2").status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/recommend", {}, "student"),
        ("/recommend", {"student": {"grade_1": "80"}}, "student.grade_1"),
        ("/recommend", {"student": {"gender": "F"}}, "student.gender"),
        ("/recommend", {"student": {"college": ["Law"]}}, "student.college"),
        ("/recommend", {"student": [], "k": 3}, "student"),
        ("/recommend", {"student": {}, "k": 1001}, "k"),
        ("/recommend", {"student": {}, "kk": 3}, "kk"),
        ("/recommend", {"student": {}, "exclude": ["E00", "E77"]}, "exclude.1"),
        ("/recommend", {"student": {}, "where": {"city": "A"}}, "where.city"),
        ("/recommend", {"student": {}, "where": {"city": ["A", "Z"]}}, "where.city.1"),
        ("/explain", {"student": {}, "employer": "E77"}, "employer"),
        ("/candidates", {"employer": "E01", "students": []}, "students"),
        ("/candidates", {"employer": "E01", "students": [{}] * 1001}, "students"),
        ("/candidates", {"employer": "E01", "students": [{}, {"age": 1}]}, "students.1.age"),
        ("/score", {"pairs": [{"student": {}, "employer": "E01"}] * 1001}, "pairs"),
        ("/score", {"pairs": [{"student": {"home": {}}, "employer": "E01"}]}, "pairs.0.student.home"),
        ("/score", {"pairs": [{"student": {}, "employer": "E01", "x": 1}]}, "pairs.0.x"),
    ],
)
def test_a_wrong_request_names_its_field(
    served: ASGIApp, path: str, body: dict[str, Any], field: str
) -> None:
    assert [error["path"] for error in errors(post(served, path, body))] == [field]


def test_a_body_is_bounded(tmp_path: Path) -> None:
    served = serve(tmp_path, max_body=200)
    assert post(served, "/recommend", {"student": {"college": "x" * 300}}).status_code == 413
    assert shortlist(served, "college\n" + "Law\n" * 100).status_code == 413


def test_the_schema_tells_what_may_be_asked_and_leaves_protected_fields_out(served: ASGIApp) -> None:
    found = ask(served, "GET", "/schema").json()
    assert [field["name"] for field in found["students"]] == [
        "college",
        "home",
        "grade_1",
        "grade_2",
        "grade_3",
    ]
    by_name = {field["name"]: field for field in found["students"]}
    assert by_name["college"]["values"] == ["Arts", "Law", "Science"]
    assert by_name["grade_3"]["kind"] == "sequence"
    assert [name for name, field in by_name.items() if field["changeable"]] == ["college", "grade_3"]
    assert (found["use_protected"], found["intents"], found["employer_count"]) == (
        False,
        ["abroad", "work"],
        40,
    )
    assert found["employer_ids"][:2] == ["E00", "E01"]
    industry = next(field for field in found["employers"] if field["name"] == "industry")
    assert industry["values"] == ["Banking", "Rail", "Software"]
    for value in industry["values"]:
        assert post(served, "/recommend", {"student": {}, "where": {"industry": [value]}}).status_code == 200


def test_the_model_tells_its_version(served: ASGIApp, tmp_path: Path) -> None:
    serve(tmp_path)
    found = ask(served, "GET", "/model").json()
    assert (found["model"], found["run"], found["version"]) == (RELEASE.tag, "grads", 2)
    assert found["manifest"] == sha256_of(tmp_path / "rcjr" / MANIFEST)


def test_nothing_of_a_student_is_logged(served: ASGIApp, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        post(served, "/recommend", {"student": {"college": "Sekret"}})
        post(served, "/recommend", {"student": {"college": ["Sekret"]}})
        shortlist(served, "student_id,college\nSekret,Law\n")
    assert "Sekret" not in caplog.text


def test_the_document_is_of_this_model_and_its_examples_are_answers(served: ASGIApp) -> None:
    document = ask(served, "GET", "/openapi.json").json()
    posts = {path: each["post"] for path, each in document["paths"].items() if "post" in each}
    assert set(posts) == {"/recommend", "/explain", "/candidates", "/score", "/shortlist"}
    assert set(document["paths"]) - set(posts) == {"/schema", "/model"}
    schemas = document["components"]["schemas"]
    assert schemas["Employer"]["enum"][0] == "E00"
    assert set(schemas["Student"]["properties"]) == {"college", "home", "grade_1", "grade_2", "grade_3"}
    for path, operation in posts.items():
        (media, content), *_ = operation["requestBody"]["content"].items()
        ((title, example),) = content["examples"].items()
        said = operation["responses"]["200"]["content"][media]["examples"][title]["value"]
        if media == "text/csv":
            assert shortlist(served, example["value"]).text == said
        else:
            assert post(served, path, example["value"]).json() == said
