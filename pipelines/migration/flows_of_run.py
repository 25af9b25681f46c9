"""A run's origin-destination tensor and its split."""

from modules.migration.cells import CellRules
from modules.migration.flows import Flows, read_flows
from modules.migration.origins import Split, chronological_split
from pipelines.config import RunConfig
from pipelines.paths import RunPaths


def open_flows(name: str, config: RunConfig) -> tuple[Flows, Split]:
    """Read a run's extracted flows and cut the time axis."""
    period, cells = config.period, config.cells
    rules = CellRules(absent=cells.absent, zero=cells.zero, diagonal=cells.diagonal)
    folder = RunPaths(name).extracted
    flows = read_flows(folder, period.calendar, period.ordinals, period.gap_ordinals, rules)
    return flows, chronological_split(flows.observed, config.windows.validation, config.windows.test)
