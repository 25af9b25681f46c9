"""A person's part: approve what waits for it, and roll back."""

from typing import Literal

from modules.errors import UserError
from modules.pointer import Pointer
from pipelines.release.bento import Bento
from pipelines.release.champion import exclusive, settle, stamp
from pipelines.release.gates import served_gate
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, append, champion_of, pending, read_ledger, reigning
from pipelines.release.registry import Registry
from pipelines.release.views import whole_ledger


def approve(name: str, by: str, because: str) -> Entry:
    """Make the version that waits champion.

    Raises:
        UserError: if none waits, if the champion has changed since the decision, or the bento fails.
    """
    releases, registry = Releases(name), Registry(name)
    whole_ledger(name)
    with exclusive(releases):
        begun = _begun(releases, "approve")
        champion = settle(releases, registry)
        if begun is not None:
            return begun
        waiting = pending(read_ledger(releases.ledger))
        if waiting is None:
            raise UserError(f"{name}: no version waits for approval; talentflow registry status {name}")
        if waiting.champion != (champion.version if champion else None):
            raise UserError(
                f"{name}: v{waiting.version} was compared with another champion; release the run again"
            )
        return _promote(releases, registry, waiting, "approve", "approved", by, because)


def roll_back(name: str, to: int | None, by: str | None, because: str) -> Entry:
    """Make an earlier champion champion again: the one before in the succession, or the version given.

    Raises:
        UserError: if there is no such champion, or its bento is damaged or answers otherwise than it did.
    """
    releases, registry = Releases(name), Registry(name)
    whole_ledger(name)
    with exclusive(releases):
        begun = _begun(releases, "rollback")
        settle(releases, registry)
        if begun is not None:
            return begun
        entries = read_ledger(releases.ledger)
        reigns = reigning(entries)
        former = [
            entry
            for entry in (reigns if to is None else entries)
            if entry.outcome == "champion" and entry.version != reigns[-1].version
        ]
        wanted = next((entry for entry in reversed(former) if to in {None, entry.version}), None)
        if wanted is None:
            known = ", ".join(f"v{version}" for version in sorted({entry.version for entry in former}))
            raise UserError(f"{name}: no earlier champion to go back to; there is {known or 'none'}")
        return _promote(releases, registry, wanted, "rollback", "rollback", by, because)


def _begun(releases: Releases, action: str) -> Entry | None:
    # Killed between its line and the pointer: settling finishes it, and it must not be done twice.
    champion, pointer = champion_of(read_ledger(releases.ledger)), Pointer.read(releases.pointer)
    late = champion is not None and (pointer is None or pointer.entry != champion.sha256)
    return champion if late and champion is not None and champion.action == action else None


def _promote(
    releases: Releases,
    registry: Registry,
    entry: Entry,
    action: Literal["approve", "rollback"],
    reason: str,
    by: str | None,
    because: str,
) -> Entry:
    bento, before = Bento(releases, entry.tag), champion_of(read_ledger(releases.ledger))
    bento.verify(entry.bento)
    gate = served_gate(bento)
    if not gate.passed:
        raise UserError(f"{entry.tag}: {gate.detail}")
    change = {
        **stamp(by, because),
        "action": action,
        "outcome": "champion",
        "reason": reason,
        "champion": before.version if before else None,
        "realised": None,
    }
    made = append(releases.ledger, entry.model_copy(update=change))
    settle(releases, registry)
    return made
