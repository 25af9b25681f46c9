"""What the report counts in the table of transfers and the articles they come from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest, poisson

from modules.transfer.consensus import LEVELS
from modules.transfer.places.policy import policy
from pipelines.evaluation import Bounds
from pipelines.transfer.judging.evaluation import wilson

Values = NDArray[np.float64]
TOP = 5
"""Domains whose share together is told."""
NO_DATE = "no date"
_ROUNDS = 200
_CHANCE = 0.05
_FOR_ALL = frozenset({"co", "fm", "la", "ly", "me", "to", "tv", "ws"})
"""Countries' endings that are sold to everybody."""


@dataclass(frozen=True)
class Concentration:
    """How few domains the rows come from."""

    rows: int
    domains: int
    hhi: float
    """Herfindahl-Hirschman index: the sum of squared shares, 1 where all is of one domain."""
    top_share: float
    """Of the five largest."""


@dataclass(frozen=True)
class Yield:
    """Articles of a domain or a year, and how many of them tell a transfer."""

    name: str
    articles: int
    told: int
    share: Bounds | None


@dataclass(frozen=True)
class Trajectory:
    """One country, year by year."""

    country: str
    into: int
    out: int
    ratio: Bounds | None
    years: tuple[tuple[int, int, int], ...]
    """Year, in and out."""


@dataclass(frozen=True)
class Cell:
    """A pair of countries against what their totals let expect."""

    origin: str
    destination: str
    count: int
    expected: float
    log_ratio: float
    certain: bool
    """Whether chance alone, over all cells, would hardly do so."""


def flows_of(transfers: pd.DataFrame) -> pd.DataFrame:
    """The rows that count as flows, with their year (none: not known)."""
    flows = transfers[transfers["flow"]].copy()
    flows["year"] = pd.to_numeric(flows["period"].astype("string").str[:4]).astype("Int64")
    return flows


