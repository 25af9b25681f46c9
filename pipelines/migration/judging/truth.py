"""What has become of a packaged forecaster's last forecast, for `talentflow monitor`."""

from pathlib import Path

from modules.migration.predictor import MigrationPredictor
from pipelines.card import read_card
from pipelines.config.migration import MigrationRun
from pipelines.migration.fitting.data import open_data
from pipelines.migration.judging.come_true import come_true, coverage_interval, realised
from pipelines.migration.judging.evaluation import TOLERANCE
from pipelines.monitoring.truth import Truth


def truth_of(name: str, config: MigrationRun, artefact: Path, nominal: float) -> Truth | None:
    """Hold a sealed artefact's forecast against the run's data as they are now; none: nothing has come.

    Raises:
        UserError: if the artefact is torn, changed or of another format, or the run's data cannot be read.
    """
    come = come_true(open_data(name, config), MigrationPredictor.load(artefact))
    if come is None:
        return None
    card, _ = read_card(artefact)
    return Truth(
        realised=realised(come, nominal),
        coverage=coverage_interval(come, config.evaluate.bootstrap, config.seed),
        tested=next(each.mean for each in card.test if each.name == "mae"),
        tolerance=TOLERANCE,
    )
