"""The artefact folder: what is packaged, with a manifest that is checked before anything else is read."""

import hashlib
from pathlib import Path

from modules.errors import UserError

MANIFEST = "MANIFEST.sha256"
FILES = frozenset({"model.safetensors", "config.json", "card.json", "lineage.json", "golden.json"})
PLACES = "places.sqlite"
"""The gazetteer, in an artefact of the transfer track alone."""
FLOWS = "flows.json"
"""What a run of the transfer track found in its articles."""
_OF_A_TRACK = frozenset({PLACES, FLOWS})


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def contents(folder: Path) -> list[str]:
    """The files of an artefact that the manifest lists, sorted."""
    return sorted(FILES | {name for name in _OF_A_TRACK if (folder / name).exists()})


def seal(folder: Path) -> None:
    """Write the manifest (the format of sha256sum) over the artefact's files."""
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in contents(folder)]
    (folder / MANIFEST).write_text("".join(lines), encoding="ascii")


def verify(folder: Path) -> None:
    """Check that an artefact is whole and nothing else, before a byte of it is parsed.

    Raises:
        UserError: naming the first file that is missing, strange, linked or changed.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise UserError(
            f"{manifest}: no such file; this is not an artefact, or it is torn: rebuild it (dvc repro)"
        )
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file() or path.name not in FILES | _OF_A_TRACK | {MANIFEST}:
            raise UserError(f"{path}: does not belong in an artefact; remove it, or rebuild the artefact")
    lines = manifest.read_text(encoding="ascii", errors="replace").splitlines()
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if set(expected) - _OF_A_TRACK != FILES:
        raise UserError(f"{manifest}: lists {sorted(expected)}, an artefact has {sorted(FILES)}; rebuild it")
    strange = next((name for name in contents(folder) if name not in expected), None)
    if strange is not None:
        raise UserError(f"{folder / strange}: does not belong in this artefact; remove it, or rebuild it")
    for name in sorted(expected):
        path = folder / name
        if not path.is_file():
            raise UserError(f"{path}: missing from the artefact; rebuild it (dvc repro)")
        if sha256_of(path) != expected[name]:
            raise UserError(
                f"{path}: its sha256 is not the manifest's: changed or damaged; rebuild it (dvc repro)"
            )
