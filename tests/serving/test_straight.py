from collections import Counter
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.straight import go_straight


class TimeoutMiddleware:
    """Named as BentoML's; counts what passes."""

    def __init__(self, app: ASGIApp, passed: Counter[str]) -> None:
        self.app, self.passed = app, passed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.passed[scope["path"]] += 1
        await self.app(scope, receive, send)


class CORSMiddleware(TimeoutMiddleware):
    """Named as Starlette's."""


async def ours(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"ours {scope['path']}")(scope, receive, send)


def ready(_request: Request) -> Response:
    return PlainTextResponse("ready")


def asked(*paths: str, middleware: type[Any]) -> tuple[bool, list[str], Counter[str]]:
    """Whether the way is straight, the answers, and what the middleware saw after that was tried."""
    passed: Counter[str] = Counter()
    outer = Starlette(
        routes=[Route("/readyz", ready), Mount("/", app=ours), Route("/", ready)],
        middleware=[Middleware(middleware, passed=passed)],
    )

    client = TestClient(outer)
    client.get("/first")
    passed.clear()
    straight = go_straight(outer, ours)
    return straight, [client.get(path).text for path in paths], passed


def test_requests_go_past_the_middleware_and_the_outer_apps_own_endpoints_stay_its_own() -> None:
    straight, answers, passed = asked("/score", "/", "/readyz", middleware=TimeoutMiddleware)
    assert straight
    assert answers == ["ours /score", "ours /", "ready"]
    assert passed == {"/readyz": 1}


def test_middleware_that_a_user_asked_for_is_not_passed_by() -> None:
    straight, answers, passed = asked("/score", "/readyz", middleware=CORSMiddleware)
    assert not straight
    assert answers == ["ours /score", "ready"]
    assert passed == {"/score": 1, "/readyz": 1}


def test_an_app_that_has_not_started_is_left_as_it_is() -> None:
    outer = Starlette(routes=[Mount("/", app=ours)])
    assert not go_straight(outer, ours)
    assert outer.middleware_stack is None
