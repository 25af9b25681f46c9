"""What flows, regions and distances must look like: Great Expectations suites, declared in code."""

import sys
from collections.abc import Iterator

import great_expectations.expectations as gxe
import pandas as pd

from pipelines.config.migration import REGION_COLUMNS, MigrationRun
from pipelines.migration.checking.query_suites import cell_expectations, query_suite, search_suite
from pipelines.migration.checking.totals import (
    Tables,
    expected_periods,
    period_totals,
    read_tables,
    region_totals,
)
from pipelines.paths import RunPaths
from pipelines.suite import Suite, says

FINITE = sys.float_info.max
CORRIDOR = ("origin", "destination")
HALF = 0.5


def suites(name: str, config: MigrationRun) -> Iterator[list[Suite]]:
    """The suites on a run's tables as they are, then those on what they sum to."""
    tables = read_tables(RunPaths(name).extracted, extracted=config.source.kind != "flows")
    yield table_suites(tables, config)
    yield summary_suites(tables, config)


def table_suites(tables: Tables, config: MigrationRun) -> list[Suite]:
    """The suites on the rows of the tables as they are."""
    regions = tables.regions
    codes = sorted(regions["region"].dropna().unique()) if "region" in regions else []
    of_queries = [] if tables.queries is None else [query_suite(tables.queries, tables.flows, config)]
    suites = [
        *of_queries,
        _flows(tables.flows, codes, config),
        _regions(regions, with_distances=tables.distances is not None),
    ]
    return suites if tables.distances is None else [*suites, _distances(tables.distances, codes)]


def summary_suites(tables: Tables, config: MigrationRun) -> list[Suite]:
    """The suites on what the tables sum to; they mean something only once the rows are right."""
    of_search = [] if tables.search is None else [search_suite(tables.search, tables.flows)]
    return [_periods(tables, config), _exchange(tables), *of_search]


def _columns(names: tuple[str, ...]) -> gxe.Expectation:
    text = says(
        f"The columns are exactly {', '.join(names)}.", "map the columns in the run's columns section"
    )
    return gxe.ExpectTableColumnsToMatchSet(column_set=list(names), exact_match=True, **text)


def _present(names: tuple[str, ...]) -> list[gxe.Expectation]:
    mend = "fill the value or drop the row in the source"
    return [
        gxe.ExpectColumnValuesToNotBeNull(column=name, **says(f"The {name} is always given.", mend))
        for name in names
    ]


def _known(names: tuple[str, ...], codes: list[str]) -> list[gxe.Expectation]:
    mend = "add the region to the regions table, or merge it into another (regions.merge)"
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column=name, value_set=codes, **says(f"Every {name} is a known region.", mend)
        )
        for name in names
    ]


def _flows(flows: pd.DataFrame, codes: list[str], config: MigrationRun) -> Suite:
    floor = config.checks.min_rows
    key = ("period", *CORRIDOR)
    first, last = config.migration.period.first, config.migration.period.last
    extracted = config.source.kind != "flows"
    counts = ("count", "n_users", "n_queries") if extracted else ("count",)
    return Suite(
        "flows",
        "Flows, a row for every period, origin and destination",
        flows,
        key,
        (
            _columns((*key, *counts)),
            gxe.ExpectTableRowCountToBeBetween(
                min_value=floor,
                **says(
                    f"There are at least {floor:,} rows.",
                    "look for a cut-off file or too narrow a period, or lower checks.min_rows",
                ),
            ),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=list(key),
                **says(
                    "No period, origin and destination appear together twice.",
                    "sum or drop the duplicates in the source",
                ),
            ),
            *_present((*key, *counts)),
            *(cell_expectations(config) if extracted else ()),
            gxe.ExpectColumnValuesToBeOfType(
                column="count",
                type_="float64",
                **says("Counts are numbers.", "remove text from the count column"),
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="count",
                min_value=0,
                max_value=FINITE,
                **says("Every count is finite and not negative.", "correct or drop these rows in the source"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column="period",
                value_set=expected_periods(config),
                **says(
                    f"Every period lies between {first} and {last}, outside the gaps.",
                    "check period.unit, period.from, period.to and period.gaps",
                ),
            ),
            *_known(CORRIDOR, codes),
        ),
    )


