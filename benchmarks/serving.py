"""CPU, tail latency, memory and start of the served forecaster beside bare Starlette, as docs/results-serving.md.

    python benchmarks/serving.py                                   # the frozen tiny artefact
    python benchmarks/serving.py --artefact runs/cities/artefact

Servers share one core, the client has another, and the measurements take turns. A measurement during which something
else ran is made again, a few times at most: run it on a machine that does nothing else. One client keeps 1 or 8 connections busy, each sending its next request once it has its answer.
"""

import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import psutil
import typer
import uvloop
from rich.console import Console

from pipelines.ports import free_port
from pipelines.release.package import package

TOP = Path(__file__).parent.parent
SERVICE = "serving.migration.service:Migration"
CONCURRENCY = (1, 8)
WARM_UP = 500
TRIES, DISTURBED = 6, 0.05
BUSY = 0.5
CPU_TARGET, TAIL_TARGET = 2.0, 5.0
HEAD = """# Results: serving

Written by `benchmarks/serving.py`; do not edit. One worker each, on one core; the client on another; all in one
run, taking turns. *Bare Starlette* is the same model in a ten-line app on uvicorn with httptools and uvloop: JSON in,
JSON out, nothing checked. CPU is that of all the server's processes. Medians over the repeats, with the range."""


@dataclass
class Server:
    """A running server and what was measured of it."""

    name: str
    port: int
    process: psutil.Process
    cold_start: float
    found: dict[int, list["Measured"]] = field(default_factory=lambda: {c: [] for c in CONCURRENCY})

    def tree(self) -> list[psutil.Process]:
        """The process and all it started."""
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """CPU seconds used so far."""
        return sum(sum(each.cpu_times()[:2]) for each in self.tree())

    def memory(self) -> float:
        """Resident MB of the worker (the largest process)."""
        return max(each.memory_info().rss for each in self.tree()) / 1e6


@dataclass(frozen=True)
class Measured:
    """One measurement of one server at one concurrency; times in ms."""

    requests_a_second: float
    cpu: float
    p50: float
    p99: float
    p999: float
    others: float
    """Share of a core that processes of others took meanwhile."""


class Connection(asyncio.Protocol):
    """Sends the same request again and again, and notes how long each answer took."""

    def __init__(self, request: bytes, enough: Callable[[], bool], done: asyncio.Future[None]) -> None:
        self.request, self.enough, self.done = request, enough, done
        self.took: list[float] = []
        self.answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail if the server ended it."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Note the time once the answer is whole, and send the next request."""
        self.answer += data
        head, _, body = self.answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(head.decode()))
            self.transport.close()
        elif len(body) == int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self.took.append(time.perf_counter() - self.sent)
            if self.enough():
                self.transport.close()
                self.done.set_result(None)
            else:
                self._send()

    def _send(self) -> None:
        self.answer, self.sent = b"", time.perf_counter()
        self.transport.write(self.request)


async def drive(port: int, request: bytes, concurrency: int, enough: Callable[[], bool]) -> list[float]:
    """Keep `concurrency` connections busy until it is enough; seconds of every request."""
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(concurrency):
        connection = Connection(request, enough, loop.create_future())
        await loop.create_connection(lambda connection=connection: connection, "127.0.0.1", port)  # type: ignore[misc]
        connections.append(connection)
    await asyncio.gather(*(connection.done for connection in connections))
    return [seconds for connection in connections for seconds in connection.took]


def undisturbed(server: Server, request: bytes, concurrency: int, seconds: float) -> Measured:
    """Measure until nothing else ran meanwhile, a few times at most; the least disturbed measurement."""
    tries: list[Measured] = []
    while len(tries) < TRIES and (not tries or tries[-1].others > DISTURBED):
        tries.append(measure(server, request, concurrency, seconds))
    return min(tries, key=lambda each: each.others)


