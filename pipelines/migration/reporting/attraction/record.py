"""What the city report shows: the record that its page, its script and its tables are made of.

Cities are numbered by their place in `cities`; a tuple over cities has one value for each.
"""

from typing import Literal

from modules.period import Unit
from pipelines.config import Section

Values = tuple[float | None, ...]
"""One value a city; none where it is not known."""
Partner = tuple[int, float, float | None, float | None]
"""Another city, moves, moves in the period before, moves that the model expects next."""
Basis = Literal["observed", "forecast", "last observed"]


class City(Section):
    """One city and what is known of it."""

    region: str
    name: str
    name_en: str | None = None
    lat: float | None = None
    lon: float | None = None
    population: float | None = None
    tier: str | None = None
    """Size class."""
    province: str | None = None


class Ranking(Section):
    """Cities in the order of one value."""

    value: Values
    rank: Values
    low: Values
    high: Values
    tied: tuple[bool, ...]
    """Whether the city cannot be told from the next one above it."""


class Changes(Section):
    """What changed against another period, over cities."""

    period: str
    inflow: Values
    outflow: Values
    rank: Values
    sources: tuple[tuple[tuple[int, float], ...], ...]
    """The sources that changed most, and by how many moves: most gained, most lost."""
    destinations: tuple[tuple[tuple[int, float], ...], ...]


class Shown(Section):
    """One period of the picker."""

    period: str
    ahead: int
    """0: observed; k: k periods after the last observed one, as forecast."""
    total: float
    """Moves between cities."""
    index: Ranking
    """The attraction index, 100 for the top city."""
    inflow: Values
    outflow: Values
    dials: dict[str, Ranking]
    """Pull, push, stay and reach."""
    basis: Basis
    """Where the dials come from."""
    corridors: tuple[tuple[int, int, float], ...]
    """The largest corridors: from, to, moves."""
    sources: tuple[tuple[Partner, ...], ...]
    """The largest of each city."""
    destinations: tuple[tuple[Partner, ...], ...]
    next_period: str | None
    """The period that the partners' expected moves are of."""
    since: Changes | None
    """Against the period before."""
    cycle_ago: Changes | None
    """Against the same period one calendar cycle before."""


class Grouping(Section):
    """The cities by size class, part of the country or province, and the groups' shares by shown period."""

    name: str
    groups: tuple[str, ...]
    members: tuple[int, ...]
    """Number of cities of each group."""
    inflow: tuple[tuple[float, ...], ...]
    """Period by group: share of all inflow."""
    net: tuple[tuple[float, ...], ...]


class Series(Section):
    """Inflow and outflow of every city, observed and then forecast."""

    periods: tuple[str, ...]
    observed: int
    """How many of the periods are observed."""
    inflow: tuple[Values, ...]
    """City by period."""
    outflow: tuple[Values, ...]
    inflow_low: tuple[Values, ...]
    """City by forecast period."""
    inflow_high: tuple[Values, ...]
    outflow_low: tuple[Values, ...]
    outflow_high: tuple[Values, ...]
    coverage: float
    """Nominal coverage of the intervals."""
    origins: int
    """Forecasts of the test that they are calibrated on."""


class Reasons(Section):
    """Why the model expects a city's inflow: addends of log(1 + moves), mean over its incoming corridors."""

    lags: int
    """How many of the addends, the first ones, are the corridors' own past, last period first."""
    addends: tuple[str, ...]
    value: tuple[tuple[tuple[float, ...], ...], ...]
    """Period ahead by city by addend."""


class Peers(Section):
    """The most similar cities of every city."""

    by: Literal["representation", "profile"]
    """The model's city representations, or the cities' shares of partners."""
    nearest: tuple[tuple[tuple[int, float], ...], ...]
    """City by peer: which, and how similar (1: the same)."""


class Quality(Section):
    """What the data were and what became of them."""

    rows: tuple[tuple[str, int], ...]
    """From the source to the table: step, rows."""
    suppressed: float | None
    """Share of the people hidden for privacy (none: not that kind of data)."""
    k_anonymity: int | None
    read_right: tuple[float, float] | None
    """Precision and recall of the destinations read from queries whose words nothing was tuned on (none: what
    was meant is not known)."""
    unlisted: float
    """Share of the origin-destination-period cells without a count: unknown, or too small to be listed."""
    gaps: tuple[tuple[str, str], ...]
    """First and last period of each."""
    checks: int
    warnings: tuple[str, ...]
    held: tuple[int, int]
    """Of the corridor intervals' coverage cells: held, all."""


class CityReport(Section):
    """Everything on the page."""

    run: str
    unit: Unit
    source: Literal["simulate", "queries", "flows"]
    model: str
    sha12: str
    """First 12 hex digits of the sha256 of the packaged weights."""
    diagonal: bool
    normalised: bool
    """Whether counts of searchers were scaled up to inhabitants."""
    resampled: Literal["users", "changes"]
    """What rank intervals of observed periods come from."""
    cities: tuple[City, ...]
    first: str
    """First observed period of the data."""
    shown: tuple[Shown, ...]
    """Oldest first; the last of them are forecast."""
    groupings: tuple[Grouping, ...]
    series: Series
    reasons: Reasons
    peers: Peers
    quality: Quality

    @property
    def latest(self) -> Shown:
        """The last observed period."""
        return next(shown for shown in reversed(self.shown) if not shown.ahead)
