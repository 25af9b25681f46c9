"""The thin ASGI edge that every track is served through."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from pydantic import BaseModel, ValidationError
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from modules.errors import RequestError
from serving.body import MEDIA_TYPE as JSON
from serving.body import Disconnected, parse, parse_query, read_body, text
from serving.endpoint import Endpoint
from serving.invalid import invalid
from serving.problem import MEDIA_TYPE, Problem
from serving.settings import MAX_BODY

_PROBLEM = (b"content-type", MEDIA_TYPE)


def edge(endpoints: Sequence[Endpoint], *, version: str, max_body: int = MAX_BODY) -> ASGIApp:
    """An ASGI app that answers the endpoints, and refuses everything else with a problem.

    Args:
        endpoints: what is served; those of one path stand together.
        version: what answers; every response names it in its header `model-version`.
        max_body: largest body of a request, bytes.
    """
    reply = _Reply(version)
    # One long answer at a time: several would share the interpreter, and each holds its whole matrix.
    limiter = CapacityLimiter(1)
    routes = [
        Route(path, _Path(tuple(group), max_body, limiter, reply))
        for path, group in groupby(endpoints, key=lambda endpoint: endpoint.path)
    ]
    there = ", ".join(f"{endpoint.method} {endpoint.path.replace(':path', '')}" for endpoint in endpoints)

    async def nothing_here(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await reply.refuse(send, Problem(404, f"Nothing is served at this path; there is {there}."))

    return Router(routes, default=nothing_here, redirect_slashes=False)


class _Path:
    """All endpoints of one path, as an ASGI app."""

    def __init__(
        self, endpoints: Sequence[Endpoint], max_body: int, limiter: CapacityLimiter, reply: "_Reply"
    ) -> None:
        self.endpoints: dict[str, Endpoint] = {endpoint.method: endpoint for endpoint in endpoints}
        self.max_body, self.limiter, self.reply = max_body, limiter, reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            endpoint = self._endpoint(scope["method"])
            asked = await self._asked(endpoint, scope, receive)
            if endpoint.slow(asked):
                body = await run_sync(endpoint.answer, asked, limiter=self.limiter)
            else:
                body = endpoint.answer(asked)
        except RequestError as error:
            await self.reply.refuse(send, Problem.of(error))
        except Problem as problem:
            await self.reply.refuse(send, problem)
        except Disconnected:
            pass
        else:
            await self.reply.send(send, 200, [_content_type(endpoint), *endpoint.headers], body)

    def _endpoint(self, method: str) -> Endpoint:
        found = self.endpoints.get("GET" if method == "HEAD" else method)
        if found is None:
            allow = ", ".join([*self.endpoints, *(["HEAD"] if "GET" in self.endpoints else [])])
            raise Problem(405, f"This path takes {allow}.", headers=[(b"allow", allow.encode())])
        return found

    async def _asked(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Any:
        asked = await self._content(endpoint, scope, receive)
        if endpoint.query is None:
            return asked
        given = parse_query(scope["query_string"])
        return _validated(endpoint.query, given, endpoint.query.model_validate_strings), asked

    async def _content(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> Any:
        request = endpoint.request
        if request is None:
            return next(iter(scope["path_params"].values()), None)
        if isinstance(request, str):
            return text(await read_body(scope, receive, self.max_body, request))
        content = parse(await read_body(scope, receive, self.max_body))
        return _validated(request, content, request.model_validate)


def _validated(message: type[BaseModel], content: Any, validate: Callable[[Any], Any]) -> Any:
    try:
        return validate(content)
    except ValidationError as error:
        raise invalid(error, message) from error


def _content_type(endpoint: Endpoint) -> tuple[bytes, bytes]:
    kind = f"{endpoint.response}; charset=utf-8" if isinstance(endpoint.response, str) else JSON
    return b"content-type", kind.encode()


class _Reply:
    """Sends answers, each with the headers that all have."""

    def __init__(self, version: str) -> None:
        self.common = ((b"model-version", version.encode()), (b"x-content-type-options", b"nosniff"))

    async def refuse(self, send: Send, problem: Problem) -> None:
        await self.send(send, problem.status, [_PROBLEM, *problem.headers], problem.body())

    async def send(self, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        length = (b"content-length", b"%d" % len(body))
        everything = [*headers, length, *self.common]
        await send({"type": "http.response.start", "status": status, "headers": everything})
        await send({"type": "http.response.body", "body": body})
