"""Candidate against champion on the data as they are now."""

from dataclasses import dataclass
from pathlib import Path

from modules.errors import UserError
from pipelines.config import RunConfig
from pipelines.config.migration import MigrationRun
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.transfer import TransferRun
from pipelines.release.records import Comparison, Realised


class IncomparableError(UserError):
    """Two predictors that no test set can be found for."""


@dataclass(frozen=True)
class Challenge:
    """What the champion is worth on today's data, beside the candidate."""

    comparison: Comparison | None = None
    realised: Realised | None = None
    why_not: str = ""
    """Why there is no comparison."""


def challenge(name: str, config: RunConfig, candidate: Path, champion: Path) -> Challenge:
    """Compare two sealed artefacts on a run's data, and see what became of the champion's last forecast."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.judging.rescore import challenge as of_flows  # noqa: PLC0415 - its own track

        return of_flows(name, config, candidate, champion)
    if isinstance(config, RecommendationRun):
        from pipelines.recommendation.judging.rescore import challenge as of_pairs  # noqa: PLC0415

        return of_pairs(name, config, candidate, champion)
    if isinstance(config, TransferRun):
        from pipelines.transfer.judging.rescore import challenge as of_transfers  # noqa: PLC0415

        return of_transfers(name, config, candidate, champion)
    raise TypeError(config.track)
