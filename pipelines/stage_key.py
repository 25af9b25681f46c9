"""The identity of a stage's work: what went into it, known before it starts."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dvc.dependency import ParamsDependency
from dvc.exceptions import DvcException
from dvc.repo import Repo

from modules.errors import UserError
from pipelines.config import load_run

STAGES = ("simulate", "import", "validate", "split", "tune", "train", "evaluate", "report")
GRAPH = STAGES[: STAGES.index("evaluate") + 1]
"""What a packaged model comes from."""


def stage_content(repo: Repo, stage: str, run: str) -> dict[str, Any]:
    """Command, hashes of the dependencies and values of the parameters of a stage as they are now.

    The run's data goes by its content alone: where it lies is nobody's business.

    Raises:
        UserError: if dvc.yaml has no such stage or a dependency is absent.
    """
    try:
        (found,) = repo.stage.collect(f"{stage}@{run}")
        found.save_deps(allow_missing=False)
    except DvcException as error:
        raise UserError(f"dvc.yaml: {stage}@{run}: {error}; build what is missing with dvc repro") from error
    data = Path(load_run(run).data)
    hashes: dict[str, Any] = {}
    for dependency in found.deps:
        if isinstance(dependency, ParamsDependency):
            hashes |= {
                key.replace(f"runs.{run}.", ""): value for key, value in dependency.hash_info.value.items()
            }
        else:
            path = dependency.def_path
            hashes["data" if Path(path) == data else path] = dependency.hash_info.value
    return {"command": found.cmd, "hashes": hashes}


def key_of(content: dict[str, Any]) -> str:
    """The sha256 of a stage's content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def stage_key(stage: str, run: str) -> str:
    """The stage's key: it tags the MLflow run and names the scratch folder."""
    with Repo() as repo:
        return key_of(stage_content(repo, stage, run))


def locked_keys(locked: Mapping[str, Any], run: str) -> Iterator[tuple[str, str]]:
    """Each stage up to evaluate, with its key when it was last run, from the content of dvc.lock.

    Raises:
        UserError: if dvc.lock has no such stage, or is not as DVC writes it.
    """
    data = Path(load_run(run).data)
    for stage in GRAPH:
        hashes = _locked_dependencies(locked, stage, run, data)
        entry = locked["stages"][f"{stage}@{run}"]
        for values in entry.get("params", {}).values():
            hashes |= {key.replace(f"runs.{run}.", ""): value for key, value in values.items()}
        yield stage, key_of({"command": entry["cmd"], "hashes": hashes})


def locked_data(locked: Mapping[str, Any], run: str) -> str:
    """The hash of the run's data when it was last imported.

    Raises:
        UserError: if dvc.lock has no import stage of the run, or is not as DVC writes it.
    """
    return str(_locked_dependencies(locked, "import", run, Path(load_run(run).data)).get("data"))


def _locked_dependencies(locked: Mapping[str, Any], stage: str, run: str, data: Path) -> dict[str, Any]:
    try:
        entry = locked["stages"][f"{stage}@{run}"]
        return {"data" if Path(dep["path"]) == data else dep["path"]: dep["md5"] for dep in entry["deps"]}
    except (KeyError, TypeError) as error:
        raise UserError(
            f"dvc.lock: has no {stage}@{run} as DVC writes it; git checkout dvc.lock, or make demo RUN={run}"
        ) from error
