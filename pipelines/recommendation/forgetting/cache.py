"""What DVC's cache has of a run's tables: now, and of any time before that its run-cache knows of."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from dvc.repo import Repo

from pipelines.config import read_yaml
from pipelines.paths import RunPaths

_COLUMNS = "id", "student"
_EMPLOYERS = "employers.parquet"


def folders(name: str) -> tuple[Path, ...]:
    """The outputs of a run that hold rows of students; what is learnt from them holds none."""
    paths = RunPaths(name)
    return paths.extracted, paths.split


def names(path: Path, student: str) -> bool:
    """Whether a table that the import or the split stage wrote has a row of a student."""
    columns = [column for column in _COLUMNS if column in pq.read_schema(path).names]
    table = pq.ParquetFile(path).read(columns=columns)
    return any(pc.any(pc.equal(table.column(column), student)).as_py() for column in columns)


def tables_of(folder: Path, student: str) -> list[Path]:
    """The tables under an output folder that have a row of a student."""
    return [
        path for path in sorted(folder.rglob("*.parquet")) if path.name != _EMPLOYERS and names(path, student)
    ]


def cached(repo: Repo, name: str, student: str, files: Sequence[Path]) -> tuple[Path, ...]:
    """Files of the cache with a row of a student, folders that list them, run-cache entries that name these.

    Args:
        repo: the project's.
        name: of the run.
        student: who is looked for.
        files: the user's files as they are, which somebody may have given to DVC too.
    """
    held = {_object(repo, _md5(file)) for file in files}
    entries = list(_entries(repo, name))
    listed = {digest for _, digests in entries for digest in digests}
    gone = set()
    for digest in listed:
        listing = _object(repo, digest)
        if not listing.exists():
            continue
        tables = [
            _object(repo, each["md5"])
            for each in json.loads(listing.read_text(encoding="utf-8"))
            if each["relpath"].endswith(".parquet") and Path(each["relpath"]).name != _EMPLOYERS
        ]
        its = [table for table in tables if table.exists() and names(table, student)]
        if its:
            held |= {listing, *its}
            gone.add(digest)
    held |= {entry for entry, digests in entries if entry is not None and gone & digests}
    return tuple(sorted(path for path in held if path.exists()))


def _entries(repo: Repo, name: str) -> Iterator[tuple[Path | None, set[str]]]:
    """Entries of the run-cache, and dvc.lock, with the hashes of what they wrote of the run's tables."""
    wrote = {folder.as_posix() for folder in folders(name)}
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
