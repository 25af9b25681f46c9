"""Following the champion: another model takes the place of the served one, and no request fails of it."""

import asyncio
import gc
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.types import ASGIApp

from modules.artefact import sha256_of
from modules.errors import UserError
from modules.golden import PATH, TOLERANCE, apart
from serving.release import Release

_EVERY = 1.0
"""Seconds between two looks at the pointer file, which costs one call of the system."""

logger = logging.getLogger("bentoml.serve")
Make = Callable[[Path, Release], ASGIApp]


class Pointer(BaseModel):
    """What release writes last: the bento that is champion, and the ledger's entry that made it so."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    run: str
    version: int
    tag: str
    path: str
    sha256: str
    entry: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the pointer file.

        Raises:
            UserError: if it says something else, or cannot be read.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from error
        except ValidationError as error:
            raise UserError(f"{path}: is not a pointer; release the run again") from error


@dataclass(frozen=True)
class Champion:
    """A bento of the registry that a pointer names."""

    artefact: Path
    release: Release

    @classmethod
    def of(cls, path: Path, served: Release) -> Self:
        """The champion of the pointer file, its files checked by the hashes that the ledger leads to.

        Args:
            path: of the pointer, in the registry's folder of the run, with the ledger and the manifests.
            served: what is served now.

        Raises:
            UserError: if the pointer is of another run, the ledger did not promote it, or a file was changed.
        """
        pointer, top = Pointer.read(path), path.parent
        if pointer.run != served.run:
            raise UserError(f"{path}: is of run {pointer.run}, and {served.run} is served")
        if not any(map(pointer_of(pointer), (top / "ledger.jsonl").read_text(encoding="utf-8").splitlines())):
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


def pointer_of(pointer: Pointer) -> Callable[[str], bool]:
    """Whether a line of the ledger is the one that made a pointer's bento champion."""
    wanted = (pointer.entry, "champion", pointer.tag, pointer.sha256)

    def made(line: str) -> bool:
        entry = json.loads(line)
        return tuple(entry.get(key) for key in ("sha256", "outcome", "tag", "bento")) == wanted

    return made


async def follow(
    path: Path, served: Release, make: Make, swap: Callable[[ASGIApp], None], token: str | None
) -> None:
    """Look at the pointer for ever, and swap whenever it names another champion that answers as it should.

    The new model is loaded in another thread and replays its golden requests before anybody else is answered
    by it, for its code is that of the served bento. Requests in flight are answered by the app that took
    them. A champion that cannot be served so is said once, and the served one stays.

    Args:
        path: of the pointer file.
        served: what is served now.
        make: loads the app over an artefact.
        swap: puts an app in the place of the served one.
        token: that lets the golden requests in.
    """
    seen = b""
    while True:
        await asyncio.sleep(_EVERY)
        content = await asyncio.to_thread(_read, path)
        if content == seen:
            continue
        seen = content
        try:
            champion = await asyncio.to_thread(Champion.of, path, served)
            if champion.release == served:
                continue
            app = await asyncio.to_thread(make, champion.artefact, champion.release)
            await _replay(app, champion, token)
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


async def _replay(app: ASGIApp, champion: Champion, token: str | None) -> None:
    golden: list[dict[str, Any]] = json.loads((champion.artefact / "golden.json").read_bytes())
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://golden") as client:
        for number, pair in enumerate(golden):
            named = headers | {"x-request-id": f"golden-{number}"}
            answer = await client.post(pair.get("path", PATH), json=pair["request"], headers=named)
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
