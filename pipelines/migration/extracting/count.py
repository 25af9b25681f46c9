"""Add up a chunk of judged rows: machines out, users once, every row accounted for."""

from dataclasses import dataclass

import polars as pl

from pipelines.migration.extracting.judge import Judged
from pipelines.migration.extracting.parse import NO_PLACE, VERDICTS
from pipelines.migration.extracting.rules import Rules

UNITS = 2520
"""A person's intention in a period in whole parts: divides by every number of destinations up to 10."""

_FIRST_CODE, _CODES = 100_000, 1_000_000
_BASE = 1 << 20
"""Above every adcode, so that rows and origin pack into one number."""


@dataclass(frozen=True)
class Counted:
    """What a chunk comes to, regions not yet chosen; all sums, so chunks of other periods only line up.

    Attributes:
        fate: period (null: none), name (of a reason or rule), rows.
        intentions: period, origin, codes (one set of destinations), people, rows; rows - people are repeats.
        cells: period, origin, code, users, units (of UNITS a person), queries.
        search: period, origin, users, rows, job_queries, named (destinations, by query); machines left out.
        quarantine: query_id, reason, value.
    """

    fate: pl.DataFrame
    intentions: pl.DataFrame
    cells: pl.DataFrame
    search: pl.DataFrame
    quarantine: pl.DataFrame


def count(judged: Judged, rules: Rules) -> Counted:
    """Add the rows up.

    A user with one intention (set of destinations) at several origins counts at the one with most searches;
    a user whose sets overlap counts at a destination once, with the largest of the shares 1/k.
    """
    groups = judged.rows.group_by("period", "user", "origin", "outcome").agg(rows=pl.len())
    total = groups.group_by("period", "user").agg(pl.col("rows").sum())
    busy = total.filter(pl.col("rows") > rules.max_queries)
    machines = groups.join(busy, on=("period", "user"), how="semi")
    people = groups.join(busy, on=("period", "user"), how="anti") if busy.height else groups
    somewhere = people.filter(pl.col("origin") > 0)
    wishes = _at_one_origin(somewhere.filter(pl.col("outcome") >= _FIRST_CODE))
    return Counted(
        _fate(judged, rules, machines, people),
        _intentions(wishes, judged.sets),
        _cells(wishes, judged.sets),
        _search(somewhere, wishes, judged.sets),
        judged.quarantine.drop("period"),
    )


def _at_one_origin(groups: pl.DataFrame) -> pl.DataFrame:
    """One row a period, user and outcome: its rows, and the origin with most of them, else the least."""
    packed = pl.col("rows").cast(pl.Int64) * _BASE + (_BASE - 1 - pl.col("origin").cast(pl.Int64))
    best = (
        groups.with_columns(packed=packed)
        .group_by("period", "user", "outcome")
        .agg(pl.col("packed").max(), pl.col("rows").sum())
    )
    return best.with_columns(origin=(_BASE - 1 - pl.col("packed") % _BASE).cast(pl.UInt32)).drop("packed")


def _intentions(wishes: pl.DataFrame, sets: pl.DataFrame) -> pl.DataFrame:
    codes = sets.group_by("outcome").agg(codes=pl.col("code").sort())
    return (
        wishes.group_by("period", "origin", "outcome")
        .agg(people=pl.len(), rows=pl.col("rows").sum())
        .join(codes, on="outcome", how="left")
        .with_columns(codes=pl.coalesce("codes", pl.concat_list("outcome")))
        .select("period", "origin", "codes", "people", "rows")
        .sort("period", "origin", "codes")
    )


def _cells(wishes: pl.DataFrame, sets: pl.DataFrame) -> pl.DataFrame:
    single = wishes.filter(pl.col("outcome") < _CODES).select(
        "period", "user", "origin", "rows", code="outcome", units=pl.lit(UNITS, pl.Int64)
    )
    size = sets.group_by("outcome").agg(size=pl.len().cast(pl.Int64))
    several = wishes.join(sets.join(size, on="outcome"), on="outcome").select(
        "period", "user", "origin", "rows", "code", units=UNITS // pl.col("size")
    )
    if several.height:
        key = ("period", "user", "code")
        touched = pl.concat([several, single.join(several, on=key, how="semi")])
        # The origin of the larger share, then of more searches, then the least: whatever the order of rows.
        first = pl.col("origin").sort_by("units", "rows", "origin", descending=[True, True, False]).first()
        once = touched.group_by(key).agg(first, pl.col("rows").sum(), pl.col("units").max())
        single = pl.concat([single.join(several, on=key, how="anti"), once.select(single.columns)])
    return (
        single.group_by("period", "origin", "code")
        .agg(users=pl.len(), units=pl.col("units").sum(), queries=pl.col("rows").sum())
        .sort("period", "origin", "code")
    )


def _search(somewhere: pl.DataFrame, wishes: pl.DataFrame, sets: pl.DataFrame) -> pl.DataFrame:
    size = sets.group_by("outcome").agg(size=pl.len())
    named = (
        wishes.join(size, on="outcome", how="left")
        .group_by("period", "origin")
        .agg(named=(pl.col("rows") * pl.col("size").fill_null(1)).sum())
    )
    with_intent = pl.col("rows").filter(pl.col("outcome") >= NO_PLACE)
    return (
        somewhere.group_by("period", "user", "origin")
        .agg(pl.col("rows").sum(), job=with_intent.sum())
        .group_by("period", "origin")
        .agg(users=pl.len(), rows=pl.col("rows").sum(), job_queries=pl.col("job").sum())
        .join(named, on=("period", "origin"), how="left")
        .with_columns(pl.col("named").fill_null(0))
        .sort("period", "origin")
    )


def _fate(judged: Judged, rules: Rules, machines: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    period = pl.col("period")
    gap = period.is_in(sorted(rules.gaps))
    text = people.filter(pl.col("origin") > 0, pl.col("outcome") < _FIRST_CODE)
    parts = [
        judged.quarantine.select(
            period=pl.when(period.is_between(rules.first, rules.last)).then(period),
            name="reason",
            rows=pl.lit(1),
        ),
        judged.outside.to_frame().select(
            period=pl.when(gap).then(period),
            name=pl.when(gap).then(pl.lit("in_gap")).otherwise(pl.lit("outside_period")),
            rows=pl.lit(1),
        ),
        machines.select("period", "rows", name=pl.lit("bot")),
        people.filter(pl.col("origin") == 0).select("period", "rows", name=pl.lit("unknown_origin")),
        text.select(
            "period", "rows", name=pl.col("outcome").replace_strict(VERDICTS, return_dtype=pl.String)
        ),
    ]
    typed = [part.select(period, "name", pl.col("rows").cast(pl.Int64)) for part in parts]
    return pl.concat(typed).group_by("period", "name").agg(pl.col("rows").sum()).sort("period", "name")