def by_level(transfers: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Level, rows and flows; a row of a narrow level counts in those that follow."""
    found: list[tuple[str, int, int]] = []
    for at, level in enumerate(LEVELS):
        rows = transfers[transfers["level"].isin(LEVELS[: at + 1])]
        found.append((level, len(rows), int(rows["flow"].sum())))
    return found


def name_of(iso3: str) -> str:
    """A country's name, or its code where the policy has counted what is no member."""
    member = policy().members.get(iso3)
    return member.name if member else iso3


def region_of(iso3: str) -> str:
    """Its region of the world (M49)."""
    member = policy().members.get(iso3)
    return member.region if member else "other"


def matrix(flows: pd.DataFrame, countries: list[str]) -> Values:
    """Counts, origin by destination."""
    counted = pd.crosstab(flows["origin"], flows["destination"])
    values: Values = counted.reindex(index=countries, columns=countries, fill_value=0).to_numpy(np.float64)
    return values


def busiest(flows: pd.DataFrame) -> list[str]:
    """Countries by what goes in and out together, the busiest first."""
    volume = pd.concat([flows["origin"], flows["destination"]]).value_counts()
    return sorted(volume.index, key=lambda iso3: (-volume[iso3], iso3))


def regions(flows: pd.DataFrame) -> tuple[list[str], list[list[int]]]:
    """Regions and the flows between them, origin by destination."""
    pairs = pd.DataFrame({side: flows[side].map(region_of) for side in ("origin", "destination")})
    names = sorted({*pairs["origin"], *pairs["destination"]})
    return names, matrix(pairs, names).astype(int).tolist()


def concentration(domains: pd.Series) -> Concentration:
    """How few domains a column of them names."""
    shares = domains.value_counts(normalize=True)
    return Concentration(len(domains), len(shares), float((shares**2).sum()), float(shares.iloc[:TOP].sum()))


def homes(domains: pd.Series) -> list[tuple[str, int]]:
    """Region of the country that a domain's ending names, and rows; `unknown` of .com and the like."""
    by_ending = {member.iso2.lower(): member.region for member in policy().members.values()} | {
        "uk": "Europe"
    }
    endings = domains.str.rsplit(".", n=1).str[-1]
    named = endings.map({ending: by_ending[ending] for ending in by_ending.keys() - _FOR_ALL})
    counts = Counter(named.fillna("unknown"))
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def yields(articles: pd.DataFrame, transfers: pd.DataFrame, key: str) -> list[Yield]:
    """By registered domain (the largest first) or year of publication, how many articles tell a transfer."""
    told = articles["article_id"].isin(transfers["article_id"])
    if key == "year":
        years = pd.to_datetime(articles["published"]).dt.year.astype("Int64")
        names = years.astype("string").fillna(NO_DATE)
    else:
        names = articles[key].astype("string")
    counted = told.groupby(names).agg(["size", "sum"])
    found = [
        Yield(str(name), int(size), int(kept), wilson(int(kept), int(size)))
        for name, size, kept in counted.itertuples()
    ]
    return sorted(found, key=lambda each: each.name if key == "year" else (-each.articles, each.name))


def trajectories(flows: pd.DataFrame, countries: Sequence[str]) -> list[Trajectory]:
    """In and out of each country; flows without a year count in the totals only."""
    dated = flows[flows["year"].notna()]
    span = range(int(dated["year"].min()), int(dated["year"].max()) + 1) if len(dated) else range(0)
    found = []
    for iso3 in countries:
        into, out = (
            dated.loc[dated[side] == iso3, "year"].value_counts() for side in ("destination", "origin")
        )
        totals = int((flows["destination"] == iso3).sum()), int((flows["origin"] == iso3).sum())
        years = tuple((year, int(into.get(year, 0)), int(out.get(year, 0))) for year in span)
        found.append(Trajectory(name_of(iso3), *totals, gain(*totals), years))
    return found


def gain(into: int, out: int) -> Bounds | None:
    """In / out, with the 95 % interval of a ratio of two Poisson counts; none without either.

    Given their sum one of them is binomial (Przyborowski and Wilenski, Biometrika 31, 1940), so the exact
    interval p of a share makes that of the ratio, p / (1 - p). It may be infinite.
    """
    if not into + out:
        return None
    share = binomtest(into, into + out).proportion_ci(method="exact")
    return Bounds(
        estimate=_odds(into / (into + out)), low=_odds(float(share.low)), high=_odds(float(share.high))
    )


def expected(flows: Values) -> Values:
    """What the margins alone would put into each cell off the diagonal, by iterative proportional fitting.

    Quasi-independence: e_ij = a_i b_j where i differs from j, with the margins of the flows (Bishop, Fienberg
    and Holland, Discrete Multivariate Analysis, 1975, chapter 5).

    Args:
        flows: N x N; the diagonal is ignored.
    """
    counts = np.where(np.eye(len(flows), dtype=np.bool_), 0, flows)
    fitted = 1 - np.eye(len(flows))
    for _ in range(_ROUNDS):
        for axis in (1, 0):
            have, want = fitted.sum(axis, keepdims=True), counts.sum(axis, keepdims=True)
            fitted = fitted * np.divide(want, have, out=np.zeros_like(have), where=have > 0)
    values: Values = fitted
    return values


def against_margins(flows: pd.DataFrame, most: int) -> tuple[list[Cell], list[Cell]]:
    """The cells furthest above and below independence by log2((n + 1/2) / (e + 1/2)), the certain ones first.

    A cell is certain if its Poisson tail, both sides, stays below 5 % over the number of cells (Bonferroni).
    """
    countries = sorted({*flows["origin"], *flows["destination"]})
    counts = matrix(flows, countries)
    fitted = expected(counts)
    ratio = np.log2((counts + 0.5) / (fitted + 0.5))
    tail = 2 * np.minimum(poisson.sf(counts - 1, fitted), poisson.cdf(counts, fitted))
    cells = [
        Cell(
            name_of(countries[i]),
            name_of(countries[j]),
            int(counts[i, j]),
            float(fitted[i, j]),
            float(ratio[i, j]),
            bool(tail[i, j] < _CHANCE / (counts.size - len(counts))),
        )
        for i, j in zip(*np.nonzero(~np.eye(len(counts), dtype=np.bool_)), strict=True)
    ]
    cells.sort(key=lambda cell: (cell.log_ratio, cell.origin, cell.destination))
    below = sorted((cell for cell in cells if cell.log_ratio < 0), key=lambda cell: not cell.certain)
    above = sorted(
        (cell for cell in reversed(cells) if cell.log_ratio > 0), key=lambda cell: not cell.certain
    )
    return above[:most], below[:most]


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else float("inf")
