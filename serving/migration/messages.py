"""What the migration track is sent, and what it answers."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, FailFast, Field
from typing_extensions import TypeAliasType

from modules.migration.newer_flows import LARGEST_COUNT
from modules.migration.request import ExplainRequest, ForecastRequest, Move
from serving.message import STRICT, ServedModel, whole

# Named types: the OpenAPI document narrows them to the served model's own regions, periods and horizon.
Region = TypeAliasType("Region", Annotated[str, Field(description="A region's code.")])
Period = TypeAliasType("Period", Annotated[str, Field(description="A period's label.")])
Horizon = TypeAliasType(
    "Horizon", Annotated[int, Field(description="Periods ahead.", ge=1), BeforeValidator(whole)]
)
Count = Annotated[float, Field(ge=0, description="Moves.")]


class Message(BaseModel):
    """A strict record."""

    model_config = STRICT


class MoveRow(Message):
    """How many moved in one period from one region to another."""

    period: Period
    origin: Region
    destination: Region
    count: Annotated[float, Field(ge=0, le=LARGEST_COUNT)]


class ForecastQuestion(Message):
    """One corridor, all from an origin, all to a destination, or the whole matrix."""

    origin: Region | None = None
    """Left out: every origin."""
    destination: Region | None = None
    """Left out: every destination."""
    horizon: Horizon | None = None
    """Left out: as many periods as the model was trained for."""
    intervals: bool = True
    """Whether each forecast comes with its lower and upper bound."""
    flows: Annotated[list[MoveRow], FailFast()] = []
    """Flows of the periods right after the model's `as_of`, none left out: forecasts follow them."""

    def request(self) -> ForecastRequest:
        """What the predictor is asked."""
        flows = tuple(Move(row.period, row.origin, row.destination, row.count) for row in self.flows)
        return ForecastRequest(self.origin, self.destination, self.horizon, self.intervals, flows)


class ForecastRow(Message):
    """A forecast of one corridor in one period; the bounds only if asked for."""

    period: Period
    origin: Region
    destination: Region
    count: Count
    lower: Count | None = None
    upper: Count | None = None


class ForecastAnswer(Message):
    """Forecasts by period, origin and destination."""

    model: str
    """Tag of the version that answers."""
    as_of: Period
    """Last period that the forecast knows."""
    forecasts: list[ForecastRow]


class ExplainQuestion(Message):
    """Of which corridor the forecast is to be taken apart."""

    origin: Region
    destination: Region
    horizon: Horizon | None = None
    """Left out: as many periods as the model was trained for."""
    flows: Annotated[list[MoveRow], FailFast()] = []
    """As in a forecast."""

    def request(self) -> ExplainRequest:
        """What the predictor is asked."""
        flows = tuple(Move(row.period, row.origin, row.destination, row.count) for row in self.flows)
        return ExplainRequest(self.origin, self.destination, self.horizon, flows)


class LagRow(Message):
    """What one known period adds to log1p of the forecast."""

    of: str
    """Whose past: the corridor's own, the opposite one's, all from its origin, all to its destination."""
    period: Period
    adds: float


class ExplanationRow(ForecastRow):
    """A forecast and what it is the sum of: log1p_count = lags + terms, count = max(0, e^log1p_count - 1)."""

    lags: list[LagRow]
    terms: dict[str, float]
    log1p_count: float


class ExplainAnswer(Message):
    """Explained forecasts of one corridor, by period."""

    model: str
    as_of: Period
    explanations: list[ExplanationRow]


class Rank(Message):
    """Where a region stands among all of the model's, in one variable and period; 1 is the largest."""

    period: Period
    value: float
    """Standardised over regions."""
    percentile: Annotated[float, Field(ge=0, le=100)]
    rank: Annotated[int, Field(ge=1)]
    rank_low: Annotated[int, Field(ge=1)]
    """Lower end of the 90 % interval of the rank."""
    rank_high: Annotated[int, Field(ge=1)]


class Variables(Message):
    """What the model makes of a region; only those that the data can check."""

    pull: list[Rank] = []
    """How strongly it attracts."""
    push: list[Rank] = []
    """How strongly it sends away."""
    stay: list[Rank] = []
    """How strongly it keeps; without moves inside regions, its net inflow."""
    reach: list[Rank] = []
    """How slowly what it sends thins out with distance."""


class Totals(Message):
    """Moves into and out of a region in one period, without those inside it."""

    period: Period
    inflow: Count
    outflow: Count


class RegionRow(Message):
    """A region and its moves in the last known period, without those inside it."""

    id: Region
    name: str
    inflow: Count
    outflow: Count


class RegionsAnswer(Message):
    """Every region of the model."""

    model: str
    as_of: Period
    regions: list[RegionRow]


class RegionAnswer(Message):
    """One region: what is known, what is forecast, and its busiest corridors in the next period."""

    model: str
    as_of: Period
    region: RegionRow
    forecast: list[Totals]
    origins: list[ForecastRow]
    """Busiest origins of moves to it."""
    destinations: list[ForecastRow]
    """Busiest destinations of moves from it."""
    variables: Variables | None
    """Of a model without city variables (a baseline): none."""


class ModelAnswer(ServedModel):
    """The version that is served, how it was judged and where it comes from."""

    as_of: Period
