"""A run's flows as the models see them."""

from dataclasses import dataclass

from modules.migration.flow_data import FlowData
from modules.migration.flows import Flows
from modules.migration.origins import Split
from pipelines.config.migration import MigrationRun
from pipelines.migration.fitting.flows_of_run import open_flows


@dataclass(frozen=True)
class RunData:
    """The tensor, its split, and the data of its two fits."""

    flows: Flows
    split: Split
    backtest: FlowData
    """Fits before validation, judges on validation."""
    final: FlowData
    """Fits before the test, judges on the test."""


def open_data(name: str, config: MigrationRun) -> RunData:
    """Read a run's extracted flows and cut them into windows."""
    flows, split = open_flows(name, config)
    windows = config.migration.windows
    ends = ((split.validation, split.test), (split.test, len(flows.observed)))
    backtest, final = (FlowData(flows, windows.length, windows.horizon, *end) for end in ends)
    return RunData(flows, split, backtest, final)
