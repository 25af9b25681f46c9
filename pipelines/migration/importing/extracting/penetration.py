"""From people who searched to people: each origin's users stand for its inhabitants."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from modules.errors import UserError
from pipelines.config.migration import MigrationRun

LOW, HIGH = 5, 95
"""Percentiles to which weights are clipped."""


@dataclass(frozen=True)
class Weights:
    """People per search user.

    Attributes:
        table: period, origin, weight.
        low, high: the clips (none: not normalised).
        clipped: weights that the clips changed.
    """

    table: pl.DataFrame
    low: float | None
    high: float | None
    clipped: int


def penetration(search: pl.DataFrame, population: dict[int, float], config: MigrationRun) -> Weights:
    """Post-stratification weights of origins: inhabitants P_i over search users U^t_i.

    w^t_i = clip(P_i / max(U^t_i, u_min), p5, p95), the percentiles taken over origins and the periods before
    the test span, which so decides nothing.

    Args:
        search: period, origin, users.
        population: adcode -> inhabitants.
        config: the run; `extract.normalise: none` makes every weight 1.

    Raises:
        UserError: if a region has no population.
    """
    if config.migration.extract.normalise == "none":
        return Weights(search.select("period", "origin", weight=pl.lit(1.0)), None, None, 0)
    unknown = sorted(set(search["origin"]) - {code for code, people in population.items() if people > 0})
    if unknown:
        raise UserError(
            f"regions: no population for {unknown[0]} ({len(unknown)} in all); name its column in "
            "regions.population and fill it in, or set extract.normalise: none"
        )
    people = pl.DataFrame(
        {"origin": list(population), "people": list(population.values())},
        {"origin": pl.UInt32, "people": pl.Float64},
    )
    users = pl.max_horizontal("users", pl.lit(config.migration.extract.min_search_users))
    raw = (
        search.join(people, on="origin")
        .sort("period", "origin")
        .select("period", "origin", raw=pl.col("people") / users)
    )
    before = raw.filter(pl.col("period") < config.migration.period.observed[-config.migration.windows.test])[
        "raw"
    ]
    if before.is_empty():
        raise UserError(
            "period: no search before the test span, so nothing says how many people a user stands for"
        )
    low, high = (float(bound) for bound in np.percentile(before.to_numpy(), [LOW, HIGH]))
    table = raw.with_columns(weight=pl.col("raw").clip(low, high))
    return Weights(table.drop("raw"), low, high, int((table["raw"] != table["weight"]).sum()))
