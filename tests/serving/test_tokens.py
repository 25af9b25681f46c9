"""Where tokens are set, every request but that of a page carries one."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from starlette.types import ASGIApp

from tests.serving.recommendation import served as recommendation
from tests.serving.served import ask, serve

TOKENS = ("the-token-of-one-client", "the-token-of-another")


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def served() -> ASGIApp:
    return serve(tokens=TOKENS)


@pytest.mark.parametrize("path", ["/regions", "/regions/r00", "/model", "/openapi.json", "/metrics"])
def test_a_request_without_a_token_is_refused(served: ASGIApp, path: str) -> None:
    for headers, asked in (
        ({}, 'Bearer realm="talentflow"'),
        ({"authorization": f"Basic {TOKENS[0]}"}, 'Bearer realm="talentflow"'),
        (bearer(""), 'Bearer realm="talentflow", error="invalid_token"'),
        (bearer(TOKENS[0][:-1]), 'Bearer realm="talentflow", error="invalid_token"'),
        (bearer(",".join(TOKENS)), 'Bearer realm="talentflow", error="invalid_token"'),
    ):
        answer = ask(served, "GET", path, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (401, 401)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == asked
    for token in TOKENS:
        assert ask(served, "GET", path, headers=bearer(token)).status_code == 200
    assert ask(served, "GET", path, headers={"authorization": f"bearer  {TOKENS[0]}"}).status_code == 200


def test_a_stranger_is_not_told_what_is_wrong_with_the_request(served: ASGIApp) -> None:
    assert ask(served, "DELETE", "/forecast").status_code == 401
    assert ask(served, "POST", "/forecast", content=b"{").status_code == 401


def test_a_page_is_open_and_its_questions_are_not(tmp_path: Path) -> None:
    served = recommendation.serve(tmp_path, tokens=TOKENS)
    assert ask(served, "GET", "/").status_code == 200
    assert ask(served, "GET", "/schema").status_code == 401


def test_the_document_says_that_a_token_is_needed_only_where_one_is(served: ASGIApp) -> None:
    secured = ask(served, "GET", "/openapi.json", headers=bearer(TOKENS[0])).json()
    assert secured["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert secured["security"] == [{"token": []}]
    operations = [each for path in secured["paths"].values() for each in path.values()]
    assert all("401" in each["responses"] for each in operations)
    open_to_all = ask(serve(), "GET", "/openapi.json").text
    assert "securitySchemes" not in open_to_all
    assert '"401"' not in open_to_all


schema = schemathesis.openapi.from_asgi(
    "/openapi.json", serve("dhg_sil", tokens=TOKENS), headers=bearer(TOKENS[0])
)


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_documents_what_a_stranger_is_told(case: schemathesis.Case) -> None:
    accepting = CHECKS.get_by_names(["positive_data_acceptance"])
    answer = case.call()
    assert answer.status_code == 401
    case.validate_response(answer, excluded_checks=accepting)