def measure(server: Server, request: bytes, concurrency: int, seconds: float) -> Measured:
    """Warm a server up, then load it for some seconds."""
    left = iter(range(WARM_UP))
    uvloop.run(drive(server.port, request, concurrency, lambda: next(left, None) is None))
    cpu, client, machine, start = server.cpu(), time.process_time(), _machine(), time.perf_counter()
    took = uvloop.run(drive(server.port, request, concurrency, lambda: time.perf_counter() - start > seconds))
    elapsed, used = time.perf_counter() - start, server.cpu() - cpu
    others = (_machine() - machine - used - (time.process_time() - client)) / elapsed
    p50, p99, p999 = 1000 * np.quantile(took, [0.5, 0.99, 0.999])
    return Measured(len(took) / elapsed, 1000 * used / len(took), p50, p99, p999, others)


def _machine() -> float:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system


def question(artefact: Path) -> bytes:
    """An HTTP request for one corridor: the artefact's first golden request."""
    asked = json.loads((artefact / "golden.json").read_text(encoding="utf-8"))[0]["request"]
    body = json.dumps({key: value for key, value in asked.items() if value and value is not True}).encode()
    head = f"POST /forecast HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


def stage(folder: Path, artefact: Path) -> Path:
    """Lay out a folder as a released bento's `src`."""
    package("migration", artefact).copy(folder)
    release = {"run": "benchmark", "tag": "benchmark:v1-000000000000", "track": "migration", "version": 1}
    (folder / "release.json").write_text(json.dumps(release), encoding="utf-8")
    return folder


