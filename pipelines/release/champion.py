"""The champion of a run: the ledger says who it is; the alias and the pointer file follow."""

import getpass
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from filelock import FileLock, Timeout

from modules.errors import UserError
from modules.pointer import Pointer
from pipelines.files import write_text
from pipelines.release.bento import Bento
from pipelines.release.home import Releases, registry_home
from pipelines.release.ledger import Entry, champion_of, read_ledger
from pipelines.release.registry import Registry


def pointer_to(entry: Entry, releases: Releases) -> Pointer:
    """The pointer that follows from an entry of the ledger."""
    return Pointer(
        run=entry.run,
        version=entry.version,
        tag=entry.tag,
        path=releases.bento(entry.tag).relative_to(registry_home()).as_posix(),
        sha256=entry.bento,
        entry=entry.sha256,
    )


@contextmanager
def exclusive(releases: Releases) -> Iterator[None]:
    """Hold a run's lock, so that one process at a time decides.

    Raises:
        UserError: if another process holds it.
    """
    releases.top.mkdir(parents=True, exist_ok=True)
    lock = FileLock(releases.lock, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UserError(f"{releases.run}: another process decides on it; wait for it to end") from error
    try:
        yield
    finally:
        lock.release()


def settle(releases: Releases, registry: Registry) -> Entry | None:
    """Let alias and pointer follow the ledger, as an interrupted release may have left them behind.

    Raises:
        UserError: if the ledger has lost lines, if the alias names a version that it never made champion, or
            MLflow does not have the champion's: another ledger, or another store, is at work.
    """
    entries = read_ledger(releases.ledger)
    check_complete(releases, entries)
    champion, alias = champion_of(entries), registry.champion()
    promoted = {entry.version for entry in entries if entry.outcome == "champion"}
    if alias is not None and alias not in promoted:
        raise UserError(
            f"MLflow: the alias of {releases.run} names v{alias}, which {releases.ledger} never promoted; "
            "set TALENTFLOW_REGISTRY to the folder of the ledger that did"
        )
    if champion is None:
        return None
    registry.version(champion.version)
    if alias != champion.version:
        registry.move_alias(champion.version)
    if Pointer.read(releases.pointer) != pointer_to(champion, releases):
        write_pointer(releases, champion)
    return champion


def write_pointer(releases: Releases, entry: Entry) -> None:
    """Let servers find the champion."""
    write_text(releases.pointer, pointer_to(entry, releases).model_dump_json(indent=1) + "\n")


def check_complete(releases: Releases, entries: Sequence[Entry]) -> None:
    """Check that the ledger still has the line that the pointer was written for.

    A chain that was cut off at its end is whole in itself; only what follows from it tells.

    Raises:
        UserError: if it has not.
    """
    pointer = Pointer.read(releases.pointer)
    if pointer is not None and pointer.entry not in {entry.sha256 for entry in entries}:
        raise UserError(
            f"{releases.ledger}: has no line for {pointer.tag}, which {releases.pointer.name} names: lines "
            "are missing at its end, restore it from a copy (or delete the pointer, if that was changed)"
        )


def check_alias(registry: Registry, champion: Entry) -> None:
    """Check that MLflow names the champion that the ledger names.

    Raises:
        UserError: if it does not.
    """
    alias = registry.champion()
    if alias != champion.version:
        raise UserError(
            f"MLflow: the alias champion of {champion.run} names v{alias}, the ledger v{champion.version}; "
            f"talentflow registry release {champion.run} mends it"
        )


def check_pointer(releases: Releases, champion: Entry) -> None:
    """Check that the pointer file names the champion that the ledger names.

    Raises:
        UserError: if it does not.
    """
    if Pointer.read(releases.pointer) != pointer_to(champion, releases):
        raise UserError(
            f"{releases.pointer}: does not name {champion.tag}, the ledger's champion; "
            f"talentflow registry release {champion.run} mends it"
        )


def stamp(by: str | None, because: str) -> dict[str, Any]:
    """Who does it, why and when."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"by": by or _user(), "because": because, "at": now}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"


def champion_entry(releases: Releases) -> Entry:
    """The line of the ledger that the pointer was written for.

    Raises:
        UserError: if nothing was ever released, or the ledger never promoted what the pointer names.
    """
    pointer = Pointer.read(releases.pointer)
    if pointer is None:
        raise UserError(
            f"{releases.run}: has no champion; talentflow registry release {releases.run} makes one"
        )
    promoted = [entry for entry in read_ledger(releases.ledger) if entry.outcome == "champion"]
    found = next((entry for entry in promoted if pointer_to(entry, releases) == pointer), None)
    if found is None:
        raise UserError(
            f"{releases.pointer}: names {pointer.tag}, which the ledger never promoted so; "
            f"talentflow registry release {releases.run} mends it"
        )
    return found


def bento_of(releases: Releases, tag: str) -> Bento:
    """The champion's bento, or the run's one of a tag, every file checked.

    Raises:
        UserError: if there is no such bento, a file of it is not as it was built, or as `champion_entry`.
    """
    if not tag:
        entry = champion_entry(releases)
        bento = Bento(releases, entry.tag)
        bento.verify(entry.bento)
        return bento
    if re.fullmatch(rf"{re.escape(releases.run)}:v\d+-[0-9a-f]{{12}}", tag) is None:
        raise UserError(
            f"--bento {tag}: is no bento of {releases.run}; talentflow registry history {releases.run} "
            "lists them"
        )
    bento = Bento(releases, tag)
    bento.verify()
    return bento
