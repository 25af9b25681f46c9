"""What the edge refuses, and how: a 4xx with the path of what is wrong and what it may be."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from tests.serving.served import JSON, RELEASE, ask, forecast, in_a_loop, serve


@pytest.fixture(scope="module")
def served() -> ASGIApp:
    return serve(max_body=2_000)


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (status, answer.reason_phrase) or status in {413, 422}
    return problem  # type: ignore[no-any-return]


ROW = '{"period": "2021-01", "origin": "r00", "destination": "r01", "count": %s}'


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ('{"origin": "r0"}', "origin", "did you mean r02?"),
        ('{"destination": "Paris"}', "destination", "not a region"),
        ('{"origin": 7}', "origin", "valid string"),
        ('{"horizon": 3}', "horizon", "not in 1..2"),
        ('{"horizon": 0}', "horizon", "greater than or equal to 1"),
        ('{"horizon": "2"}', "horizon", "valid integer"),
        ('{"horizon": 1.5}', "horizon", "valid integer"),
        ('{"horizon": 1e400}', "horizon", "valid integer"),
        ('{"horizon": true}', "horizon", "valid integer"),
        ('{"horizon": NaN}', "horizon", "valid integer"),
        ('{"intervals": "yes"}', "intervals", "valid boolean"),
        ('{"intervals": 1}', "intervals", "valid boolean"),
        ('{"origni": "r00"}', "origni", "did you mean origin?"),
        ('{"flows": {}}', "flows", "array"),
        ('{"flows": [1]}', "flows.0", "object"),
        ('{"flows": [%s]}' % (ROW % "NaN"), "flows.0.count", "finite"),
        ('{"flows": [%s]}' % (ROW % "-Infinity"), "flows.0.count", "finite"),
        ('{"flows": [%s]}' % (ROW % "1e999"), "flows.0.count", "finite"),
        ('{"flows": [%s]}' % (ROW % ("9" * 400)), "flows.0.count", "valid number"),
        ('{"flows": [%s]}' % (ROW % "-1"), "flows.0.count", "greater than or equal to 0"),
        ('{"flows": [%s]}' % (ROW % '"5"'), "flows.0.count", "valid number"),
        (f'{{"flows": [{ROW % 1}, {ROW % 2}]}}', "flows.1", "given twice"),
        ('{"flows": [{"cuont": 1}]}', "flows.0.cuont", "did you mean count?"),
        ('{"flows": [{"count": 1}]}', "flows.0.period", "required"),
        ("[]", "", "object"),
        ("null", "", "object"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(served: ASGIApp, body: str, path: str, message: str) -> None:
    problem = refused(forecast(served, body.encode()), 422)
    assert message in {error["path"]: error["message"] for error in problem["errors"]}[path]


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ({"origin": "x"}, ["r00", "r01", "r02"]),
        ({"horizon": 9}, [1, 2]),
        ({"x": 1}, ["origin", "destination", "horizon", "intervals", "flows"]),
    ],
)
def test_what_a_field_may_be_is_listed(served: ASGIApp, body: dict[str, Any], allowed: list[object]) -> None:
    (error,) = refused(forecast(served, body), 422)["errors"]
    assert error["allowed"] == allowed
    assert error["allowed_count"] == len(allowed)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{'origin': 'r00'}", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"horizon": ' + b"9" * 1_900 + b"}", ""),
        (b"[" * 1_999, "recursion limit"),
        (b'{"a":' * 390, "not JSON"),
        (rb'{"origin": "\ud800"}', "hex escape"),
        (rb'{"\ud800": 1}', "hex escape"),
    ],
)
def test_what_is_no_json_is_refused(served: ASGIApp, body: bytes, detail: str) -> None:
    answer = forecast(served, body)
    assert answer.status_code in {400, 422}
    assert detail in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"origin": "r00", "origin": "r01"}', "origin"),
        (rb'{"origin": "r00", "\u006frigin": "r01"}', "origin"),
        (b'{"flows": [{"count": 1, "count": 2}]}', "count"),
    ],
)
def test_a_field_that_is_given_twice_is_named(served: ASGIApp, body: bytes, name: str) -> None:
    problem = refused(forecast(served, body), 400)
    assert problem["detail"] == "A field is given twice."
    assert [error["path"] for error in problem["errors"]] == [name]


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_another_media_type_is_refused(served: ASGIApp, media_type: str) -> None:
    answer = ask(served, "POST", "/forecast", content=b"{}", headers={"content-type": media_type})
    assert "application/json" in refused(answer, 415)["detail"]
    assert answer.headers["accept-post"] == "application/json"


def test_a_charset_beside_the_media_type_is_fine(served: ASGIApp) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert ask(served, "POST", "/forecast", content=b"{}", headers=headers).status_code == 200


class Endless:
    """A body that never ends, and knows how much of it was taken."""

    taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.taken += 1_000
            yield b" " * 1_000


def test_a_large_body_is_refused_before_it_is_read(served: ASGIApp) -> None:
    body = Endless()
    headers = {**JSON, "content-length": "2001"}
    refused(ask(served, "POST", "/forecast", content=body, headers=headers), 413)
    assert body.taken == 0


def test_a_large_body_that_does_not_say_so_is_refused_as_soon_as_it_is_too_large(served: ASGIApp) -> None:
    body = Endless()
    refused(forecast(served, body), 413)  # type: ignore[arg-type]
    assert body.taken == 3_000


def test_a_body_of_just_the_limit_is_read(served: ASGIApp) -> None:
    assert forecast(served, b"{}" + b" " * 1_998).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/forecast", "POST"),
        ("POST", "/regions", "GET, HEAD"),
        ("DELETE", "/regions/r00", "GET, HEAD"),
        ("OPTIONS", "/model", "GET, HEAD"),
        ("PROPFIND", "/openapi.json", "GET, HEAD"),
    ],
)
def test_another_method_is_refused(served: ASGIApp, method: str, path: str, allow: str) -> None:
    answer = ask(served, method, path)
    refused(answer, 405)
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/", "/forecast/", "/forecasts", "/docs", "//regions", "/regions/r00/x"])
def test_another_path_is_refused(served: ASGIApp, path: str) -> None:
    refused(ask(served, "GET", path), 404)


def test_a_refusal_stays_short_however_much_is_wrong() -> None:
    problem = refused(forecast(serve(), {f"{number:0500d}": 1 for number in range(1_000)}), 422)
    assert len(problem["errors"]) == 20
    assert problem["errors_count"] == 1_000
    assert len(str(problem)) < 20_000


def test_of_many_wrong_rows_the_first_is_named() -> None:
    problem = refused(forecast(serve(), {"flows": [1] * 100_000}), 422)
    assert [error["path"] for error in problem["errors"]] == ["flows.0"]


def test_every_answer_names_the_version(served: ASGIApp) -> None:
    for method, path in (("GET", "/regions"), ("GET", "/nothing"), ("PUT", "/model"), ("POST", "/forecast")):
        assert ask(served, method, path).headers["model-version"] == RELEASE.tag


def test_head_is_answered_like_get_without_a_body(served: ASGIApp) -> None:
    head, got = ask(served, "HEAD", "/regions"), ask(served, "GET", "/regions")
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "x-request-id": ""} == {**got.headers, "x-request-id": ""}
    assert got.headers["x-content-type-options"] == "nosniff"


def test_a_client_that_goes_away_is_not_answered(served: ASGIApp) -> None:
    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/forecast",
        "headers": [(b"content-type", b"application/json")],
    }
    in_a_loop(served(scope, receive, send))  # type: ignore[arg-type]
    assert sent == []
