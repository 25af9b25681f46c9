"""What a track's model makes of one row of questions."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from pipelines.config import RunConfig
from pipelines.config.migration import MigrationRun
from pipelines.config.recommendation import RecommendationRun


class Answerer(Protocol):
    """A loaded predictor that is asked row by row."""

    @property
    def asked(self) -> Collection[str]:
        """Columns that a table of questions may have."""

    @property
    def passed(self) -> Collection[str]:
        """Columns that it may have besides, and that are not looked at."""

    @property
    def answer(self) -> pa.Schema:
        """Of the rows of an answer."""

    def __call__(self, question: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Rows of the answer.

        Raises:
            RequestError: naming the column that cannot be answered.
        """


def answerer(config: RunConfig, artefact: Path) -> Answerer:
    """The answerer of a run's track over a sealed artefact.

    Raises:
        UserError: if the artefact is torn, changed or of another format.
    """
    if isinstance(config, MigrationRun):
        from pipelines.migration.answering import Forecasts  # noqa: PLC0415 - only a run's own track is loaded

        return Forecasts(artefact)
    if isinstance(config, RecommendationRun):
        from pipelines.recommendation.answering import Shortlists  # noqa: PLC0415 - the same

        return Shortlists(artefact)
    from pipelines.transfer.answering import Verdicts  # noqa: PLC0415 - the same

    return Verdicts(artefact)
