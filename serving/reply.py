"""How the edge answers."""

from starlette.types import Send

from serving.problem import MEDIA_TYPE, Problem

_PROBLEM = (b"content-type", MEDIA_TYPE)


class Reply:
    """Sends answers, each with the headers that all have."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.common = ((b"model-version", version.encode()), (b"x-content-type-options", b"nosniff"))

    async def refuse(self, send: Send, problem: Problem) -> None:
        """Send a problem."""
        await self.send(send, problem.status, [_PROBLEM, *problem.headers], problem.body())

    async def send(self, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Send an answer."""
        length = (b"content-length", b"%d" % len(body))
        everything = [*headers, length, *self.common]
        await send({"type": "http.response.start", "status": status, "headers": everything})
        await send({"type": "http.response.body", "body": body})
