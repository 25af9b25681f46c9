"""What evaluation found, whatever the track: who stood where, by how much, on which slices."""

from pathlib import Path
from typing import TypeVar

from modules.errors import UserError
from modules.role import Role
from pipelines.config.section import Section


class Spread(Section):
    """Mean and standard deviation over seeds (0 for a model without randomness)."""

    mean: float
    sd: float


class Bounds(Section):
    """A 95 % bootstrap interval around an estimate."""

    estimate: float
    low: float
    high: float


class Row(Section):
    """One model on the leaderboard."""

    model: str
    role: Role
    seeds: int
    parameters: dict[str, float | int | str]
    """The hyperparameters that the sweep chose."""
    test: dict[str, Spread]
    """The track's metrics on the test: what is claimed."""
    improvement: Bounds | None
    """Best baseline's test error minus this model's, paired (none for the best baseline itself)."""


class Slice(Section):
    """Test error of every model on a part of the test set."""

    name: str
    cells: int
    """Errors in each mean."""
    error: dict[str, float]


class Evaluation(Section):
    """What release must know of an evaluation; each track's has more."""

    run: str
    candidate: str
    """First in the back-test, baselines included, parts of our own model not."""
    best_baseline: str
    """First baseline in the back-test."""
    sha12: str
    """First 12 hex digits of the sha256 of the packaged weights."""
    leaderboard: tuple[Row, ...]
    """By the back-test."""
    slices: tuple[Slice, ...]
    refuses: tuple[str, ...] = ()
    """What the evaluation itself holds against a release, a sentence each."""

    @property
    def row(self) -> Row:
        """The candidate's."""
        return next(row for row in self.leaderboard if row.model == self.candidate)


Found = TypeVar("Found", bound=Evaluation)


def read_evaluation(path: Path, kind: type[Found]) -> Found:
    """Read evaluation.json.

    Raises:
        UserError: if it is absent.
    """
    try:
        return kind.model_validate_json(path.read_bytes(), strict=False)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; build it first (dvc repro)") from error
