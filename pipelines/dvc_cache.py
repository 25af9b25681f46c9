"""What DVC's cache has of a run's tables: now, and of any time before that its run-cache knows of."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dvc.repo import Repo

from pipelines.config import read_yaml


def cached(
    repo: Repo,
    folders: Sequence[Path],
    is_table: Callable[[str], bool],
    holds: Callable[[Path], bool],
    files: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """Files of the cache with a row of somebody, folders that list them, run-cache entries that name these.

    Args:
        repo: the project's.
        folders: outputs of a run that may hold such rows.
        is_table: whether a file in them, by its relative path, has rows at all.
        holds: whether a table has one of that person.
        files: the user's files as they are, which somebody may have given to DVC too.
    """
    held = {_object(repo, _md5(file)) for file in files}
    entries = list(_entries(repo, {folder.as_posix() for folder in folders}))
    listed = {digest for _, digests in entries for digest in digests}
    gone = set()
    for digest in listed:
        listing = _object(repo, digest)
        if not listing.exists():
            continue
        tables = [
            _object(repo, each["md5"])
            for each in json.loads(listing.read_text(encoding="utf-8"))
            if is_table(each["relpath"])
        ]
        its = [table for table in tables if table.exists() and holds(table)]
        if its:
            held |= {listing, *its}
            gone.add(digest)
    held |= {entry for entry, digests in entries if entry is not None and gone & digests}
    return tuple(sorted(path for path in held if path.exists()))


def _entries(repo: Repo, wrote: set[str]) -> Iterator[tuple[Path | None, set[str]]]:
    """Entries of the run-cache, and dvc.lock, with the hashes of what they wrote into the folders."""
    for path in sorted(Path(repo.stage_cache.cache_dir).glob("*/*/*")):
        if any(folder in path.read_text(encoding="utf-8") for folder in wrote):
            digests = _outs(read_yaml(path), wrote)
            if digests:
                yield path, digests
    if Path("dvc.lock").exists():
        for stage in read_yaml(Path("dvc.lock")).get("stages", {}).values():
            yield None, _outs(stage, wrote)


def _outs(stage: Any, wrote: set[str]) -> set[str]:
    return {out["md5"] for out in stage.get("outs", []) if out["path"] in wrote}


def _object(repo: Repo, digest: str) -> Path:
    return Path(repo.cache.local.oid_to_path(digest))


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
