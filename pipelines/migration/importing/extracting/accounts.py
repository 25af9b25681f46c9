"""What became of every row, period by period."""

import polars as pl

from pipelines.config.migration import MigrationRun
from pipelines.migration.importing.extracting.count import UNITS
from pipelines.migration.importing.extracting.rules import REASONS, RULES

UNDATED = "undated"
"""The line of rows that belong to no period of the run."""

FATES = ("kept", *RULES, *REASONS)


def accounts(
    fate: pl.DataFrame, intentions: pl.DataFrame, cells: pl.DataFrame, config: MigrationRun, kept: list[int]
) -> pl.DataFrame:
    """One row a period, and one for UNDATED: rows read, and how many of them had which of FATES.

    `users` are those of all cells, `people` the same shared over the destinations that one intention names;
    `suppressed_*` are those of cells with fewer users than k.

    Args:
        fate: Counted.fate of all chunks.
        intentions: Counted.intentions of all chunks.
        cells: Counted.cells of all chunks, between the kept regions.
        config: the run.
        kept: adcodes of the kept regions.

    Returns:
        period (label), read, FATES, then cells, people and users, all and suppressed.
    """
    fates = pl.concat(
        [fate, *_fates_of_intentions(intentions, kept, diagonal=config.migration.cells.diagonal)]
    )
    rows = fates.group_by("period").agg(
        pl.col("rows").filter(pl.col("name") == name).sum().alias(name) for name in FATES
    )
    rare = pl.col("users") < config.migration.extract.k_anonymity
    sums = cells.group_by("period").agg(
        cells=pl.len().cast(pl.Int64),
        suppressed_cells=rare.sum().cast(pl.Int64),
        people=pl.col("units").sum() / UNITS,
        suppressed_people=pl.col("units").filter(rare).sum() / UNITS,
        users=pl.col("users").sum().cast(pl.Int64),
        suppressed_users=pl.col("users").filter(rare).sum().cast(pl.Int64),
    )
    known = {
        ordinal: config.migration.period.calendar.label(ordinal)
        for ordinal in config.migration.period.ordinals
    }
    labels = pl.DataFrame(
        {"period": [*known, None], "label": [*known.values(), UNDATED]},
        {"period": pl.Int32, "label": pl.String},
    )
    table = labels.join(rows, on="period", how="left", nulls_equal=True).join(sums, on="period", how="left")
    return (
        table.with_columns(pl.all().exclude("period", "label").fill_null(0))
        .with_columns(read=pl.sum_horizontal(FATES))
        .select(pl.col("label").alias("period"), "read", *FATES, *sums.columns[1:])
        .sort("period")
    )


def _fates_of_intentions(intentions: pl.DataFrame, kept: list[int], *, diagonal: bool) -> list[pl.DataFrame]:
    """Of rows with an intention: kept, repeat, or without a destination among the kept regions."""
    regions = pl.lit(pl.Series([kept], dtype=pl.List(pl.UInt32)))
    here = intentions.with_columns(
        pl.col("rows", "people").cast(pl.Int64), here=pl.col("codes").list.set_intersection(regions)
    )
    nowhere = ~pl.col("origin").is_in(kept) | (pl.col("here").list.len() == 0)
    only_home = (pl.col("here").list.len() == 1) & (pl.col("here").list.first() == pl.col("origin"))
    lost = here.with_columns(
        name=pl.when(nowhere)
        .then(pl.lit("not_kept_region"))
        .when(only_home & (not diagonal))
        .then(pl.lit("diagonal"))
    )
    found = lost.filter(pl.col("name").is_null())
    return [
        lost.filter(pl.col("name").is_not_null()).select("period", "name", "rows"),
        found.select("period", name=pl.lit("kept"), rows="people"),
        found.select("period", name=pl.lit("repeat"), rows=pl.col("rows") - pl.col("people")),
    ]