@contextmanager
def started(
    name: str, command: list[str], core: int, folder: Path, environment: dict[str, str]
) -> Iterator[Server]:
    """Start a server on a core, wait until it answers, stop it at the end."""
    port = free_port()
    ours = os.sched_getaffinity(0)
    start = time.perf_counter()
    os.sched_setaffinity(0, {core})
    process = psutil.Popen(
        [*command, "--port", str(port)],
        cwd=folder,
        env=os.environ | {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(folder / "home")} | environment,
        stdout=subprocess.DEVNULL,
        # The lines of the requests cost what a file costs.
        stderr=(folder / f"{port}.log").open("wb"),
    )
    os.sched_setaffinity(0, ours)
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - start > 60:  # noqa: PLR2004
                said = (folder / f"{port}.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"{name} did not start: {' '.join(command)}\n{said}")
            time.sleep(0.02)
        yield Server(name, port, process, time.perf_counter() - start)
    finally:
        if process.is_running():
            process.terminate()
            process.wait(20)


def answers(port: int) -> bool:
    """Whether a server answers at all, as it does once its app is there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /forecast HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(12) == b"HTTP/1.1 405"
    except OSError:
        return False


def servers(stack: ExitStack, folder: Path, artefact: Path, core: int) -> list[Server]:
    """Bare Starlette, the edge alone, and the bento as released and with tracing on."""
    uvicorn = [sys.executable, "-m", "uvicorn", "--factory"]
    options = ["--http", "httptools", "--loop", "uvloop", "--no-access-log", "--log-level", "warning"]
    bento = [str(Path(sys.executable).parent / "bentoml"), "serve", SERVICE]
    peer = {"ARTEFACT": str(artefact), "PYTHONPATH": str(TOP)}
    staged = {"PYTHONPATH": str(folder)}
    commands = [
        ("bare Starlette", [*uvicorn, "benchmarks.serving_peers:bare", *options], peer),
        (
            "the edge on uvicorn, without BentoML",
            [*uvicorn, "benchmarks.serving_peers:edge_alone", *options],
            peer,
        ),
        ("talentflow serve (the bento)", bento, staged),
        ("the bento, tracing on", bento, staged | {"OTEL_SDK_DISABLED": "false"}),
    ]
    return [
        stack.enter_context(started(name, command, core, folder, environment))
        for name, command, environment in commands
    ]


def page(every: list[Server], artefact: Path, seconds: float, repeats: int) -> str:
    """The results page."""
    config = json.loads((artefact / "config.json").read_text(encoding="utf-8"))
    others = max(0.0, *(each.others for server in every for found in server.found.values() for each in found))
    facts = (
        f"{os.cpu_count()} cores, {_processor()}; Python {platform.python_version()}. Model: {config['network']['model']}, "
        f"{len(config['regions'])} regions; the request is one corridor. {repeats} repeats of {seconds:g} s. Processes of others took up to {100 * others:.0f} % of a core meanwhile."
    )
    rows = [
        (
            server.name,
            str(concurrency),
            _range([each.cpu for each in found]),
            f"{statistics.median(each.requests_a_second for each in found):,.0f}",
            *(_range([getattr(each, name) for each in found]) for name in ("p50", "p99", "p999")),
        )
        for server in every
        for concurrency, found in server.found.items()
    ]
    table = _table(("", "connections", "CPU ms/request", "requests/s", "p50 ms", "p99 ms", "p99.9 ms"), rows)
    costs = _table(
        ("", "start s", "worker MB"),
        [(server.name, f"{server.cold_start:.1f}", f"{server.memory():.0f}") for server in every],
    )
    return "\n\n".join([HEAD, facts, table, *verdicts(every), costs]) + "\n"


def verdicts(every: list[Server]) -> list[str]:
    """Whether the targets are met, one line each, and what tracing costs."""
    bare, _, bento, traced = every
    lines = []
    for concurrency in CONCURRENCY:
        peer, ours, costly = (_medians(server, concurrency) for server in (bare, bento, traced))
        ratio, tail = ours.cpu / peer.cpu, ours.p99 / ours.p50
        lines += [
            f"- {concurrency} connections: CPU {ratio:.2f} times that of bare Starlette, {_said(ratio, CPU_TARGET)} (at most {CPU_TARGET:g})",
            f"- {concurrency} connections: p99 {tail:.1f} times p50, {_said(tail, TAIL_TARGET)} (at most {TAIL_TARGET:g})",
            f"- {concurrency} connections: tracing costs {costly.cpu - ours.cpu:.2f} ms CPU a request and takes p99 to {costly.p99:.1f} ms",
        ]
    return ["\n".join(lines)]


def _medians(server: Server, concurrency: int) -> Measured:
    found = server.found[concurrency]
    names = Measured.__dataclass_fields__
    return Measured(**{name: statistics.median(getattr(each, name) for each in found) for name in names})


def _said(value: float, target: float) -> str:
    return "**met**" if value <= target else "**missed**"


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(
    artefact: Annotated[Path, typer.Option(help="Sealed artefact to serve.")] = TOP
    / "tests/golden/residual_gru",
    seconds: Annotated[float, typer.Option(help="Length of one measurement.")] = 5,
    repeats: Annotated[int, typer.Option(help="Measurements of each server and concurrency.")] = 5,
    out: Annotated[Path, typer.Option(help="Page to write.")] = TOP / "docs/results-serving.md",
) -> None:
    """Measure, print and write the page."""
    console = Console(stderr=True)
    if os.getloadavg()[0] > BUSY:
        console.print(
            f"load average {os.getloadavg()[0]:.2f}: something else is running, the figures will be worse"
        )
    core, client = sorted(os.sched_getaffinity(0))[:2]
    request = question(artefact)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        every = servers(stack, stage(Path(folder) / "src", artefact.resolve()), artefact.resolve(), core)
        os.sched_setaffinity(0, {client})
        for _ in range(repeats):
            for server in every:
                for concurrency in CONCURRENCY:
                    measured = undisturbed(server, request, concurrency, seconds)
                    server.found[concurrency].append(measured)
                    console.print(f"{server.name}, {concurrency}: {measured}")
        text = page(every, artefact, seconds, repeats)
    out.write_text(text, encoding="utf-8")
    console.print(text, markup=False)


if __name__ == "__main__":
    typer.run(main)
