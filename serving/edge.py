"""The thin ASGI edge that every track is served through."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from pydantic import ValidationError
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from modules.errors import RequestError
from serving.body import Disconnected, parse, read_body
from serving.endpoint import Endpoint
from serving.invalid import invalid
from serving.problem import MEDIA_TYPE, Problem

MAX_BODY = 1_048_576
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", MEDIA_TYPE)
_NOSNIFF = (b"x-content-type-options", b"nosniff")


def edge(endpoints: Sequence[Endpoint], *, max_body: int = MAX_BODY) -> ASGIApp:
    """An ASGI app that answers the endpoints, and refuses everything else with a problem.

    Endpoints of one path stand together.
    """
    # One long answer at a time: several would share the interpreter, and each may hold 100 MB.
    limiter = CapacityLimiter(1)
    routes = [
        Route(path, _Path(tuple(group), max_body, limiter))
        for path, group in groupby(endpoints, key=lambda endpoint: endpoint.path)
    ]
    there = ", ".join(f"{endpoint.method} {endpoint.path.replace(':path', '')}" for endpoint in endpoints)

    async def nothing_here(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        await _refuse(send, Problem(404, f"Nothing is served at this path; there is {there}."))

    return Router(routes, default=nothing_here, redirect_slashes=False)


class _Path:
    """All endpoints of one path, as an ASGI app."""

    def __init__(self, endpoints: Sequence[Endpoint], max_body: int, limiter: CapacityLimiter) -> None:
        self.endpoints = {endpoint.method: endpoint for endpoint in endpoints}
        self.max_body, self.limiter = max_body, limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            endpoint = self._endpoint(scope["method"])
            asked = await self._asked(endpoint, scope, receive)
            if endpoint.slow(asked):
                body = await run_sync(endpoint.answer, asked, limiter=self.limiter)
            else:
                body = endpoint.answer(asked)
        except RequestError as error:
            await _refuse(send, Problem.of(error))
        except Problem as problem:
            await _refuse(send, problem)
        except Disconnected:
            pass
        else:
            await _send(send, 200, [_JSON], body)

    def _endpoint(self, method: str) -> Endpoint:
        found = self.endpoints.get("GET" if method == "HEAD" else method)  # type: ignore[call-overload]
        if found is None:
            allow = ", ".join([*self.endpoints, *(["HEAD"] if "GET" in self.endpoints else [])])
            raise Problem(405, f"This path takes {allow}.", headers=[(b"allow", allow.encode())])
        return found  # type: ignore[no-any-return]

    async def _asked(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Any:
        if endpoint.request is None:
            return next(iter(scope["path_params"].values()), None)
        content = parse(await read_body(scope, receive, self.max_body))
        try:
            return endpoint.request.model_validate(content)
        except ValidationError as error:
            raise invalid(error, endpoint.request) from error


async def _refuse(send: Send, problem: Problem) -> None:
    await _send(send, problem.status, [_PROBLEM, *problem.headers], problem.body())


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length, _NOSNIFF]})
    await send({"type": "http.response.body", "body": body})
