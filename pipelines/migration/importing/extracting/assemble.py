"""From counted chunks to flows of people: regions chosen, rare cells suppressed, penetration corrected."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from modules.errors import UserError
from pipelines.config.migration import MigrationRun
from pipelines.migration.importing.extracting.accounts import accounts
from pipelines.migration.importing.extracting.count import UNITS, Counted
from pipelines.migration.importing.extracting.penetration import Weights, penetration


@dataclass(frozen=True)
class Extracted:
    """The tables of a queries run.

    Attributes:
        flows: period, origin, destination, count (people), n_users, n_queries.
        search: period, region, users, rows, job_queries, named.
        queries: the accounts of the rows.
        regions: sorted codes.
        weights: of the normalisation.
    """

    flows: pl.DataFrame
    search: pl.DataFrame
    queries: pl.DataFrame
    regions: list[str]
    weights: Weights


def assemble(
    parts: list[Counted], torn: Mapping[str, int], config: MigrationRun, population: dict[int, float]
) -> Extracted:
    """Put the chunks together.

    Args:
        parts: one a chunk, whole periods each.
        torn: by reason, the csv lines that are no rows.
        config: the run.
        population: adcode -> inhabitants (NaN: unknown) of the regions that may be kept.

    Raises:
        UserError: if fewer than two regions are left.
    """
    cells, search, intentions, fate = (
        pl.concat([getattr(part, name) for part in parts])
        for name in ("cells", "search", "intentions", "fate")
    )
    if torn:
        lost = pl.DataFrame([(None, *each) for each in sorted(torn.items())], fate.schema, orient="row")
        fate = pl.concat([fate, lost])
    kept = _regions(cells, config, population)
    cells = cells.filter(pl.col("origin").is_in(kept), pl.col("code").is_in(kept))
    if not config.migration.cells.diagonal:
        cells = cells.filter(pl.col("origin") != pl.col("code"))
    search = search.filter(pl.col("origin").is_in(kept))
    weights = penetration(search, population, config)
    public = pl.col("users") >= config.migration.extract.k_anonymity
    labels = _labels(config)
    count = (pl.col("units") / UNITS * pl.col("weight")).alias("count")
    flows = (
        cells.filter(public)
        .join(weights.table, on=("period", "origin"))
        .join(labels, on="period")
        .select(
            "label",
            pl.col("origin").cast(pl.String),
            pl.col("code").cast(pl.String),
            count,
            pl.col("users").cast(pl.Int64),
            pl.col("queries").cast(pl.Int64),
        )
    )
    flows.columns = ["period", "origin", "destination", "count", "n_users", "n_queries"]
    return Extracted(
        flows.sort("period", "origin", "destination"),
        search.join(labels, on="period")
        .select(
            period="label",
            region=pl.col("origin").cast(pl.String),
            **{name: pl.col(name).cast(pl.Int64) for name in ("users", "rows", "job_queries", "named")},
        )
        .sort("period", "region"),
        accounts(fate, intentions, cells, config, kept),
        [str(code) for code in kept],
        weights,
    )


def _labels(config: MigrationRun) -> pl.DataFrame:
    calendar, observed = config.migration.period.calendar, config.migration.period.observed
    return pl.DataFrame(
        {"period": observed, "label": [calendar.label(p) for p in observed]},
        {"period": pl.Int32, "label": pl.String},
    )


def _regions(cells: pl.DataFrame, config: MigrationRun, population: dict[int, float]) -> list[int]:
    """The sorted codes of the listed regions, or of the busiest of them."""
    listed = sorted(population)
    keep = config.migration.regions.keep
    number = len(listed) if keep == "all" else int(keep.removesuffix(" busiest"))
    if not 1 < number <= len(listed):
        raise UserError(f"regions.keep: {keep!r} of {len(listed)} regions; flows need two or more")
    if keep == "all":
        return listed
    before = config.migration.period.observed[-config.migration.windows.test]
    moves = cells.filter(pl.col("period") < before, pl.col("origin") != pl.col("code"))
    ends = pl.concat([moves.select("units", code=end) for end in ("origin", "code")])
    busy = dict(ends.group_by("code").agg(pl.col("units").sum()).rows())
    return sorted(sorted(listed, key=lambda code: (-busy.get(code, 0), code))[:number])
