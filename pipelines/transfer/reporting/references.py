"""The flows that text tells beside flows that others counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from modules.errors import UserError
from modules.transfer.places.policy import policy
from pipelines.transfer.reporting.mining.association import Association, association, changes
from pipelines.transfer.reporting.mining.cross_mapping import CrossMap, cross_map
from pipelines.transfer.reporting.tallies import Values, busiest, matrix

COLUMNS = ("year", "origin", "destination", "count")
COUNTRIES = 30
FEWEST = 5
"""Countries that both must have."""
_YEARS = 3
"""Years from which on there are changes to compare."""
_PERMUTATIONS = 199


@dataclass(frozen=True)
class Compared:
    """What the flows told by text have to do with one series counted elsewhere."""

    name: str
    years: tuple[int, ...]
    """That both have."""
    countries: int
    flows: int
    """Told by text in these years between these countries."""
    level: Association | None
    """Over cells, all years together; none: too few countries or no common year."""
    change: Association | None
    """Over first differences of cells; none: fewer than three years besides."""
    leads: CrossMap | None
    """Whether the reference's yearly total drives the text's."""
    follows: CrossMap | None
    """The other way round."""


def compare(flows: pd.DataFrame, references: Mapping[str, Path], seed: int) -> list[Compared]:
    """Each reference against the flows, on the years and busiest countries that both have.

    Raises:
        UserError: if a file is absent, lacks a column, or holds what is no number or no member's code.
    """
    return [_compared(flows, name, read_reference(path), seed) for name, path in sorted(references.items())]


def read_reference(path: Path) -> pd.DataFrame:
    """A csv of year, origin, destination (alpha-3) and count; flows within a country are left out.

    Raises:
        UserError: if it is absent, lacks a column, or holds what is no number or no member's code.
    """
    try:
        frame = pd.read_csv(path, keep_default_na=False, dtype="string")
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; mend transfer.references") from error
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: is not a sound csv file in utf-8; mend transfer.references") from error
    lacking = [column for column in COLUMNS if column not in frame]
    if lacking:
        raise UserError(f"{path}: column {lacking[0]!r} is missing; the columns are {', '.join(COLUMNS)}")
    for column in ("year", "count"):
        numbers = pd.to_numeric(frame[column], errors="coerce")
        wrong = numbers.isna() | (numbers < 0) | ((numbers % 1 != 0) & (column == "year"))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise UserError(
                f"{path}: {column} {frame[column].iloc[row]!r} in line {row + 2} is no {column}; mend it"
            )
        frame[column] = numbers.astype("float64" if column == "count" else "int64")
    members = policy().members
    known = frame["origin"].isin(members.keys()) & frame["destination"].isin(members.keys())
    if not known.any():
        raise UserError(f"{path}: no row names two members of the UN by their alpha-3 codes, like HUN")
    return frame[known & (frame["origin"] != frame["destination"])]


def _compared(flows: pd.DataFrame, name: str, reference: pd.DataFrame, seed: int) -> Compared:
    dated = flows[flows["year"].notna()]
    both = {*reference["origin"], *reference["destination"]}
    countries = sorted([iso3 for iso3 in busiest(dated) if iso3 in both][:COUNTRIES])
    years = _common(dated["year"], reference["year"])
    kept = dated[
        dated["year"].isin(years) & dated["origin"].isin(countries) & dated["destination"].isin(countries)
    ]
    if len(countries) < FEWEST or not years:
        return Compared(name, years, len(countries), len(kept), None, None, None, None)
    told = np.stack([matrix(kept[kept["year"] == year], countries) for year in years])
    counted = np.stack([_sums(reference[reference["year"] == year], countries) for year in years])
    change = None
    if len(years) >= _YEARS:
        change = association(changes(told), changes(counted), seed, _PERMUTATIONS)
    totals = told.sum((1, 2)), counted.sum((1, 2))
    return Compared(
        name=name,
        years=years,
        countries=len(countries),
        flows=len(kept),
        level=association(told.sum(0), counted.sum(0), seed, _PERMUTATIONS),
        change=change,
        leads=cross_map(totals[1], totals[0], seed),
        follows=cross_map(*totals, seed),
    )


def _common(told: pd.Series, counted: pd.Series) -> tuple[int, ...]:
    """The years from the later beginning to the earlier end."""
    if told.empty or counted.empty:
        return ()
    return tuple(range(int(max(told.min(), counted.min())), int(min(told.max(), counted.max())) + 1))


def _sums(reference: pd.DataFrame, countries: list[str]) -> Values:
    counted = reference.pivot_table("count", "origin", "destination", aggfunc="sum")
    values: Values = counted.reindex(index=countries, columns=countries).fillna(0).to_numpy(np.float64)
    return values
