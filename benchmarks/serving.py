"""CPU, latency, memory and start of the served forecaster beside other ways to serve it, as docs/results-serving.md.

    python benchmarks/serving.py                                                        # the frozen tiny forecaster
    python benchmarks/serving.py --artefact runs/cities/artefact --scorer runs/recommendation/artefact

Servers share one core, the client has another, and the measurements take turns. A measurement during which something else ran is made
again, a few times at most: run it on a machine that does nothing else. LitServe is installed into a folder of its own, which takes a
network.
"""

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
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks.serving_load import CONCURRENCY, Measured, Server, closed, constant, undisturbed
from pipelines.ports import free_port
from pipelines.release.package import SERVICES, package

TOP = Path(__file__).parent.parent
BUSY = 0.5
CPU_TARGET, TAIL_TARGET, MEMORY_TARGET, START_TARGET, ROWS_TARGET = 2.0, 5.0, 350.0, 4.0, 20.0
MANY = 64
BARE, FASTAPI, PLAIN, LITSERVE = "bare Starlette", "FastAPI", "BentoML @api", "LitServe"
EDGE, BENTO, TRACED = (
    "the edge on uvicorn, without BentoML",
    "talentflow serve (the bento)",
    "the bento, tracing on",
)
HEAD = """# Results: serving

Written by `benchmarks/serving.py`; do not edit. One worker each, on one core; the client on another; all in one
run, taking turns. *Bare Starlette* is the same model in a ten-line app on uvicorn with httptools and uvloop: JSON in,
JSON out, nothing checked. *FastAPI* runs on the same uvicorn; it, *BentoML @api* and *LitServe* are written as their tutorials would,
with settings as they come. CPU is that of all the server's processes. Medians over the repeats, with the range."""


def question(artefact: Path) -> bytes:
    """An HTTP request for one corridor: the artefact's first golden request."""
    asked = json.loads((artefact / "golden.json").read_text(encoding="utf-8"))[0]["request"]
    body = json.dumps({key: value for key, value in asked.items() if value and value is not True}).encode()
    return posted("/forecast", body)


def pairs(artefact: Path, count: int) -> bytes:
    """An HTTP request for the scores of so many pairs: the first golden one, again and again."""
    golden = json.loads((artefact / "golden.json").read_text(encoding="utf-8"))
    asked = next(each["request"] for each in golden if each["path"] == "/explain")
    pair = {side: asked[side] for side in ("student", "employer")}
    return posted("/score", json.dumps({"pairs": [pair] * count}).encode())


def posted(path: str, body: bytes) -> bytes:
    """A POST of JSON."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


def stage(folder: Path, artefact: Path, track: str) -> Path:
    """Lay out a folder as a released bento's `src`."""
    package(track, artefact).copy(folder)
    release = {"run": "benchmark", "tag": "benchmark:v1-000000000000", "track": track, "version": 1}
    (folder / "release.json").write_text(json.dumps(release), encoding="utf-8")
    return folder


