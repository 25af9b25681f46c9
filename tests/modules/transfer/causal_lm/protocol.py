"""A real server on loopback that speaks the OpenAI protocol, and misbehaves when it is told to."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from modules.transfer.passage import Passage

PASSAGE = Passage("Rain fell. Ana Costa moved from Lisbon to Oslo in May 2015.")
ANSWER: dict[str, Any] = {
    "circulation": True,
    "subject": "Ana Costa",
    "origin": "Lisbon",
    "destination": "Oslo",
    "time": "May 2015",
    "origin_country": "Portugal",
    "destination_country": None,
}
NO = {**dict.fromkeys(ANSWER), "circulation": False}


Reply = Callable[[dict[str, Any]], Response]


class Server:
    """Replies in the order of `replies`, the last for ever; keeps what it was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.url = ""

    async def complete(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append((dict(request.headers), body))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return await asyncio.to_thread(reply, body)


def says(content: Any) -> Reply:
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": text}
    whole = {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "tiny",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    return lambda _body: JSONResponse(whole)


def fails(status: int) -> Reply:
    return lambda _body: JSONResponse({"error": {"message": "no"}}, status, headers={"retry-after-ms": "10"})


@contextmanager
def serving() -> Iterator[Server]:
    """The server while it runs."""
    served = Server()
    app = Starlette(routes=[Route("/v1/chat/completions", served.complete, methods=["POST"])])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        served.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join()
