"""What `GET /model` says of any track's artefact."""

import json
from pathlib import Path
from typing import Any

from modules.artefact import MANIFEST, sha256_of
from serving.release import Release

LINEAGE = ("stage_key", "environment", "inputs", "data", "training")


def described(artefact: Path, release: Release) -> dict[str, Any]:
    """Version, card and lineage; not the card's reference, nor the hashes of single periods or cohorts."""
    card, lineage = (
        json.loads((artefact / f"{name}.json").read_text(encoding="utf-8")) for name in ("card", "lineage")
    )
    card.pop("reference", None)
    lineage = {key: lineage[key] for key in LINEAGE if key in lineage}
    if "training" in lineage:
        lineage["training"] = {key: lineage["training"][key] for key in ("from", "to")}
    return {
        "model": release.tag,
        "run": release.run,
        "version": release.version,
        "card": card,
        "lineage": lineage,
        "manifest": sha256_of(artefact / MANIFEST),
    }
