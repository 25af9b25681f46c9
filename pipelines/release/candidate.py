"""The candidate: what a run's graph packaged, as it lies in the workspace."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from modules.artefact import MANIFEST, sha256_of, verify
from pipelines.config import RunConfig, read_yaml
from pipelines.evaluation import Evaluation, read_evaluation
from pipelines.judging import judging_of
from pipelines.paths import RunPaths
from pipelines.prove import output_hashes
from pipelines.release.package import Package, package
from pipelines.stage_key import locked_keys


@dataclass(frozen=True)
class Candidate:
    """An artefact that is whole, is what dvc.lock says, and the evidence for it."""

    run: str
    config: RunConfig
    evaluation: Evaluation
    stage_keys: dict[str, str]
    package: Package

    @property
    def artefact(self) -> Path:
        """The artefact folder."""
        return RunPaths(self.run).artefact

    @cached_property
    def manifest(self) -> str:
        """sha256 of the artefact's manifest."""
        return sha256_of(self.artefact / MANIFEST)

    @cached_property
    def lineage(self) -> dict[str, Any]:
        """Where the artefact comes from."""
        lineage: dict[str, Any] = json.loads((self.artefact / "lineage.json").read_text(encoding="utf-8"))
        return lineage


def open_candidate(name: str, config: RunConfig) -> Candidate:
    """Check that a run is built and nothing of it has changed since, and read what it packaged.

    Raises:
        UserError: naming the stage that is not built or has changed, or the file that is damaged.
    """
    output_hashes(Path.cwd(), name, until="evaluate")  # so what dvc.lock says is so
    paths = RunPaths(name)
    verify(paths.artefact)
    return Candidate(
        run=name,
        config=config,
        evaluation=read_evaluation(paths.evaluation / "evaluation.json", judging_of(config).record),
        stage_keys=dict(locked_keys(read_yaml(Path("dvc.lock")), name)),
        package=package(config.track, paths.artefact),
    )
