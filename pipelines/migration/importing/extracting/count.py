"""Add up a chunk of judged rows: machines out, users once, every row accounted for."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.migration.importing.extracting.judge import Judged
from pipelines.migration.importing.extracting.parse import NO_PLACE, UNREADABLE, VERDICTS
from pipelines.migration.importing.extracting.rules import Rules

UNITS = 2520
"""A person's intention in a period in whole parts: divides by every number of destinations up to 10."""

_FIRST_CODE, _CODES = 100_000, 1_000_000
_BASE = 1 << 20
"""Above every adcode; twice it is above every outcome."""
_MIX_PERIOD, _MIX = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9
"""Odd numbers without a pattern (of SplitMix64): a hash plus their multiples is a hash of both."""
_CELL = ("period", "origin", "outcome")


@dataclass(frozen=True)
class Counted:
    """What a chunk comes to, regions not yet chosen; all sums, so chunks of other periods only line up.

    Attributes:
        fate: period (null: none), name (of a reason or rule), rows.
        intentions: period, origin, codes (one set of destinations), people, rows; rows - people are repeats.
        cells: period, origin, code, users, units (of UNITS a person), queries (where they were made).
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
    a user whose sets overlap counts at a destination once, with the largest of the shares 1/k. The searches
    themselves count where they were made. Such users are
    few, and most have one row: these are only summed, the others take a short way: distinct (user, origin)
    and (user, intention), and sums.
    """
    rows = judged.rows.select("period", "origin", "outcome", who=_mixed("user", "period", _MIX_PERIOD))
    ordered = rows["who"].sort().to_numpy()
    again = rows["who"].is_in(_more_often_than(ordered, 1).implode()) | (rows["outcome"] >= _CODES)
    readable = ~pl.col("outcome").is_in(list(UNREADABLE))
    lone = _tally(rows.filter(~again)).filter(readable)
    rows = rows.filter(again)
    machine = pl.col("who").is_in(_more_often_than(ordered, rules.max_queries).implode())
    people, machines = rows.filter(readable & ~machine), rows.filter(readable & machine)
    tally = pl.concat([_tally(people), lone])
    somewhere = people.filter(pl.col("origin") > 0)
    here = _distinct(somewhere, "origin")
    wishes = somewhere.filter(pl.col("outcome") >= _FIRST_CODE)
    odd = pl.concat(
        [
            _more_often_than(here["who"].sort().to_numpy(), 1),
            wishes.filter(pl.col("outcome") >= _CODES)["who"].unique(),
        ]
    )
    special = pl.col("who").is_in(odd.implode())
    plain, tangled = wishes.filter(~special), wishes.filter(special)
    exact = _at_one_origin(tangled)
    simple = _tally(plain).join(_tally(_distinct(plain, "outcome")).rename({"rows": "people"}), on=_CELL)
    wish = (pl.col("origin") > 0) & (pl.col("outcome") >= _FIRST_CODE)
    simple = pl.concat([simple, lone.filter(wish).with_columns(people="rows")])
    intentions = pl.concat(
        [simple, exact.group_by(_CELL).agg(pl.col("rows").sum(), people=pl.len().cast(pl.Int64))],
        how="diagonal",
    )
    intentions = intentions.group_by(_CELL).agg(pl.col("rows", "people").sum())
    here = pl.concat([_tally(here), lone.filter(pl.col("origin") > 0)])
    return Counted(
        _fate(judged, rules, _tally(machines), tally),
        _with_codes(intentions, judged.sets),
        _cells(simple, exact, _tally(tangled), judged.sets),
        _search(tally, here, judged.sets),
        judged.quarantine.drop("period"),
    )


def _more_often_than(ordered: NDArray[np.uint64], times: int) -> pl.Series:
    """The values that occur more often than so many times, some of them several times."""
    later, earlier = ordered[times:], ordered[: max(len(ordered) - times, 0)]
    return pl.Series("who", later[later == earlier], pl.UInt64)


def _mixed(column: str, other: str, factor: int) -> pl.Expr:
    return pl.col(column) + pl.col(other).cast(pl.UInt64) * pl.lit(factor, pl.UInt64)


