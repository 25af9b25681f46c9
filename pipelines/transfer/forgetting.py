"""`talentflow forget` of a run of articles: a person leaves tables, DVC's cache, and later extractions."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from dvc.lock import LockError
from dvc.repo import Repo
from dvc.rwlock import rwlock

from modules.errors import UserError
from pipelines.config import PARAMS
from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.config.transfer import TransferRun
from pipelines.dvc_cache import cached
from pipelines.params_file import ParamsFile
from pipelines.paths import SCRATCH, RunPaths
from pipelines.transfer.judging.extracting.published import hashes_of, salt_of, subject_hash

_TABLES = frozenset({"transfers.parquet", "private.parquet"})


def forget(name: str, config: TransferRun, subject: str, *, yes: bool) -> str:
    """Take a person out of a run, or say what would be taken.

    The salted hash of the name goes into the run's settings (`transfer.forgotten`): no later extraction keeps
    a transfer of that person. The tables and what DVC's cache has of them are deleted and built anew.

    Raises:
        UserError: if the run is simulated, knows of no transfer of the person, or a stage is running.
    """
    if isinstance(config.source, SimulateArticlesSource):
        raise UserError(f"{name}: is simulated: its people are drawn, there is nobody to forget")
    salt = salt_of(None)
    digest = subject_hash(subject, salt)
    folder = RunPaths(name).evaluation
    with Repo() as repo:
        held = cached(
            repo,
            [folder],
            lambda path: Path(path).name in _TABLES,
            lambda path: _holds(path, digest, salt),
        )
        its = _transfers(folder, digest, salt)
        if not its and not held:
            raise UserError(f"{name}: no transfer of this person is in its tables or in DVC's cache")
        said = f"{len(its)} transfers of {folder}, {len(held)} files of DVC's cache"
        if not yes:
            return f"{name}: would remove {said}\nNothing was changed. Give --yes to do it."
        hardlink = repo.config["core"].get("hardlink_lock", False)
        try:
            with (
                repo.lock,
                rwlock(repo.tmp_dir, repo.fs, "talentflow forget", [], [str(folder.resolve())], hardlink),
            ):
                _remember(name, config, digest, subject_hash("", salt))
                shutil.rmtree(folder, ignore_errors=True)
                shutil.rmtree(SCRATCH / name, ignore_errors=True)
                for path in held:
                    with suppress(FileNotFoundError):
                        path.unlink()
        except LockError as error:
            raise UserError(f"{name}: DVC is at work here; wait for it to end, or stop it") from error
    articles = sorted({article for _, article in its})
    return "\n".join(
        [
            f"{name}: removed {said}",
            f"build the run anew: make demo RUN={name}",
            f"the articles still name the person: {config.data} ({', '.join(articles) or 'look for it'})",
            "other copies (a DVC remote, a team's MLflow) are not reached from here",
        ]
    )


def _remember(name: str, config: TransferRun, digest: str, salted: str) -> None:
    params = ParamsFile(PARAMS)
    entry = deepcopy(params.runs[name])
    entry["transfer"]["forgotten"] = sorted({*config.transfer.forgotten, digest})
    entry["transfer"]["forgotten_salt"] = salted
    params.put(name, entry)
    params.save()


def _transfers(folder: Path, digest: str, salt: bytes) -> list[tuple[str, str]]:
    """Id and article of every transfer in which some member names the person."""
    paths = [folder / "private.parquet", folder / "transfers.parquet"]
    if not all(path.exists() for path in paths):
        return []
    private, published = (pq.read_table(path).to_pylist() for path in paths)
    its = {row["transfer_id"] for row in private if _names(row, digest, salt)}
    return [(row["transfer_id"], row["article_id"]) for row in published if row["transfer_id"] in its]


def _holds(path: Path, digest: str, salt: bytes) -> bool:
    """Whether a table has the hash, or a name with that hash."""
    table = pq.ParquetFile(path)
    columns = [name for name in ("subject", "members") if name in table.schema_arrow.names]
    return any(_names(row, digest, salt) for row in table.read(columns=columns).to_pylist())


def _names(row: Mapping[str, Any], digest: str, salt: bytes) -> bool:
    said = {
        row["subject"],
        subject_hash(row["subject"] or "", salt),
        *hashes_of(row.get("members", "[]"), salt),
    }
    return digest in said
