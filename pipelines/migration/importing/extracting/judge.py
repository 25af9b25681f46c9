"""Give every row of a chunk its outcome: quarantined, outside the run, or what its text says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl

from pipelines.migration.importing.extracting.cast import cast
from pipelines.migration.importing.extracting.gazetteer import gazetteer
from pipelines.migration.importing.extracting.lexicon import Lexicon, lexicon
from pipelines.migration.importing.extracting.memory import Memory
from pipelines.migration.importing.extracting.parse import NO_PLACE, UNREADABLE, parse
from pipelines.migration.importing.extracting.raw import Raw
from pipelines.migration.importing.extracting.rules import Rules

_CODES = 1_000_000

Merge = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Judged:
    """Every row of a chunk.

    Attributes:
        rows: query_id, period, user, origin, outcome (as in Parsed.outcomes), those whose text is UNREADABLE
            too.
        sets: outcome, code: the destinations of outcomes that are sets.
        quarantine: query_id, reason, value, period (null where the time is at fault), month.
        outside: period of the sound rows before, after and in the gaps of the run.
    """

    rows: pl.DataFrame
    sets: pl.DataFrame
    quarantine: pl.DataFrame
    outside: pl.Series


def judge(raw: Iterable[Raw], rules: Rules, memory: Memory | None = None) -> Judged:
    """Read the rows, parse every distinct text once, and give each row its outcome.

    Args:
        raw: all rows of some whole periods, in parts as `cast` takes them.
        rules: the run's.
        memory: outcomes of earlier chunks' texts; gets this one's.
    """
    read = cast(raw, rules.unit, _prefectures(rules.merge))
    rows = read.rows
    span = pl.col("period").is_between(rules.first, rules.last) & ~pl.col("period").is_in(sorted(rules.gaps))
    inside = rows.select(span)["period"]
    outside = rows["period"].filter(~inside)
    if len(outside):
        rows = rows.filter(inside)
    distinct, places = _distinct(read.texts, rows["text"])
    rows = rows.with_columns(text=pl.lit(places).gather("text"))
    parsed = parse(distinct, rows, _lexicon(rules.merge), memory)
    judged = rows.with_columns(outcome=pl.lit(parsed.outcomes).gather("text"))
    outcome = pl.col("outcome")
    if parsed.open.height:
        at = judged["outcome"].is_null().arg_true()
        here = (
            judged[at]
            .select("text", "origin")
            .join(parsed.open, on=("text", "origin"), how="left", maintain_order="left")
        )
        judged = judged.with_columns(judged["outcome"].scatter(at, here["outcome"]))
    if rules.stay_without_place:
        stays = (outcome == NO_PLACE) & (pl.col("origin") > 0)
        judged = judged.with_columns(outcome=pl.when(stays).then("origin").otherwise(outcome))
    unreadable = judged.filter(outcome.is_in(list(UNREADABLE))).select(
        "query_id",
        "month",
        "period",
        reason=outcome.replace_strict(UNREADABLE, return_dtype=pl.String),
        value=pl.lit(None, pl.String),
    )
    quarantine = pl.concat([read.quarantine, unreadable], how="diagonal")
    return Judged(
        judged.select("query_id", "period", "user", "origin", "outcome"),
        parsed.sets,
        quarantine.sort("query_id", "reason", "value", nulls_last=True),
        outside,
    )


def _distinct(texts: pl.Series, used: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """The texts in use, each once (hash, query), and for every place in the list the place in that table."""
    occurs = np.zeros(len(texts), np.bool_)
    occurs[used.to_numpy()] = True
    listed = pl.DataFrame({"hash": texts.hash(), "query": texts}).filter(pl.Series(occurs))
    once = listed.unique("hash", keep="any")
    numbered = once.select("hash").with_row_index("text")
    places = np.zeros(len(texts), np.uint32)
    places[occurs] = listed.join(numbered, on="hash", how="left", maintain_order="left")["text"].to_numpy()
    return once, pl.Series(places)


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
