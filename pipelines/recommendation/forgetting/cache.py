"""Which outputs of a run hold rows of students, and which files of DVC's cache."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from dvc.repo import Repo

from pipelines import dvc_cache
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
        path for path in sorted(folder.rglob("*.parquet")) if _is_table(path.name) and names(path, student)
    ]


def cached(repo: Repo, name: str, student: str, files: Sequence[Path]) -> tuple[Path, ...]:
    """Files of the cache with a row of a student, folders that list them, run-cache entries that name these.

    Args:
        repo: the project's.
        name: of the run.
        student: who is looked for.
        files: the user's files as they are, which somebody may have given to DVC too.
    """
    return dvc_cache.cached(repo, folders(name), _is_table, lambda path: names(path, student), files)


def _is_table(path: str) -> bool:
    return path.endswith(".parquet") and Path(path).name != _EMPLOYERS
