"""The sections of a run of the migration track."""

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from modules.period import Calendar, Unit
from pipelines.config.checks import Checks
from pipelines.config.extract import Extract, QueriesSource, known_encoding
from pipelines.config.run import RunConfig
from pipelines.config.section import Section, list_to_tuple
from pipelines.config.simulate import SimulateSource


class FlowsSource(Section):
    """A table of counts that the user brings."""

    kind: Literal["flows"]
    path: str = Field(min_length=1)
    """File or pattern under the run's data folder; csv, csv.gz, parquet or npz, told by the ending."""
    sep: str = Field(default=",", pattern=r"^[\t -!#-~]$")
    """csv: the character between fields."""
    encoding: str = "utf-8"
    """csv: how letters became bytes, like utf-8, gb18030 or latin-1."""
    scale: float = Field(default=1.0, gt=0)
    """Multiplies every count (an index that is largest at 1.0 reads better times 1000)."""

    _encoding = field_validator("encoding")(known_encoding)


class Columns(Section):
    """Which columns (npz: arrays) hold what; several columns may make one period, largest unit first."""

    period: tuple[str, ...] = ("period",)
    origin: str = "origin"
    """npz: unused; the second axis of the array, whose positions are the region codes 0, 1, ..."""
    destination: str = "destination"
    """npz: unused; the third axis."""
    count: str = "count"
    """npz: the array [period, origin, destination]."""

    @field_validator("period", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else list_to_tuple(value)


def _label(value: Any) -> Any:
    # YAML reads 1998 as a number and 2020-01-06 as a date; both are labels here.
    return str(value) if isinstance(value, int | dt.date) else value


Label = Annotated[str, BeforeValidator(_label)]


class Span(Section):
    """A closed range of periods."""

    first: Label = Field(alias="from")
    last: Label = Field(alias="to")


class Period(Section):
    """The time axis."""

    unit: Unit
    first: Label = Field(alias="from")
    """First period kept, like 2020-01-06, 2020-01, 1997Q1 or 1998."""
    last: Label = Field(alias="to")
    """Last period kept."""
    gaps: Annotated[tuple[Span, ...], BeforeValidator(list_to_tuple)] = ()
    """Ranges in which nothing was recorded; no window crosses one."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        calendar = self.calendar
        for first, last in [(self.first, self.last), *((gap.first, gap.last) for gap in self.gaps)]:
            if calendar.ordinal(first) > calendar.ordinal(last):
                msg = f"`from` {first} is later than `to` {last}"
                raise ValueError(msg)
        return self

    @property
    def calendar(self) -> Calendar:
        """The calendar of the unit."""
        return Calendar(self.unit)

    @property
    def ordinals(self) -> range:
        """Every period from first to last, gaps included."""
        return range(self.calendar.ordinal(self.first), self.calendar.ordinal(self.last) + 1)

    @property
    def gap_ordinals(self) -> frozenset[int]:
        """The periods in which nothing was recorded."""
        count = self.calendar.ordinal
        return frozenset(p for gap in self.gaps for p in range(count(gap.first), count(gap.last) + 1))

    @property
    def observed(self) -> list[int]:
        """The periods that have data: first to last without the gaps."""
        gaps = self.gap_ordinals
        return [p for p in self.ordinals if p not in gaps]


class Distances(Section):
    """A table of distances between regions."""

    path: str
    """CSV or parquet file under the data folder."""
    origin: str
    destination: str
    km: str


REGION_COLUMNS = ("id", "name", "lat", "lon", "name_en", "population", "tier", "province")


class Regions(Section):
    """The nodes."""

    path: str | None = None
    """Table of regions under the data folder (none: the regions are those that the flows name)."""
    id: str | None = None
    name: str | None = None
    lat: str | None = None
    lon: str | None = None
    name_en: str | None = None
    """Name in Latin letters, for reports."""
    population: str | None = None
    """Inhabitants; with them, people found in queries stand for a population."""
    tier: str | None = None
    province: str | None = None
    distances: Distances | None = None
    """Distances win over coordinates; with neither, the geographic parts of a model are off."""
    merge: dict[str, str] = Field(default_factory=dict)
    """Region -> the region it is counted in; flows between the two become the latter's diagonal."""
    keep: str = "all"
    """`all`, or `60 busiest`: by in- plus out-flow off the diagonal over the periods before the test."""

    @field_validator("keep")
    @classmethod
    def _all_or_so_many(cls, value: str) -> str:
        if re.fullmatch(r"all|[1-9]\d* busiest", value) is None:
            msg = f"{value!r} keeps nothing; write all, or a number and the word: 60 busiest"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _columns_need_a_table(self) -> Self:
        named = [key for key in REGION_COLUMNS if getattr(self, key) is not None]
        if self.path is None and named:
            msg = f"{named[0]} names a column, but regions.path is none: give the table or drop the key"
            raise ValueError(msg)
        if self.path is not None and self.id is None:
            msg = "regions.path is given: say which column holds the region's code (regions.id)"
            raise ValueError(msg)
        if (self.lat is None) != (self.lon is None):
            msg = "lat and lon go together"
            raise ValueError(msg)
        for region, into in self.merge.items():
            if into in self.merge:
                msg = f"merge: {region} goes into {into}, which is merged itself: name where it ends up"
                raise ValueError(msg)
        return self


class Cells(Section):
    """What the table means where it is silent."""

    absent: Literal["zero", "missing", "censored"]
    """An origin-destination-period without a row: nobody moved, unknown, or too few to be listed."""
    zero: Literal[True, "censored"] = True
    """A written zero: true, or `censored` (some positive count below the listing's cut)."""
    diagonal: bool = True
    """Whether origin = destination is a flow to forecast (false: such rows are dropped and counted)."""


class Windows(Section):
    """How the periods are cut; all in periods, and no window crosses a gap."""

    length: int = Field(ge=1)
    """Periods that a forecaster sees."""
    horizon: int = Field(ge=1)
    """Periods that it forecasts."""
    validation: int = Field(ge=1)
    """Observed periods before the test, for choosing."""
    test: int = Field(ge=1)
    """Last observed periods, for the claim."""

    @model_validator(mode="after")
    def _room_for_the_horizon(self) -> Self:
        for part in ("validation", "test"):
            if getattr(self, part) < self.horizon:
                msg = (
                    f"{part} is shorter than horizon {self.horizon}: no forecast of every horizon fits in it"
                )
                raise ValueError(msg)
        return self


class Migration(Section):
    """What only this track has to be told: what the data mean, and how they are cut."""

    extract: Extract = Extract()
    columns: Columns = Columns()
    period: Period
    regions: Regions = Regions()
    cells: Cells
    windows: Windows

    @model_validator(mode="after")
    def _windows_fit(self) -> Self:
        observed = len(self.period.observed)
        windows = self.windows
        need = windows.length + windows.horizon + windows.validation + windows.test
        if observed < need:
            msg = (
                f"windows need at least {need} observed periods (length + horizon + validation + test), "
                f"period has {observed}: shorten a window or widen period"
            )
            raise ValueError(msg)
        return self


class Evaluate(Section):
    """The judgement."""

    coverage: float = Field(default=0.9, gt=0.5, lt=1)
    """Nominal coverage of the conformal intervals."""
    bootstrap: int = Field(default=1000, ge=100)
    """Resamples of origins x destinations x time blocks behind every interval."""
    block: int = Field(default=1, ge=1)
    """Consecutive forecast origins resampled together; at least the horizon is taken."""


class MigrationRun(RunConfig):
    """A run that forecasts flows between regions."""

    track: Literal["migration"]
    source: Annotated[SimulateSource | QueriesSource | FlowsSource, Field(discriminator="kind")]
    migration: Migration
    checks: Checks = Checks()
    evaluate: Evaluate = Evaluate()

    @model_validator(mode="after")
    def _queries_merge_adcodes(self) -> Self:
        if self.source.kind == "flows":
            return self
        merge = self.migration.regions.merge
        for code in (*merge, *merge.values()):
            if re.fullmatch(r"[1-9]\d{5}", code) is None:
                msg = f"migration.regions.merge: {code!r} is no 6-digit adcode, by which queries are matched"
                raise ValueError(msg)
        return self
