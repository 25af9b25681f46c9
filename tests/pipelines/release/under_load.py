"""Somebody who asks without a pause while something happens to the server."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby

import httpx


class Client:
    """What every answer was, and which version gave it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.statuses: list[int | str] = []
        self.tags: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    @property
    def order(self) -> list[str]:
        """Versions in the order in which they answered, each stretch once."""
        return [tag for tag, _ in groupby(self.tags)]

    def wait_for(self, tag: str, seconds: float = 60) -> bool:
        """Whether a version answers before the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.tags[-1:] == [tag]:
                return True
            time.sleep(0.1)
        return False

    def _ask(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not self._ended.is_set():
                try:
                    answer = client.post("/forecast", json={"horizon": 1})
                except httpx.HTTPError as error:
                    self.statuses.append(repr(error))
                    continue
                self.statuses.append(answer.status_code)
                self.tags.append(answer.headers["model-version"])
                time.sleep(0.02)


@contextmanager
def asking(url: str) -> Iterator[Client]:
    """A client that asks until the block ends."""
    client = Client(url)
    client._thread.start()
    try:
        yield client
    finally:
        client._ended.set()
        client._thread.join(60)