def _distinct(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row for every user and value of a column."""
    key = rows.select(_mixed("who", column, _MIX))["who"]
    return rows[key.arg_unique()]


def _tally(rows: pl.DataFrame) -> pl.DataFrame:
    """How many rows of each period, origin and outcome."""
    # One packed key: a group-by on one small number is several times faster than on three.
    period, origin = pl.col("period").cast(pl.Int64), pl.col("origin").cast(pl.Int64)
    packed = (period * _BASE + origin) * _BASE * 2 + pl.col("outcome")
    counted = rows.select(packed=packed).group_by("packed").agg(rows=pl.len().cast(pl.Int64))
    above = pl.col("packed") // (_BASE * 2)
    return counted.select(
        period=(above // _BASE).cast(pl.Int32),
        origin=(above % _BASE).cast(pl.UInt32),
        outcome=(pl.col("packed") % (_BASE * 2)).cast(pl.UInt32),
        rows="rows",
    )


def _at_one_origin(rows: pl.DataFrame) -> pl.DataFrame:
    """who, period, outcome, rows, origin: the one with most of the rows, else the least."""
    groups = rows.group_by("who", "period", "outcome", "origin").agg(rows=pl.len().cast(pl.Int64))
    origin = pl.col("origin").sort_by("rows", "origin", descending=[True, False]).first()
    return groups.group_by("who", "period", "outcome").agg(origin, pl.col("rows").sum())


def _with_codes(intentions: pl.DataFrame, sets: pl.DataFrame) -> pl.DataFrame:
    codes = sets.group_by("outcome").agg(codes=pl.col("code").sort())
    return (
        intentions.join(codes, on="outcome", how="left")
        .with_columns(codes=pl.coalesce("codes", pl.concat_list("outcome")))
        .select("period", "origin", "codes", "people", "rows")
        .sort("period", "origin", "codes")
    )


def _cells(simple: pl.DataFrame, exact: pl.DataFrame, made: pl.DataFrame, sets: pl.DataFrame) -> pl.DataFrame:
    """Cells of the users with one destination each, and of those whose destinations must be untangled.

    The latter's people count at one origin each, their rows where they were `made`.
    """
    size = sets.group_by("outcome").agg(size=pl.len().cast(pl.Int64))
    own = pl.DataFrame({"outcome": exact["outcome"].unique()}).filter(pl.col("outcome") < _CODES)
    whole = pl.concat([sets, own.select("outcome", code="outcome")]).join(size, on="outcome", how="left")
    each = exact.join(whole, on="outcome").with_columns(units=UNITS // pl.col("size").fill_null(1))
    # The origin of the larger share, then of more searches, then the least: whatever the order of rows.
    first = pl.col("origin").sort_by("units", "rows", "origin", descending=[True, True, False]).first()
    once = each.group_by("who", "period", "code").agg(first, pl.col("units").max())
    parts = [
        simple.select(
            "period", "origin", code="outcome", users="people", units=pl.col("people") * UNITS, queries="rows"
        ),
        once.group_by("period", "origin", "code").agg(
            users=pl.len().cast(pl.Int64), units=pl.col("units").sum()
        ),
        made.join(whole, on="outcome").select("period", "origin", "code", queries="rows"),
    ]
    key = ("period", "origin", "code")
    cells = pl.concat(parts, how="diagonal").group_by(key).agg(pl.col("users", "units", "queries").sum())
    return cells.filter(pl.col("users") > 0).sort(key)


def _search(tally: pl.DataFrame, here: pl.DataFrame, sets: pl.DataFrame) -> pl.DataFrame:
    key = ("period", "origin")
    size = sets.group_by("outcome").agg(size=pl.len().cast(pl.Int64))
    named = (
        tally.filter(pl.col("origin") > 0, pl.col("outcome") >= _FIRST_CODE)
        .join(size, on="outcome", how="left")
        .group_by(key)
        .agg(named=(pl.col("rows") * pl.col("size").fill_null(1)).sum())
    )
    searches = (
        tally.filter(pl.col("origin") > 0)
        .group_by(key)
        .agg(pl.col("rows").sum(), job_queries=pl.col("rows").filter(pl.col("outcome") >= NO_PLACE).sum())
    )
    return (
        here.group_by(key)
        .agg(users=pl.col("rows").sum())
        .join(searches, on=key)
        .join(named, on=key, how="left")
        .with_columns(pl.col("named").fill_null(0))
        .sort(key)
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
