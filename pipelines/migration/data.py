"""A run's flows as the models see them."""

from dataclasses import dataclass

from modules.errors import UserError
from modules.migration.flow_data import FlowData
from modules.migration.flows import CellRules, Flows, read_flows
from modules.migration.windows import Split, chronological_split
from pipelines.config import RunConfig
from pipelines.paths import RunPaths


@dataclass(frozen=True)
class RunData:
    """The tensor, its split, and the data of its two fits."""

    flows: Flows
    split: Split
    backtest: FlowData
    """Fits before validation, judges on validation."""
    final: FlowData
    """Fits before the test, judges on the test."""


def open_data(name: str, config: RunConfig) -> RunData:
    """Read a run's extracted flows and cut them.

    Raises:
        UserError: if the windows do not fit the observed periods.
    """
    period, cells, windows = config.period, config.cells, config.windows
    rules = CellRules(absent=cells.absent, zero=cells.zero, diagonal=cells.diagonal)
    folder = RunPaths(name).extracted
    flows = read_flows(folder, period.calendar, period.ordinals, period.gap_ordinals, rules)
    split = chronological_split(flows, windows.validation, windows.test)
    ends = ((split.validation, split.test), (split.test, len(flows.observed)))
    backtest, final = (FlowData(flows, windows.length, windows.horizon, *end) for end in ends)
    for part, dataset in [("fit", backtest.fitting), ("validate", backtest.judging), ("test", final.judging)]:
        if not len(dataset):
            raise UserError(
                f"runs.{name}.windows: no unbroken {windows.length} periods to {part} on: gaps cut the axis "
                "too short; shorten windows.length or move the spans"
            )
    return RunData(flows, split, backtest, final)
