"""A run's origin-destination tensor and its split."""

from modules.migration.cells import CellRules
from modules.migration.flows import Flows, read_flows
from modules.migration.origins import Split, chronological_split
from pipelines.config.migration import MigrationRun
from pipelines.paths import RunPaths


def open_flows(name: str, config: MigrationRun) -> tuple[Flows, Split]:
    """Read a run's extracted flows and cut the time axis."""
    period, cells = config.migration.period, config.migration.cells
    rules = CellRules(absent=cells.absent, zero=cells.zero, diagonal=cells.diagonal)
    folder = RunPaths(name).extracted
    flows = read_flows(folder, period.calendar, period.ordinals, period.gap_ordinals, rules)
    return flows, chronological_split(
        flows.observed, config.migration.windows.validation, config.migration.windows.test
    )
