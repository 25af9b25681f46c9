"""What evaluation found: the record that evaluate writes and report reads."""

from pathlib import Path
from typing import Literal

from modules.errors import UserError
from modules.migration.period import Unit
from modules.role import Role
from pipelines.config import Section

METRICS = ("mae", "rmse", "wape", "cpc", "skill_level", "skill_change", "spearman", "ndcg")


TOLERANCE = 0.05
"""How far coverage may be from nominal."""


def held(coverage: float, nominal: float) -> bool:
    """Whether coverage is within TOLERANCE of nominal, both ends included."""
    return round(abs(coverage - nominal), 9) <= TOLERANCE


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
    backtest_mae: Spread
    """MAE of the rolling-origin back-test on validation: what ranks."""
    test: dict[str, Spread]
    """METRICS on the final chronological test: what is claimed."""
    test_mae: Bounds
    improvement: Bounds | None
    """Best baseline's test MAE minus this model's, paired (none for the best baseline itself)."""
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


class Slice(Section):
    """Test MAE of every model on a part of the corridors."""

    name: str
    cells: int
    mae: dict[str, float]


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


class Evaluation(Section):
    """Everything the report shows about the models of a run."""

    run: str
    unit: Unit
    horizon: int
    length: int
    regions: dict[str, str]
    """Region -> name."""
    geography: bool
    """Whether distances were known."""
    spans: dict[Literal["train", "validation", "test"], tuple[str, str]]
    observed_periods: int
    candidate: str
    """First in the back-test, baselines included, parts of our own model not."""
    best_baseline: str
    """First baseline in the back-test."""
    sha12: str
    """First 12 hex digits of the sha256 of the packaged weights."""
    nominal_coverage: float
    leaderboard: tuple[Row, ...]
    """By back-test MAE."""
    slices: tuple[Slice, ...]
    coverage: tuple[Coverage, ...]
    corridors: tuple[Series, ...]
    """The busiest corridors."""
    inflow: tuple[Inflow, ...]
    """By actual inflow, largest first."""
    extraction: ExtractionScore | None
    """How raw queries were read, where a simulation knows what they meant."""
    variables: tuple[VariableScore, ...]
    """Of DHG-SIL, whether or not it is the candidate; empty if it did not take part."""


def read_evaluation(path: Path) -> Evaluation:
    """Read evaluation.json.

    Raises:
        UserError: if it is absent.
    """
    try:
        return Evaluation.model_validate_json(path.read_bytes(), strict=False)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; build it first (dvc repro)") from error
