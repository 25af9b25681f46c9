"""Give every row of a chunk its outcome: quarantined, outside the run, or what its text says."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl

from pipelines.migration.extracting.cast import cast
from pipelines.migration.extracting.gazetteer import gazetteer
from pipelines.migration.extracting.lexicon import Lexicon, lexicon
from pipelines.migration.extracting.memory import Memory
from pipelines.migration.extracting.parse import NO_PLACE, UNREADABLE, parse
from pipelines.migration.extracting.rules import Rules

_CODES = 1_000_000

Merge = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Judged:
    """Every row of a chunk.

    Attributes:
        rows: query_id, period, user, origin, outcome (as in Parsed.outcomes).
        sets: outcome, code: the destinations of outcomes that are sets.
        quarantine: query_id, reason, value, period (null where the time is at fault), month.
        outside: period of the sound rows before, after and in the gaps of the run.
    """

    rows: pl.DataFrame
    sets: pl.DataFrame
    quarantine: pl.DataFrame
    outside: pl.Series


def judge(raw: pl.DataFrame, rules: Rules, memory: Memory | None = None) -> Judged:
    """Read the rows, parse every distinct text once, and give each row its outcome.

    Args:
        raw: what `cast` takes; all rows of some whole periods.
        rules: the run's.
        memory: outcomes of earlier chunks' texts; gets this one's.
    """
    read = cast(raw, rules.unit, _prefectures(rules.merge))
    inside = pl.col("period").is_between(rules.first, rules.last)
    if rules.gaps:
        inside &= ~pl.col("period").is_in(sorted(rules.gaps))
    rows = read.rows.filter(inside)
    parsed = parse(rows, _lexicon(rules.merge), memory)
    judged = rows.drop("query").join(parsed.outcomes, on="text", how="left", maintain_order="left")
    outcome = pl.col("outcome")
    if parsed.open.height:
        here = parsed.open.rename({"outcome": "here"})
        judged = judged.join(here, on=("text", "origin"), how="left", maintain_order="left")
        judged = judged.with_columns(outcome=pl.coalesce("outcome", "here"))
    unreadable = judged.filter(outcome.is_in(list(UNREADABLE)))
    if unreadable.height:
        judged = judged.filter(~outcome.is_in(list(UNREADABLE)))
    if rules.stay_without_place:
        stays = (outcome == NO_PLACE) & (pl.col("origin") > 0)
        judged = judged.with_columns(outcome=pl.when(stays).then("origin").otherwise(outcome))
    texts = unreadable.select(
        "query_id",
        "month",
        "period",
        reason=outcome.replace_strict(UNREADABLE, return_dtype=pl.String),
        value=pl.lit(None, pl.String),
    )
    quarantine = pl.concat([read.quarantine, texts.select(read.quarantine.columns)])
    return Judged(
        judged.select("query_id", "period", "user", "origin", "outcome"),
        parsed.sets,
        quarantine.sort("query_id", "reason", "value", nulls_last=True),
        read.rows.filter(~inside)["period"],
    )


@cache
def _prefectures(merge: Merge) -> pl.Series:
    """Adcode -> adcode of its prefecture after merging, 0 where there is none."""
    into = dict(merge)
    table = np.zeros(_CODES, np.uint32)
    for code, prefecture in gazetteer().parents.items():
        table[code] = into.get(prefecture, prefecture)
    return pl.Series("prefecture", table)


@cache
def _lexicon(merge: Merge) -> Lexicon:
    """The dictionary with merged prefectures read as what they are counted in."""
    whole = lexicon()
    if not merge:
        return whole
    code = pl.col("code").replace(dict(merge))
    return replace(
        whole,
        readings=whole.readings.with_columns(code=code).unique(("term", "code", "province", "strength")),
    )
