"""A service at half of what it can do, while its clients misbehave and its worker is killed."""

import json
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from pipelines.ports import free_port
from tests.conftest import serving

pytestmark = pytest.mark.slow
WARM_UP = 2.0
MAX_GROWTH = 0.05


class Clients:
    """Two that ask at a fixed rate and know the answers, and one that does all that a client should not."""

    def __init__(self, url: str, golden: list[dict[str, Any]], tag: str) -> None:
        self.url = httpx.URL(url)
        self.asked = [(pair["request"], {**pair["response"], "model": tag}) for pair in golden]
        self.right, self.wrong = 0, list[str]()
        self.failed: list[tuple[float, str]] = []
        self.refused: Counter[int] = Counter()
        self.ended = threading.Event()
        self._lock = threading.Lock()

    def peak(self, seconds: float) -> float:
        """Answers a second to one client that asks without a pause."""
        count, end = 0, time.monotonic() + seconds
        with httpx.Client(base_url=self.url) as client:
            while time.monotonic() < end:
                client.post("/forecast", json=self.asked[count % len(self.asked)][0]).raise_for_status()
                count += 1
        return count / seconds

    def ask(self, rate: float, seed: int) -> None:
        """Ask at a rate until the end; late requests are not made up for."""
        draw = random.Random(seed)  # noqa: S311 - which question comes next
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not self.ended.wait(draw.expovariate(rate)):
                question, expected = draw.choice(self.asked)
                try:
                    answer = client.post("/forecast", json=question)
                except httpx.HTTPError as error:
                    with self._lock:
                        self.failed.append((time.monotonic(), repr(error)))
                    continue
                with self._lock:
                    if answer.status_code != httpx.codes.OK:
                        self.failed.append((time.monotonic(), str(answer.status_code)))
                    elif answer.json() == expected:
                        self.right += 1
                    else:
                        self.wrong.append(answer.text[:200])

    def misbehave(self) -> None:
        """Too much, nonsense, half a request, and nobody there for the answer, one after the other."""
        faults: list[Callable[[], int]] = [self._too_much, self._nonsense, self._half, self._gone]
        at = 0
        while not self.ended.wait(0.25):
            try:
                self.refused[faults[at % len(faults)]()] += 1
            except (httpx.HTTPError, OSError):
                self.refused[0] += 1  # the worker was being killed
            at += 1

    def _too_much(self) -> int:
        return httpx.post(self.url.join("/forecast"), json={"origin": "x" * 2_000_000}).status_code

    def _nonsense(self) -> int:
        headers = {"content-type": "application/json"}
        return httpx.post(self.url.join("/forecast"), content=b'{"horizon": NaN', headers=headers).status_code

    def _half(self) -> int:
        with socket.create_connection((self.url.host, self.url.port or 80), timeout=5) as held:
            held.sendall(b"POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
            self.ended.wait(0.5)
        return 0

    def _gone(self) -> int:
        body = json.dumps({"horizon": 1}).encode()
        with socket.create_connection((self.url.host, self.url.port or 80), timeout=5) as left:
            head = b"POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            left.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return 0


def worker(url: str) -> psutil.Process:
    """The process that answers."""
    port = httpx.URL(url).port
    (found,) = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "_bentoml_impl.worker.service" in (process.info["cmdline"] or ())
        and any(c.laddr.port == port for c in process.net_connections("inet") if c.status == "LISTEN")
    ]
    return found


def memory(process: psutil.Process) -> int:
    return int(process.memory_full_info().uss)


@pytest.mark.parametrize("seconds", [pytest.param(600, marks=pytest.mark.drill, id="ten minutes"), 12])
def test_half_its_load_with_misbehaving_clients_and_a_killed_worker(
    built: Path, seconds: int, record_property: Callable[[str, object], None]
) -> None:
    golden = json.loads((built / "runs/tiny/artefact/golden.json").read_text(encoding="utf-8"))
    with serving(built, "tiny", free_port()) as url:
        tag = httpx.get(f"{url}/model").json()["model"]
        clients = Clients(url, golden, tag)
        clients.peak(WARM_UP)
        peak = clients.peak(WARM_UP)
        threads = [
            threading.Thread(target=clients.ask, args=(peak / 4, 1)),
            threading.Thread(target=clients.ask, args=(peak / 4, 2)),
            threading.Thread(target=clients.misbehave),
        ]
        for thread in threads:
            thread.start()
        try:
            time.sleep(seconds / 4)
            killed, at = worker(url), time.monotonic()
            os.kill(killed.pid, signal.SIGKILL)
            _wait_until_ready(url)
            ready = time.monotonic()
            time.sleep(seconds / 4)
            second = worker(url)
            before = memory(second)
            time.sleep(seconds / 2)
            after = memory(second)
        finally:
            clients.ended.set()
            for thread in threads:
                thread.join()
    record_property("answers", clients.right)
    record_property("failed while the worker was being replaced", len(clients.failed))
    record_property("% growth of memory", round(100 * (after / before - 1), 1))
    assert second.pid != killed.pid
    assert clients.right > seconds
    assert clients.wrong == []
    assert [each for each in clients.failed if not at <= each[0] <= ready + 1] == []
    assert after < before * (1 + MAX_GROWTH)
    assert {413, 400} <= set(clients.refused) <= {0, 400, 413, 422, 503}


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail("no worker takes the place of the killed one")
