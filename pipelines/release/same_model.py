"""Whether two artefacts hold the very same model."""

import json
from pathlib import Path
from typing import Any, Literal

from modules.artefact import FLOWS, contents, sha256_of

SameModel = Literal["repackaged", "refreshed"]
_CARD, _LINEAGE, _GOLDEN = "card.json", "lineage.json", "golden.json"
_EVIDENCE = ("ranked_by", "test", "kept", "improvement", "slices", "fairness")


def same_model(candidate: Path, champion: Path) -> SameModel | None:
    """How the candidate, if it is the champion's very model, differs from it.

    `repackaged`: in nothing that is evaluated, so in code or lineage alone; `refreshed`: in the transfers
    that its run found, while it was judged and answers as before; none: it is another model.

    Args:
        candidate: a sealed artefact.
        champion: another.
    """
    changed = {name for name, _ in _hashes(candidate) ^ _hashes(champion)}
    if changed <= {_LINEAGE, _GOLDEN}:
        return "repackaged"
    refreshed = FLOWS in changed and changed <= {FLOWS, _CARD, _LINEAGE}
    return "refreshed" if refreshed and _evidence(candidate) == _evidence(champion) else None


def _hashes(folder: Path) -> set[tuple[str, str]]:
    return {(name, sha256_of(folder / name)) for name in contents(folder)}


def _evidence(folder: Path) -> list[Any]:
    """What the card says of how good the model is."""
    card = json.loads((folder / _CARD).read_text(encoding="utf-8"))
    return [card[key] for key in _EVIDENCE]
