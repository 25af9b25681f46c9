"""Whether two artefacts hold the very same model."""

from pathlib import Path
from typing import Literal

from modules.artefact import FLOWS, contents, sha256_of

SameModel = Literal["repackaged", "refreshed"]
_ACCOUNTS = frozenset({"lineage.json", "golden.json"})
"""They say where a model comes from and what it answered, and change no answer."""
_NEWS = frozenset({FLOWS, "card.json"})
"""What newer data change in an artefact whose model nobody trained anew."""


def same_model(candidate: Path, champion: Path) -> SameModel | None:
    """How the candidate, if it is the champion's very model, differs from it.

    `repackaged`: in nothing that is evaluated, so in code or lineage alone; `refreshed`: in the transfers
    that it found in newer articles; none: it is another model.

    Args:
        candidate: a sealed artefact.
        champion: another.
    """
    changed = {name for name, _ in _hashes(candidate) ^ _hashes(champion)} - _ACCOUNTS
    if not changed:
        return "repackaged"
    return "refreshed" if FLOWS in changed and changed <= _NEWS else None


def _hashes(folder: Path) -> set[tuple[str, str]]:
    return {(name, sha256_of(folder / name)) for name in contents(folder)}
