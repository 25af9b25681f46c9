"""What evaluation found on flows: the record that evaluate writes and report reads."""

from typing import Literal

from modules.period import Unit
from pipelines.config.section import Section
from pipelines.evaluation import Bounds, Evaluation, Row, Spread

METRICS = ("mae", "rmse", "wape", "cpc", "skill_level", "skill_change", "spearman", "ndcg")


TOLERANCE = 0.05
"""How far coverage may be from nominal."""


def held(coverage: float, nominal: float) -> bool:
    """Whether coverage is within TOLERANCE of nominal, both ends included."""
    return round(abs(coverage - nominal), 9) <= TOLERANCE


class FlowRow(Row):
    """One model on the leaderboard."""

    backtest_mae: Spread
    """MAE of the rolling-origin back-test on validation: what ranks."""
    test_mae: Bounds
    by_horizon: tuple[float, ...]
    """Test MAE at horizon 1, 2, ..."""


class VariableScore(Section):
    """How a city variable orders the cities in the test periods, as said one period ahead."""

    name: str
    spearman: Spread
    """With the variable's statistic, mean over periods."""
    planted: Spread | None
    """With what the simulation planted (none: not simulated)."""


class Reading(Section):
    """Destinations read from texts against those meant, over (query, destination) pairs."""

    queries: int
    precision: float
    recall: float
    f1: float


class Recovery(Section):
    """Extracted flows against the planted ones, over the cells of all observed periods."""

    cells: int
    cpc: float
    """Common part of commuters, 2 sum(min) / sum of both, counts as they are."""
    cpc_shape: float
    """The same with each period's totals made equal: what is lost beside the level."""
    spearman: float
    """A suppressed cell is 0."""
    spearman_listed: float
    """Over the cells that were not suppressed."""
    ratio: float
    """Extracted people over planted people."""


class ExtractionScore(Section):
    """The judgement of an extraction whose truth is known."""

    main: Reading
    """Texts from the phrases that the simulation writes most queries with."""
    held_back: Reading
    """Texts from phrases that nothing was tuned on."""
    caught: dict[str, float]
    """Kind of dirt -> share of its rows that were treated right: not counted, or read as meant."""
    recovery: Recovery | None
    """None where the run's periods are shorter than the months of the truth."""


class Coverage(Section):
    """Share of test cells inside the candidate's conformal interval."""

    horizon: int
    corridors: Literal["small", "medium", "large"]
    cells: int
    coverage: float
    width: float
    """Mean width, in moves."""
    held: bool
    """Within five points of the nominal coverage."""


class Series(Section):
    """One corridor: history and test truth, one-step forecasts over the test, and the forecast to come."""

    origin: str
    destination: str
    periods: tuple[str, ...]
    """Observed periods, oldest first."""
    actual: tuple[float | None, ...]
    forecast_periods: tuple[str, ...]
    """Test periods (forecast one step ahead), then the periods after the data (1..h steps ahead)."""
    forecast: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    baseline: tuple[float | None, ...]
    """The best baseline's forecast for the same periods."""


class Inflow(Section):
    """Inflow of one region over the test, off the diagonal, one step ahead."""

    region: str
    actual: float
    forecast: float


class FlowEvaluation(Evaluation):
    """Everything the report shows about the models of a run."""

    unit: Unit
    horizon: int
    length: int
    regions: dict[str, str]
    """Region -> name."""
    geography: bool
    """Whether distances were known."""
    spans: dict[Literal["train", "validation", "test"], tuple[str, str]]
    observed_periods: int
    nominal_coverage: float
    leaderboard: tuple[FlowRow, ...]
    """By back-test MAE."""
    coverage: tuple[Coverage, ...]
    corridors: tuple[Series, ...]
    """The busiest corridors."""
    inflow: tuple[Inflow, ...]
    """By actual inflow, largest first."""
    extraction: ExtractionScore | None
    """How raw queries were read, where a simulation knows what they meant."""
    variables: tuple[VariableScore, ...]
    """Of DHG-SIL, whether or not it is the candidate; empty if it did not take part."""
