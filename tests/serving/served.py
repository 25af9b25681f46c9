"""Apps over the frozen artefacts, asked in process, and bentos laid out as release lays them out."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
from starlette.types import ASGIApp

from pipelines.release.package import package
from serving.migration.app import app
from serving.release import Release
from serving.settings import Settings
from tests.conftest import TOP

Result = TypeVar("Result")
GOLDEN = TOP / "tests" / "golden"
RELEASE = Release(run="cities", track="migration", version=3, tag="cities:v3-3f9a1c77e02b")
JSON = {"content-type": "application/json"}


def serve(name: str = "residual_gru", **options: Any) -> ASGIApp:
    """The app over a frozen artefact."""
    return app(GOLDEN / name, RELEASE, Settings(**options))


def in_a_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in a thread of its own: Playwright keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def ask(served: ASGIApp, method: str, path: str, **options: Any) -> httpx.Response:
    """One request, in process."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=served)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return in_a_loop(asked())


def forecast(served: ASGIApp, body: bytes | AsyncIterator[bytes] | dict[str, Any]) -> httpx.Response:
    """POST /forecast."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    return ask(served, "POST", "/forecast", content=content, headers=JSON)


def post(served: ASGIApp, path: str, body: dict[str, Any]) -> httpx.Response:
    """POST a JSON body."""
    return ask(served, "POST", path, content=json.dumps(body).encode(), headers=JSON)


def stage(folder: Path, name: str = "residual_gru") -> Path:
    """Lay out a bento's `src`: the files that the service imports and no other, artefact and release."""
    package("migration", GOLDEN / name).copy(folder)
    (folder / "release.json").write_text(RELEASE.model_dump_json())
    return folder
