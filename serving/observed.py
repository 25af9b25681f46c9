"""A request seen from outside: its id, its line in the log, its place in the metrics."""

import os
import re
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.metrics import Metrics
from serving.problem import Problem
from serving.reply import Reply
from serving.request_log import where, write_line

ELSEWHERE = "other"
"""In log and metrics: a path that is not served, a method that HTTP does not name."""
_UNANSWERED = 499
"""The status, in log and metrics alone, of a request whose client went away."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Observed:
    """An ASGI app of one path, observed.

    Neither log nor metrics know more of a request than its method, its path as OpenAPI writes it, sizes, time
    and status: what was asked may be about a person.
    """

    def __init__(self, app: ASGIApp, path: str, metrics: Metrics, reply: Reply, *, log: bool) -> None:
        self.app, self.path, self.metrics, self.reply, self.log = app, path, metrics, reply, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        start = perf_counter()
        name = request_id(scope)
        status, taken, given = _UNANSWERED, 0, 0

        async def received() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            nonlocal status, given
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", name)]
            else:
                given += len(message["body"])
            await send(message)

        failed: dict[str, object] = {}
        self.metrics.in_flight += 1
        try:
            await self.app(scope, received, sent)
        except Exception as error:  # noqa: BLE001 - the server would log its message, and the message may quote a row
            failed = where(error)
            if status == _UNANSWERED:
                await self.reply.refuse(
                    sent, Problem(500, "This is a mistake of the server's; its log has more.")
                )
        finally:
            self.metrics.in_flight -= 1
            seconds = perf_counter() - start
            method = scope["method"] if scope["method"] in _METHODS else ELSEWHERE
            self.metrics.seen(method, self.path, status, seconds)
            if self.log:
                write_line(
                    {
                        "request": name.decode(),
                        "method": method,
                        "path": self.path,
                        "status": status,
                        "ms": round(1000 * seconds, 3),
                        "in": taken,
                        "out": 0 if method == "HEAD" else given,
                        "model": self.reply.version,
                        **failed,
                    }
                )


def request_id(scope: Scope) -> bytes:
    """The request's own X-Request-Id if it is short and plain, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE.fullmatch(value):
            return bytes(value)
    return os.urandom(8).hex().encode()
