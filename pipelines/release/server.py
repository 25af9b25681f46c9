"""A bento served: by `talentflow serve` for its users, and by release for its golden requests."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from modules.access import FEATURE_LOG, FOLLOW, TOKEN, TOKEN_FILE, authorisation, demand_token, read_tokens
from modules.errors import UserError
from modules.golden import PATH, apart
from pipelines.ports import HOST, demand_port, free_port
from pipelines.release.bento import Bento, environment
from pipelines.release.champion import bento_of
from pipelines.release.home import Releases

STARTUP_SECONDS, STOP_SECONDS = 120, 30


def serve(run: str, tag: str, host: str, port: int, *, follow: bool, tracing: bool) -> None:
    """Become `bentoml serve` for the run's champion, or a bento named by its tag; does not return.

    Args:
        run: whose champion.
        tag: of another bento; empty: the champion's.
        host: address to listen on.
        port: to listen on.
        follow: whether to take the champion's place when another one follows it.
        tracing: whether to send OpenTelemetry spans.

    Raises:
        UserError: if there is no such bento, a file of it is not as it was built, the port is taken, or the
            host is one that others reach and there is no token.
    """
    demand_token(host, read_tokens())
    releases = Releases(run)
    if tag and follow:
        raise UserError("--follow champion and --bento exclude each other; leave one out")
    bento = bento_of(releases, tag)
    demand_port(port, host)
    for cache in list(bento.folder.rglob("__pycache__")):  # bytecode stands in no manifest
        shutil.rmtree(cache)
    settings = environment(bento.releases) | {"PYTHONDONTWRITEBYTECODE": "1"}
    # Workers work in the bento's folder: a path given from here must not be looked for, or written, there.
    told = (key for key in (TOKEN_FILE, FEATURE_LOG, FOLLOW) if settings.get(key))
    settings |= {key: str(Path(settings[key]).resolve()) for key in told}
    if follow:
        settings[FOLLOW] = str(releases.pointer)
    if tracing:
        settings["OTEL_SDK_DISABLED"] = "false"
    command = [sys.executable, "-m", "bentoml", "serve", str(bento.folder)]
    os.execve(sys.executable, [*command, "--host", host, "--port", str(port)], settings)  # noqa: S606


@contextmanager
def served(bento: Bento) -> Iterator[str]:
    """Serve a bento as its users will, in a process that ends with this one; gives its address.

    It asks for no token, on loopback, and counts nothing: the golden requests are not the users'.

    Raises:
        UserError: with the last line it said, if it does not get ready.
    """
    port, log = free_port(), bento.releases.log(bento.tag)
    command = [sys.executable, "-m", "pipelines", "serve", bento.releases.run, "--bento", bento.tag]
    log.parent.mkdir(parents=True, exist_ok=True)
    users = {TOKEN, TOKEN_FILE, FEATURE_LOG}
    open_to_us = {key: value for key, value in os.environ.items() if key not in users}
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--port", str(port)],
            env=open_to_us | {"TALENTFLOW_CHILD": "1"},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://{HOST}:{port}"
            _wait_until_ready(process, url, bento.tag, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str, tag: str, log: Path) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz").is_success:
                return
        time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise UserError(f"{tag}: its server does not get ready: {said[-1] if said else 'it said nothing'}")


def replay(url: str, artefact: Path, tag: str) -> float:
    """Ask the server of a bento the artefact's golden requests; the largest relative difference of a number.

    They carry the first token of this environment, where it has one.

    Raises:
        UserError: if an answer is another version's, has another shape or another text, or is an error.
    """
    golden = json.loads((artefact / "golden.json").read_text(encoding="utf-8"))
    with httpx.Client(base_url=url, timeout=60, headers=authorisation()) as client:
        return max(_difference(client, pair, tag) for pair in golden)


def _difference(client: httpx.Client, pair: dict[str, Any], tag: str) -> float:
    path = pair.get("path", PATH)
    answer = client.post(path, json=pair["request"])
    if not answer.is_success:
        raise UserError(
            f"golden request {path} {pair['request']}: answered {answer.status_code}: {answer.text[:200]}"
        )
    return apart(answer.json(), {**pair["response"], "model": tag})
