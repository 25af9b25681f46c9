"""Files that appear whole or not at all, with the same bytes for the same content."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from modules.errors import UserError


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes `path` if the block ends well, and leaves no trace if it does not.

    The folder's lock is held meanwhile, so two processes never mix one output.

    Raises:
        UserError: if another process is writing the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.parent / f".{path.name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UserError(f"{path}: another process is writing it; wait for it to end, or stop it") from error
    try:
        for stale in path.parent.glob(f".{path.name}.tmp-*"):  # left by a killed process
            shutil.rmtree(stale)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.tmp-", dir=path.parent))
        try:
            yield folder
            folder.chmod(0o755)
            if path.exists():
                shutil.rmtree(path)
            folder.rename(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys and no NaN, replacing `path` at once."""
    write_text(
        path, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    )


def write_text(path: Path, text: str) -> None:
    """Write a text, on disk before it replaces `path` at once."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_parquet(
    path: Path, table: pa.Table, repeated: list[str] | None = None, *, group: int | None = None
) -> None:
    """Write a table as zstd parquet without its pandas metadata; the caller has sorted it.

    `repeated` names the columns whose values repeat (none given: any may); the others get no dictionary.
    `group` is how many rows lie together, so that a reader of some need not read all; none: many.
    """
    dictionary = True if repeated is None else repeated
    plain = table.replace_schema_metadata(None)
    pq.write_table(plain, path, compression="zstd", use_dictionary=dictionary, row_group_size=group)