@contextmanager
def started(
    name: str, command: list[str], path: str, core: int, folder: Path, environment: dict[str, str]
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
        while not answers(port, path):
            if process.poll() is not None or time.perf_counter() - start > 60:  # noqa: PLR2004
                said = (folder / f"{port}.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"{name} did not start: {' '.join(command)}\n{said}")
            time.sleep(0.02)
        yield Server(name, port, process, time.perf_counter() - start)
    finally:
        every = [process, *process.children(recursive=True)] if process.is_running() else []
        for each in every:
            with suppress(psutil.NoSuchProcess):
                each.terminate()
        for each in psutil.wait_procs(every, timeout=20)[1]:
            each.kill()


def answers(port: int, path: str) -> bool:
    """Whether a server answers at all, as it does once its app is there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            return connection.recv(12) == b"HTTP/1.1 405"
    except OSError:
        return False


def servers(stack: ExitStack, folder: Path, artefact: Path, core: int) -> dict[str, Server]:
    """Every way to serve the forecaster, by name."""
    tools = folder / "tools"
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--target",
        str(tools),
        "--no-deps",
        "litserve",
    ]
    subprocess.run(install, check=True)  # noqa: S603
    uvicorn = [sys.executable, "-m", "uvicorn", "--factory"]
    options = ["--http", "httptools", "--loop", "uvloop", "--no-access-log", "--log-level", "warning"]
    bentoml = [str(Path(sys.executable).parent / "bentoml"), "serve"]
    peer = {"ARTEFACT": str(artefact), "PYTHONPATH": str(TOP)}
    staged = {"PYTHONPATH": str(stage(folder / "src", artefact, "migration"))}
    bento = [*bentoml, SERVICES["migration"]]
    commands = {
        BARE: ([*uvicorn, "benchmarks.serving_peers:bare", *options], peer),
        FASTAPI: ([*uvicorn, "benchmarks.serving_peers:fast_api", *options], peer),
        PLAIN: ([*bentoml, "benchmarks.serving_bento:Plain"], peer),
        LITSERVE: (
            [sys.executable, str(TOP / "benchmarks/serving_lit.py")],
            peer | {"PYTHONPATH": f"{TOP}:{tools}"},
        ),
        EDGE: ([*uvicorn, "benchmarks.serving_peers:edge_alone", *options], peer),
        BENTO: (bento, staged),
        TRACED: (bento, staged | {"OTEL_SDK_DISABLED": "false"}),
    }
    return {
        name: stack.enter_context(started(name, command, "/forecast", core, folder / "src", environment))
        for name, (command, environment) in commands.items()
    }


def scored(folder: Path, artefact: Path, core: int, seconds: float) -> dict[int, Measured]:
    """A recommender's bento asked for one pair, and for many in one request, by one connection."""
    source = stage(folder / "scorer", artefact, "recommendation")
    command = [str(Path(sys.executable).parent / "bentoml"), "serve", SERVICES["recommendation"]]
    own = {"PYTHONPATH": str(source)}
    with started("the recommender's bento", command, "/score", core, source, own) as server:
        return {
            count: undisturbed(partial(closed, server, pairs(artefact, count), 1, seconds))
            for count in (1, MANY)
        }


def page(
    every: dict[str, Server], told: dict[int, Measured], artefact: Path, seconds: float, repeats: int
) -> str:
    """The results page."""
    config = json.loads((artefact / "config.json").read_text(encoding="utf-8"))
    measured = [
        each
        for server in every.values()
        for found in (*server.found.values(), server.steady)
        for each in found
    ]
    others = max(0.0, *(each.others for each in (*measured, *told.values())))
    facts = (
        f"{os.cpu_count()} cores, {_processor()}; Python {platform.python_version()}. Model: {config['network']['model']}, "
        f"{len(config['regions'])} regions; the request is one corridor. {repeats} repeats of {seconds:g} s. Processes of others took up to {100 * others:.0f} % of a core meanwhile."
    )
    loads = {
        name: {
            **{f"{count} connections": found for count, found in server.found.items()},
            f"{server.rate:,.0f} a second": server.steady,
        }
        for name, server in every.items()
    }
    rows = [
        (
            name,
            load,
            _range([each.cpu for each in found]),
            f"{statistics.median(each.requests_a_second for each in found):,.0f}",
            *(_range([getattr(each, what) for each in found]) for what in ("p50", "p99", "p999")),
        )
        for name, of in loads.items()
        for load, found in of.items()
    ]
    table = _table(("", "load", "CPU ms/request", "requests/s", "p50 ms", "p99 ms", "p99.9 ms"), rows)
    rate = "The last load of each is a constant rate, half of what it reached with most connections; a request counts from when it was due. The client looks at the clock without pause then, so compare its CPU with that of constant rates alone."
    costs = _table(
        ("", "start s", "worker MB"),
        [(name, f"{server.cold_start:.1f}", f"{server.memory():.0f}") for name, server in every.items()],
    )
    return "\n\n".join([HEAD, facts, table, rate, "\n".join(verdicts(every, told)), costs]) + "\n"


def verdicts(every: dict[str, Server], told: dict[int, Measured]) -> Iterator[str]:
    """Whether the targets are met, one line each, and what tracing costs."""
    for count in CONCURRENCY:
        ours = _medians(every[BENTO].found[count])
        ratio = ours.cpu / _medians(every[BARE].found[count]).cpu
        yield f"- {count} connections: CPU {ratio:.2f} times that of bare Starlette, {_said(ratio, CPU_TARGET)} (at most {CPU_TARGET:g})"
        for name in (FASTAPI, PLAIN, LITSERVE):
            ratio = ours.cpu / _medians(every[name].found[count]).cpu
            yield f"- {count} connections: CPU {ratio:.2f} times that of {name}, {_said(ratio, 1)} (below 1)"
        yield f"- {count} connections: {_tail(ours)}"
        traced = _medians(every[TRACED].found[count])
        yield f"- {count} connections: tracing costs {traced.cpu - ours.cpu:.2f} ms CPU a request and takes p99 to {traced.p99:.1f} ms"
    yield f"- half load: {_tail(_medians(every[BENTO].steady))}"
    memory, start = every[BENTO].memory(), every[BENTO].cold_start
    yield f"- memory of a worker {memory:.0f} MB, {_said(memory, MEMORY_TARGET)} (at most {MEMORY_TARGET:g})"
    yield f"- cold start {start:.1f} s, {_said(start, START_TARGET)} (at most {START_TARGET:g})"
    if told:
        rows = {count: count * each.requests_a_second for count, each in told.items()}
        gain = rows[MANY] / rows[1]
        yield (
            f"- a recommender's `/score`: {rows[MANY]:,.0f} pairs a second with {MANY} in a request, {rows[1]:,.0f} with one: "
            f"{gain:.1f} times, {_said(ROWS_TARGET, gain)} (at least {ROWS_TARGET:g}; one connection, one measurement each)"
        )


def _medians(found: list[Measured]) -> Measured:
    names = Measured.__dataclass_fields__
    return Measured(**{name: statistics.median(getattr(each, name) for each in found) for name in names})


def _tail(found: Measured) -> str:
    ratio = found.p99 / found.p50
    return f"p99 {ratio:.1f} times p50, {_said(ratio, TAIL_TARGET)} (at most {TAIL_TARGET:g})"


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
    artefact: Annotated[Path, typer.Option(help="Sealed artefact of a forecaster to serve.")] = TOP
    / "tests/golden/residual_gru",
    scorer: Annotated[
        Path | None, typer.Option(help="Sealed artefact of a recommender, for rows in one request.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Length of one measurement.")] = 5,
    repeats: Annotated[int, typer.Option(help="Measurements of each server and load.")] = 5,
    out: Annotated[Path, typer.Option(help="Page to write.")] = TOP / "docs/results-serving.md",
) -> None:
    """Measure, print and write the page."""
    console = Console(stderr=True)
    if os.getloadavg()[0] > BUSY:
        console.print(
            f"load average {os.getloadavg()[0]:.2f}: something else is running, the figures will be worse"
        )
    core, client = sorted(os.sched_getaffinity(0))[:2]
    request, most = question(artefact), CONCURRENCY[-1]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        every = servers(stack, Path(folder), artefact.resolve(), core)
        os.sched_setaffinity(0, {client})

        def measured(server: Server, load: str, how: Callable[[], Measured]) -> Measured:
            found = undisturbed(how)
            console.print(f"{server.name}, {load}: {found}")
            return found

        for _ in range(repeats):
            for server in every.values():
                for count, found in server.found.items():
                    found.append(
                        measured(server, f"{count}", partial(closed, server, request, count, seconds))
                    )
        for server in every.values():
            server.rate = _medians(server.found[most]).requests_a_second / 2
        for _ in range(repeats):
            for server in every.values():
                server.steady.append(
                    measured(server, "rate", partial(constant, server, request, most, seconds))
                )
        told = {} if scorer is None else scored(Path(folder), scorer.resolve(), core, seconds)
        text = page(every, told, artefact, seconds, repeats)
        out.write_text(text, encoding="utf-8")
    console.print(text, markup=False)


if __name__ == "__main__":
    typer.run(main)
