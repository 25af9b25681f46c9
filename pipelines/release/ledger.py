"""The ledger: an append-only, hash-chained record of every decision on a run's champion."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError

from modules.errors import UserError
from pipelines.config import Release, Section
from pipelines.evaluation import Bounds
from pipelines.files import write_text
from pipelines.release.records import Comparison, Gate, Outcome, Realised


class Source(Section):
    """Where a version comes from."""

    commit: str
    changed: tuple[str, ...]
    """Tracked files that differed from the commit (a dirty tree)."""
    data: dict[str, str]
    """Source file -> sha256."""
    stage_keys: dict[str, str]
    """Stage -> its key."""
    mlflow_run: str
    """The evaluate stage's run."""


class Entry(Section):
    """One line: what was decided on which version, on what evidence, by whom.

    `sha256` is the hash of the line without it; `previous` is the `sha256` of the line before.
    """

    sequence: int
    at: str
    """UTC, ISO 8601."""
    by: str
    action: Literal["release", "approve", "rollback"]
    because: str
    """What the person who did it had to say."""
    run: str
    version: int
    tag: str
    """Of the bento: run:v<version>-<first 12 digits of the weights' sha256>."""
    artefact: str
    """sha256 of the artefact's manifest."""
    package: str
    """sha256 over everything that is packed: artefact, code, lock."""
    bento: str
    """sha256 of the bento's manifest."""
    model: str
    outcome: Outcome
    reason: str
    detail: str
    champion: int | None
    """Version that was champion before."""
    gates: tuple[Gate, ...]
    comparison: Comparison | None
    rule: Release
    """The settings it was decided by."""
    margin: Bounds | None
    """Improvement over the best baseline (none: it is the best baseline)."""
    realised: Realised | None
    source: Source
    previous: str
    sha256: str = ""

    def sealed(self) -> Self:
        """The entry with its hash."""
        text = self.model_dump_json(exclude={"sha256"})
        return self.model_copy(update={"sha256": hashlib.sha256(text.encode()).hexdigest()})


def read_ledger(path: Path) -> list[Entry]:
    """Every entry, oldest first; none if there is no ledger.

    Raises:
        UserError: naming the first line that was changed, taken out or put in.
    """
    if not path.exists():
        return []
    entries: list[Entry] = []
    # Not splitlines(): it also splits where JSON does not escape, at U+2028.
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            entry = Entry.model_validate_json(line, strict=False)
        except ValidationError as error:
            raise UserError(f"{path}: line {number}: is not an entry; restore it from a copy") from error
        previous = entries[-1].sha256 if entries else ""
        if entry != entry.sealed() or line != entry.model_dump_json():
            raise UserError(
                f"{path}: line {number}: was changed since it was written; restore it from a copy"
            )
        if (entry.sequence, entry.previous) != (number, previous):
            raise UserError(
                f"{path}: line {number}: does not follow the line before: one is missing; restore a copy"
            )
        entries.append(entry)
    return entries


def append(path: Path, entry: Entry) -> Entry:
    """Seal an entry and write it after the last, whole or not at all; the caller holds the lock.

    Raises:
        UserError: if the chain is broken, or the entry could not be read again.
    """
    entries = read_ledger(path)
    previous = entries[-1].sha256 if entries else ""
    sealed = entry.model_copy(update={"sequence": len(entries) + 1, "previous": previous}).sealed()
    try:
        Entry.model_validate_json(sealed.model_dump_json(), strict=False)
    except ValidationError as error:
        raise UserError(f"{path}: a figure of v{entry.version} is not finite; nothing was written") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "".join(f"{each.model_dump_json()}\n" for each in [*entries, sealed]))
    return sealed


def champion_of(entries: Sequence[Entry]) -> Entry | None:
    """The entry that made the present champion."""
    return next((entry for entry in reversed(entries) if entry.outcome == "champion"), None)


def reigning(entries: Sequence[Entry]) -> list[Entry]:
    """The champions in succession, the present one last; a rollback ends the reigns after its own."""
    reigns: list[Entry] = []
    for entry in entries:
        if entry.outcome != "champion":
            continue
        versions = [reign.version for reign in reigns]
        if entry.action == "rollback" and entry.version in versions:
            reigns = reigns[: versions.index(entry.version)]
        reigns.append(entry)
    return reigns


def pending(entries: Sequence[Entry]) -> Entry | None:
    """The last version that waits for a person, if no champion was made after it."""
    decided = next((entry for entry in reversed(entries) if entry.outcome in {"pending", "champion"}), None)
    return decided if decided and decided.outcome == "pending" else None
