"""Where releases live: one folder beside the project, or the team's."""

import os
from dataclasses import dataclass
from pathlib import Path

from modules.errors import UserError
from pipelines.config import NAME


def registry_home() -> Path:
    """TALENTFLOW_REGISTRY (a folder that a team shares), or `.registry` in this project."""
    return Path(os.environ.get("TALENTFLOW_REGISTRY") or ".registry").resolve()


@dataclass(frozen=True)
class Releases:
    """The files of one run's releases."""

    run: str

    def __post_init__(self) -> None:
        """A run's name becomes a path."""
        if NAME.fullmatch(self.run) is None:
            raise UserError(f"{self.run!r}: is no name of a run; talentflow runs check says how one looks")

    @property
    def top(self) -> Path:
        """Everything of the run but its bentos."""
        return registry_home() / "runs" / self.run

    @property
    def ledger(self) -> Path:
        """One line a decision, each sealed and chained to the one before."""
        return self.top / "ledger.jsonl"

    @property
    def pointer(self) -> Path:
        """Which bento is served."""
        return self.top / "champion.json"

    @property
    def lock(self) -> Path:
        """Held by whoever writes."""
        return self.top / ".lock"

    @property
    def bentoml(self) -> Path:
        """BENTOML_HOME: the bentos of every run."""
        return registry_home() / "bentoml"

    def bento(self, tag: str) -> Path:
        """Folder of a bento `name:version`."""
        return self.bentoml.joinpath("bentos", *tag.split(":"))

    def log(self, tag: str) -> Path:
        """What the server of a bento said when release started it."""
        return self.top / "logs" / f"{tag.partition(':')[2]}.log"

    def manifest(self, tag: str) -> Path:
        """The hash of every file of a bento, kept outside of it."""
        return self.top / "bentos" / f"{tag.partition(':')[2]}.sha256"
