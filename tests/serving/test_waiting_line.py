"""Long answers wait their turn, few of them, and not for ever."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from threading import Event
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from serving.edge import edge
from serving.endpoint import Endpoint
from serving.settings import Settings
from tests.serving.served import RELEASE, ask, in_a_loop


class Blocking:
    """An endpoint whose answers wait for the test."""

    def __init__(self, **settings: Any) -> None:
        self.go, self.begun = Event(), 0
        slow = Endpoint(
            "POST", "/slow", "", "text/plain", self.answer, request="text/plain", slow=lambda _: True
        )
        quick = Endpoint("GET", "/quick", "", "text/plain", lambda _: b"quick")
        self.app: ASGIApp = edge([slow, quick], release=RELEASE, settings=Settings(**settings))

    def answer(self, asked: str) -> bytes:
        self.begun += 1
        assert self.go.wait(20)
        return asked.encode()

    async def until(self, **gauges: float) -> None:
        """Until the metrics say so."""
        wanted = {f"talentflow_{name} {value}" for name, value in gauges.items()}
        async with asyncio.timeout(10):
            while not wanted <= set((await asked(self.app, "GET", "/metrics")).text.splitlines()):  # noqa: ASYNC110
                await asyncio.sleep(0.005)


async def asked(app: ASGIApp, method: str, path: str, content: Any = None) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=20) as client:
        return await client.request(method, path, content=content, headers={"content-type": "text/plain"})


def slow(app: ASGIApp, content: Any) -> "asyncio.Task[httpx.Response]":
    return asyncio.create_task(asked(app, "POST", "/slow", content))


@pytest.fixture
def blocking() -> Iterator[Blocking]:
    made = Blocking(max_queue=2)
    yield made
    made.go.set()


def test_few_wait_and_the_next_is_told_to_come_back(blocking: Blocking) -> None:
    async def all_at_once() -> tuple[list[httpx.Response], httpx.Response]:
        answers = []
        for place in range(3):
            answers.append(slow(blocking.app, str(place)))
            await blocking.until(queue_length=float(place), requests_in_flight=place + 2.0)
        refused = await asked(blocking.app, "POST", "/slow", "3")
        assert (await asked(blocking.app, "GET", "/quick")).text == "quick"
        assert blocking.begun == 1
        blocking.go.set()
        return await asyncio.gather(*answers), refused

    answers, refused = in_a_loop(all_at_once())
    assert [each.text for each in answers] == ["0", "1", "2"]
    assert (refused.status_code, refused.json()["detail"]) == (503, "Too many requests wait already.")
    assert int(refused.headers["retry-after"]) >= 1
    assert ask(blocking.app, "POST", "/slow", content="4", headers={"content-type": "text/plain"}).text == "4"


def test_who_waits_too_long_is_told_so_and_gives_the_place_up() -> None:
    blocking = Blocking(max_queue=1, timeout=1)

    async def late() -> list[httpx.Response]:
        return await asyncio.gather(slow(blocking.app, "0"), slow(blocking.app, "1"))

    try:
        for answer in in_a_loop(late()):
            assert (answer.status_code, answer.json()["title"]) == (504, "Gateway Timeout")
            assert "retry-after" in answer.headers
        # The first cannot be stopped, the second never began.
        assert "talentflow_queue_length 0.0" in ask(blocking.app, "GET", "/metrics").text
        assert blocking.begun == 1
    finally:
        blocking.go.set()


def test_a_client_that_goes_away_gives_its_place_up(blocking: Blocking) -> None:
    async def leaving() -> list[dict[str, Any]]:
        first = slow(blocking.app, "0")
        await blocking.until(requests_in_flight=2.0)
        told, sent = asyncio.Queue[dict[str, Any]](), []
        told.put_nowait({"type": "http.request", "body": b"1"})
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/slow",
            "headers": [(b"content-type", b"text/plain")],
        }

        async def send(message: Any) -> None:
            sent.append(message)

        second = asyncio.create_task(blocking.app(scope, told.get, send))  # type: ignore[arg-type]
        await blocking.until(queue_length=1.0)
        told.put_nowait({"type": "http.disconnect"})
        await second
        await blocking.until(queue_length=0.0)
        blocking.go.set()
        assert (await first).text == "0"
        return sent

    assert in_a_loop(leaving()) == []
    assert blocking.begun == 1
    metrics = ask(blocking.app, "GET", "/metrics").text
    assert 'talentflow_requests_total{method="POST",path="/slow",status="499"} 1.0' in metrics


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def stalling() -> AsyncIterator[bytes]:
        yield b"half a"
        await asyncio.sleep(20)

    async def sending() -> httpx.Response:
        return await asked(Blocking(timeout=1).app, "POST", "/slow", stalling())

    answer = in_a_loop(sending())
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
