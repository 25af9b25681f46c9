"""A client that loads one server and measures it: closed loop, and at a constant rate."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import psutil
import uvloop

CONCURRENCY = (1, 8)
WARM_UP = 500
TRIES, DISTURBED = 6, 0.05


@dataclass(frozen=True)
class Measured:
    """One measurement of one server; times in ms."""

    requests_a_second: float
    cpu: float
    p50: float
    p99: float
    p999: float
    others: float
    """Share of a core that processes of others took meanwhile."""


@dataclass
class Server:
    """A running server and what was measured of it."""

    name: str
    port: int
    process: psutil.Process
    cold_start: float
    found: dict[int, list[Measured]] = field(default_factory=lambda: {c: [] for c in CONCURRENCY})
    """By connections, each sending its next request once it has its answer."""
    steady: list[Measured] = field(default_factory=list)
    """At half the rate that the most connections reached."""
    rate: float = 0.0
    """That half, requests a second."""

    def tree(self) -> list[psutil.Process]:
        """The process and all it started."""
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """CPU seconds used so far."""
        return sum(sum(each.cpu_times()[:2]) for each in self.tree())

    def memory(self) -> float:
        """Resident MB of the worker (the largest process)."""
        return max(each.memory_info().rss for each in self.tree()) / 1e6


class Connection(asyncio.Protocol):
    """Sends the same request when it is told to, and notes how long each answer took."""

    def __init__(
        self, request: bytes, idle: Callable[["Connection"], None], ended: asyncio.Future[None]
    ) -> None:
        self.request, self.idle, self.ended = request, idle, ended
        self.took: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for what to do."""
        self.transport = cast("asyncio.Transport", transport)
        self.idle(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail if the server ended it."""
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Note the time once the answer is whole."""
        self.answer += data
        head, _, body = self.answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            self.ended.set_exception(RuntimeError(head.decode()))
            self.transport.close()
        elif len(body) == int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self.took.append(time.perf_counter() - self.due)
            self.idle(self)

    def send(self, due: float) -> None:
        """Send the request that was due at a time, which its wait counts from."""
        self.answer, self.due = b"", due
        self.transport.write(self.request)

    def end(self) -> None:
        """Nothing more is sent."""
        if not self.ended.done():
            self.ended.set_result(None)
            self.transport.close()


async def connected(
    port: int, request: bytes, count: int, idle: Callable[[Connection], None]
) -> list[Connection]:
    """So many connections."""
    loop = asyncio.get_running_loop()
    found = []
    for _ in range(count):
        connection = Connection(request, idle, loop.create_future())
        await loop.create_connection(lambda connection=connection: connection, "127.0.0.1", port)  # type: ignore[misc]
        found.append(connection)
    return found


async def drive(port: int, request: bytes, concurrency: int, enough: Callable[[], bool]) -> list[float]:
    """Keep `concurrency` connections busy until it is enough; seconds of every request."""

    def again(connection: Connection) -> None:
        connection.end() if enough() else connection.send(time.perf_counter())

    every = await connected(port, request, concurrency, again)
    await asyncio.gather(*(each.ended for each in every))
    return [seconds for each in every for seconds in each.took]


async def drive_at(port: int, request: bytes, concurrency: int, rate: float, seconds: float) -> list[float]:
    """Send so many requests a second, whether or not the last ones are answered; seconds of every request.

    A request that finds no connection free is sent late and counted from when it was due, or a server that
    stands still would look well (coordinated omission: G. Tene, How NOT to Measure Latency, 2013). Timers
    count whole milliseconds, so the client, which has a core of its own, looks at the clock instead.
    """
    idle: deque[Connection] = deque()
    over = False

    def again(connection: Connection) -> None:
        connection.end() if over else idle.append(connection)

    every = await connected(port, request, concurrency, again)
    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        while time.perf_counter() < due or not idle:
            await asyncio.sleep(0)
            for each in every:
                if each.ended.done():
                    each.ended.result()
        idle.popleft().send(due)
    over = True
    for each in idle:
        each.end()
    await asyncio.gather(*(each.ended for each in every))
    return [wait for each in every for wait in each.took]


def undisturbed(measure: Callable[[], Measured]) -> Measured:
    """Measure until nothing else ran meanwhile, a few times at most; the least disturbed measurement."""
    tries: list[Measured] = []
    while len(tries) < TRIES and (not tries or tries[-1].others > DISTURBED):
        tries.append(measure())
    return min(tries, key=lambda each: each.others)


def closed(server: Server, request: bytes, concurrency: int, seconds: float) -> Measured:
    """Warm a server up, then keep so many connections busy for some seconds."""
    left = iter(range(WARM_UP))
    uvloop.run(drive(server.port, request, concurrency, lambda: next(left, None) is None))
    with _accounts(server) as told:
        start = time.perf_counter()
        told.took = uvloop.run(
            drive(server.port, request, concurrency, lambda: time.perf_counter() - start > seconds)
        )
    return told.measured


def constant(server: Server, request: bytes, concurrency: int, seconds: float) -> Measured:
    """Warm a server up, then load it at its own rate for some seconds."""
    uvloop.run(drive_at(server.port, request, concurrency, server.rate, WARM_UP / server.rate))
    with _accounts(server) as told:
        told.took = uvloop.run(drive_at(server.port, request, concurrency, server.rate, seconds))
    return told.measured


@dataclass
class _Account:
    took: list[float] = field(default_factory=list)
    measured: Measured = field(init=False)


@contextmanager
def _accounts(server: Server) -> Iterator[_Account]:
    account = _Account()
    cpu, client, machine, start = server.cpu(), time.process_time(), _machine(), time.perf_counter()
    yield account
    elapsed, used = time.perf_counter() - start, server.cpu() - cpu
    others = (_machine() - machine - used - (time.process_time() - client)) / elapsed
    count = len(account.took)
    p50, p99, p999 = 1000 * np.quantile(account.took, [0.5, 0.99, 0.999])
    account.measured = Measured(count / elapsed, 1000 * used / count, p50, p99, p999, others)


def _machine() -> float:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system + times.irq + times.softirq
