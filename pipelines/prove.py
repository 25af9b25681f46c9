"""The proof that a run can be rebuilt: a clean clone, the whole graph, the same hash for every output."""

import json
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from modules.errors import UserError
from pipelines.config import PARAMS, load_run, read_yaml
from pipelines.source_tree import changed_files
from pipelines.stage_key import STAGES

log = logging.getLogger(__name__)


def prove(name: str) -> str:
    """Rebuild a run from the last commit in a temporary clone with an empty cache; say what agreed.

    The run's entry of params.yaml goes with it; its data is read where it lies.

    Raises:
        UserError: if code is changed but not committed, if the run is not built, or naming each output whose
            hash differs.
    """
    load_run(name)
    _clean()
    expected = output_hashes(Path.cwd(), name)
    with tempfile.TemporaryDirectory(prefix="talentflow-prove-") as folder:
        clone = Path(folder) / "clone"
        _call("git", "clone", "--quiet", str(Path.cwd()), str(clone))
        _write_params(clone, name)
        (clone / "dvc.lock").unlink(missing_ok=True)
        log.info("rebuilding %s in %s", name, clone)
        _call("dvc", "repro", "--no-run-cache", "--glob", f"*@{name}", cwd=clone, code=clone)
        rebuilt = output_hashes(clone, name)
    compare(expected, rebuilt)
    width = max(map(len, expected))
    lines = [f"  {path:<{width}}  {digest}" for path, digest in expected.items()]
    return "\n".join([f"{name}: rebuilt from a clean clone, every output has the same hash", *lines])


def compare(expected: Mapping[str, str], rebuilt: Mapping[str, str]) -> None:
    """Refuse a rebuild that is not the same.

    Raises:
        UserError: naming each output whose hash differs.
    """
    different = [path for path, digest in expected.items() if rebuilt.get(path) != digest]
    if different:
        raise UserError(
            f"{', '.join(different)}: the rebuilt bytes differ; same lock, processor type and thread count?"
        )


def output_hashes(top: Path, name: str, until: str = STAGES[-1]) -> dict[str, str]:
    """Path -> hash of every output of a run up to a stage, as dvc.lock has it and the files confirm.

    Raises:
        UserError: if a stage has not been run, or something of it has changed since.
    """
    stages = [f"{stage}@{name}" for stage in STAGES[: STAGES.index(until) + 1]]
    changed = json.loads(_call("dvc", "status", "--json", *stages, cwd=top))
    if changed:
        raise UserError(f"{', '.join(changed)}: not built, or changed since; run make demo RUN={name}")
    locked: Any = read_yaml(top / "dvc.lock")
    return {out["path"]: out["md5"] for stage in stages for out in locked["stages"][stage]["outs"]}


def _clean() -> None:
    code = changed_files()
    if code:
        raise UserError(
            f"{code[0]}: changed but not committed; a clean clone would not have it: commit first"
        )


def _write_params(clone: Path, name: str) -> None:
    config = load_run(name)
    document: Any = read_yaml(PARAMS)
    entry = document["runs"][name]
    if not (clone / config.data).exists():
        entry["data"] = str(Path(config.data).resolve())
    with (clone / PARAMS).open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump({"runs": {name: entry}}, file)


def _call(program: str, *arguments: str, cwd: Path | None = None, code: Path | None = None) -> str:
    found = shutil.which(program)
    if found is None:
        raise UserError(f"{program}: not found; install it, or run make setup and try again")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DVC_", "GIT_"))}
    if code is not None:
        environment["PYTHONPATH"] = str(code)  # the clone's own code, not what is installed
    done = subprocess.run(  # noqa: S603 (a fixed program, no shell)
        [found, *arguments], cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"{program} {' '.join(arguments)}: failed with exit code {done.returncode}")
    return done.stdout
