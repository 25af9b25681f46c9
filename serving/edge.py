"""The thin ASGI edge that every track is served through."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from modules.errors import RequestError
from serving.body import MEDIA_TYPE as JSON
from serving.body import Disconnected, parse, parse_query, read_body, text
from serving.endpoint import Endpoint
from serving.invalid import invalid
from serving.metrics import MEDIA_TYPE as METRICS
from serving.metrics import Metrics
from serving.observed import ELSEWHERE, Observed
from serving.problem import Problem
from serving.release import Release
from serving.reply import Reply
from serving.settings import PLAIN, Settings
from serving.tokens import Tokens
from serving.waiting_line import WaitingLine


def edge(endpoints: Sequence[Endpoint], *, release: Release, settings: Settings = PLAIN) -> ASGIApp:
    """An ASGI app that answers the endpoints and `/metrics`, and refuses everything else with a problem.

    Args:
        endpoints: what is served; those of one path stand together.
        release: what answers; every response names it in its header `model-version`.
        settings: the limits, and who may ask.
    """
    reply, tokens, line = Reply(release.tag), Tokens(settings.tokens), WaitingLine(settings.max_queue)
    metrics = Metrics(release, line)
    endpoints = [
        *endpoints,
        Endpoint("GET", "/metrics", "Counts for Prometheus.", METRICS, lambda _: metrics.page()),
    ]
    observed = partial(Observed, metrics=metrics, reply=reply, log=settings.log)
    routes = [
        Route(path, observed(_Path(tuple(group), settings, tokens, line, reply), path.replace(":path", "")))
        for path, group in groupby(endpoints, key=lambda endpoint: endpoint.path)
    ]
    there = ", ".join(f"{endpoint.method} {endpoint.path.replace(':path', '')}" for endpoint in endpoints)

    async def nothing_here(_scope: Scope, _receive: Receive, send: Send) -> None:
        await reply.refuse(send, Problem(404, f"Nothing is served at this path; there is {there}."))

    nothing = observed(nothing_here, ELSEWHERE)

    async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await nothing(scope, receive, send)

    return Router(routes, default=elsewhere, redirect_slashes=False)


class _Path:
    """All endpoints of one path, as an ASGI app."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        settings: Settings,
        tokens: Tokens,
        line: WaitingLine,
        reply: Reply,
    ) -> None:
        self.endpoints: dict[str, Endpoint] = {endpoint.method: endpoint for endpoint in endpoints}
        self.max_body, self.timeout = settings.max_body, settings.timeout
        self.tokens = Tokens(()) if any(endpoint.public for endpoint in endpoints) else tokens
        self.line, self.reply = line, reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self.tokens.demand(scope)
            endpoint = self._endpoint(scope["method"])
            body = await self._answer(endpoint, scope, receive)
        except RequestError as error:
            await self.reply.refuse(send, Problem.of(error))
        except Problem as problem:
            await self.reply.refuse(send, problem)
        except Disconnected:
            pass
        else:
            await self.reply.send(send, 200, [_content_type(endpoint), *endpoint.headers], body)

    async def _answer(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> bytes:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.timeout
        try:
            async with asyncio.timeout_at(end):
                asked = await self._asked(endpoint, scope, receive)
        except TimeoutError as error:
            said = f"The body was not whole after {self.timeout} s."
            raise Problem(408, said, headers=[(b"connection", b"close")]) from error
        if endpoint.slow(asked):
            return await self.line.answer(partial(endpoint.answer, asked), receive, end - loop.time())
        return endpoint.answer(asked)

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