def _regions(regions: pd.DataFrame, *, with_distances: bool) -> Suite:
    known = tuple(name for name in REGION_COLUMNS[4:] if name in regions)
    columns = ("region", "name", "lat", "lon", *known)
    expectations: list[gxe.Expectation] = [
        _columns(columns),
        gxe.ExpectTableRowCountToBeBetween(
            min_value=2, **says("There are at least two regions.", "check regions.keep and regions.merge")
        ),
        *_present(("region", "name")),
        gxe.ExpectColumnValuesToBeUnique(
            column="region",
            **says("No region's code appears twice.", "drop the duplicate from the regions table"),
        ),
        gxe.ExpectColumnValuesToBeUnique(
            column="name",
            **says("No two regions share a name.", "give each region its own name", "warning"),
        ),
    ]
    for column, word, limit in (("lat", "latitude", 90), ("lon", "longitude", 180)):
        expectations.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=column,
                min_value=-limit,
                max_value=limit,
                **says(
                    f"Every known {word} lies between -{limit} and {limit} degrees.",
                    "check that regions.lat and regions.lon are not swapped, and are degrees",
                ),
            )
        )
        if not with_distances and column in regions and regions[column].notna().any():
            expectations.append(
                gxe.ExpectColumnValuesToNotBeNull(
                    column=column,
                    **says(f"Every region has a {word}.", "add the coordinates that are missing", "warning"),
                )
            )
    return Suite("regions", "Regions", regions, ("region",), tuple(expectations))


def _distances(distances: pd.DataFrame, codes: list[str]) -> Suite:
    return Suite(
        "distances",
        "Distances between regions",
        distances,
        CORRIDOR,
        (
            _columns((*CORRIDOR, "km")),
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=list(CORRIDOR),
                **says("No origin and destination appear together twice.", "keep one distance a pair"),
            ),
            *_present((*CORRIDOR, "km")),
            gxe.ExpectColumnValuesToBeBetween(
                column="km",
                min_value=0,
                max_value=FINITE,
                **says("Every distance is finite and not negative.", "correct the distances table"),
            ),
            *_known(CORRIDOR, codes),
        ),
    )


def _periods(tables: Tables, config: MigrationRun) -> Suite:
    limits = config.checks
    expectations: list[gxe.Expectation] = [
        gxe.ExpectColumnValuesToBeBetween(
            column="rows",
            min_value=1,
            **says("Every period has rows.", "add the period to the source, or name it in period.gaps"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="jump",
            max_value=limits.max_jump,
            **says(
                f"No period's total is over {limits.max_jump:g} times its neighbour's, or under one over it.",
                "look whether the source was counted differently from then on",
                "warning",
            ),
        ),
    ]
    if config.migration.cells.absent == "missing":
        expectations.append(
            gxe.ExpectColumnMeanToBeBetween(
                column="missing",
                max_value=limits.max_missing,
                **says(
                    f"At most {limits.max_missing:.0%} of the cells are unknown.",
                    "keep fewer regions (regions.keep), shorten the period, or raise checks.max_missing",
                ),
            )
        )
    return Suite(
        "periods",
        "Totals of the periods",
        period_totals(tables, config),
        ("period",),
        tuple(expectations),
    )


def _exchange(tables: Tables) -> Suite:
    mend = "leave the region out (regions.keep) or merge it into a neighbour (regions.merge)"
    expectations: list[gxe.Expectation] = [
        *(
            gxe.ExpectColumnValuesToBeBetween(
                column=column,
                min_value=0,
                strict_min=True,
                **says(f"Every region has some {column}.", mend, "warning"),
            )
            for column in ("inflow", "outflow")
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="share",
            max_value=HALF,
            **says(
                "No single region takes in more than half of all moves.",
                "read errors per corridor, not their sum: one region decides it",
                "warning",
            ),
        ),
    ]
    if tables.distances is not None:
        expectations.append(
            gxe.ExpectColumnValuesToBeBetween(
                column="far",
                max_value=0,
                **says(
                    "The distance from every region to every other is known.",
                    "complete the distances table, or set regions.distances to null",
                ),
            )
        )
    return Suite(
        "exchange",
        "What each region sends and receives, the diagonal left out",
        region_totals(tables),
        ("region",),
        tuple(expectations),
    )
