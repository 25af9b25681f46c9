"""Following the champion: another model takes the place of the served one, and no request fails of it."""

import asyncio
import gc
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import httpx
from starlette.types import ASGIApp

from modules.artefact import sha256_of
from modules.errors import UserError
from modules.golden import PATH, TOLERANCE, apart
from modules.pointer import Pointer
from serving.release import Release
from serving.settings import Settings

EVERY = 1.0
"""Seconds between two looks at the pointer file, each of which reads some hundred bytes."""

logger = logging.getLogger("bentoml.serve")
Make = Callable[[Path, Release, Settings], ASGIApp]


@dataclass(frozen=True)
class Champion:
    """A bento of the registry that a pointer names."""

    artefact: Path
    release: Release

    @classmethod
    def of(cls, path: Path, served: Release) -> Self:
        """The champion of the pointer file; what is read of it is checked by hashes that the ledger leads to.

        Args:
            path: of the pointer, in the registry's folder of the run, with the ledger and the manifests.
            served: what is served now.

        Raises:
            UserError: if there is no pointer, it is of another run, the ledger did not promote it, or a file
                was changed.
        """
        pointer, top = Pointer.read(path), path.parent
        if pointer is None:
            raise UserError(f"{path}: no such file")
        if pointer.run != served.run:
            raise UserError(f"{path}: is of run {pointer.run}, and {served.run} is served")
        if not _promoted(pointer, top / "ledger.jsonl"):
            raise UserError(f"{path}: names {pointer.tag}, which the ledger never promoted so")
        manifest = top / "bentos" / f"{pointer.tag.partition(':')[2]}.sha256"
        if sha256_of(manifest) != pointer.sha256:
            raise UserError(f"{manifest}: is not the one that the ledger has")
        folder = top.parents[1] / pointer.path
        for line in manifest.read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition("  ")
            opened = name.startswith("src/artefact/") or name == "src/release.json"
            if opened and sha256_of(folder / name) != digest:
                raise UserError(f"{folder / name}: was changed since it was built")
        release = Release.read(folder / "src" / "release.json")
        if release.track != served.track:
            raise UserError(f"{pointer.tag}: is of track {release.track}, and {served.track} is served")
        return cls(folder / "src" / "artefact", release)


def _promoted(pointer: Pointer, ledger: Path) -> bool:
    entries = map(json.loads, ledger.read_text(encoding="utf-8").splitlines())
    wanted = (pointer.entry, "champion", pointer.tag, pointer.sha256)
    return any(
        tuple(entry.get(key) for key in ("sha256", "outcome", "tag", "bento")) == wanted for entry in entries
    )


async def follow(
    path: Path, served: Release, settings: Settings, make: Make, swap: Callable[[ASGIApp], None]
) -> None:
    """Look at the pointer for ever, and swap whenever it names another champion that answers as it should.

    The new model is loaded in another thread and replays its golden requests before anybody is answered by
    it, for its code is that of the served bento. Requests in flight are answered by the app that took them.
    A champion that cannot be served so is said once, and the served one stays.

    Args:
        path: of the pointer file.
        served: what is served now.
        settings: of the service.
        make: loads the app over an artefact.
        swap: puts an app in the place of the served one.
    """
    seen = b""
    while True:
        await asyncio.sleep(EVERY)
        content = await asyncio.to_thread(_read, path)
        if content == seen:
            continue
        seen = content
        try:
            champion = await asyncio.to_thread(Champion.of, path, served)
            if champion.release == served:
                continue
            await _replay(champion, settings, make)
            app = await asyncio.to_thread(make, champion.artefact, champion.release, settings)
        except (UserError, OSError, ValueError) as error:
            logger.warning("%s stays: %s", served.tag, error)
            continue
        swap(app)
        logger.info("%s answers, in the place of %s", champion.release.tag, served.tag)
        served = champion.release
        await asyncio.to_thread(_settle)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b"none"


async def _replay(champion: Champion, settings: Settings, make: Make) -> None:
    # By an app of its own: golden requests are no user's, and belong into no log and no count.
    quiet = replace(settings, tokens=(), log=False, feature_log=None)
    app = await asyncio.to_thread(make, champion.artefact, champion.release, quiet)
    golden: list[dict[str, Any]] = json.loads((champion.artefact / "golden.json").read_bytes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://golden") as client:
        for number, pair in enumerate(golden):
            answer = await client.post(pair.get("path", PATH), json=pair["request"])
            if not answer.is_success:
                raise UserError(f"{champion.release.tag}: golden request {number}: {answer.text[:200]}")
            expected = {**pair["response"], "model": champion.release.tag}
            if apart(answer.json(), expected) > TOLERANCE:
                raise UserError(
                    f"{champion.release.tag}: answers otherwise under the served code; start the server anew"
                )


def _settle() -> None:
    # What the last app leaves behind lies among what was frozen at the start, and would never be looked at.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
