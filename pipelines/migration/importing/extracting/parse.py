"""From distinct texts to what each says: where to, or why it says nothing."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from pipelines.migration.importing.extracting.lexicon import (
    ABOUT,
    EMPLOYER,
    JOB,
    JOB_SITE,
    NAVIGATION,
    OTHER_SITE,
    PLACE,
    ROLE,
    SURE,
    Lexicon,
)
from pipelines.migration.importing.extracting.memory import Memory
from pipelines.migration.importing.extracting.normalise import normalised
from pipelines.migration.importing.extracting.settle import CITIES, ask_origin, settle

BLOCKED, NAVIGATIONAL, NO_JOB_INTENT, NO_PLACE, PROVINCE_ONLY, AMBIGUOUS_PLACE = range(1, 7)
VERDICTS: Final = {
    BLOCKED: "blocked",
    NAVIGATIONAL: "navigational",
    NO_JOB_INTENT: "no_job_intent",
    NO_PLACE: "no_place",
    PROVINCE_ONLY: "province_only",
    AMBIGUOUS_PLACE: "ambiguous_place",
}
"""Why a text names no destination, in the order of judgement; every destination is a larger number."""

NO_TEXT, GARBLED_TEXT = 90, 91
UNREADABLE: Final = {NO_TEXT: "no_text", GARBLED_TEXT: "garbled_text"}
"""Why a text cannot be judged at all."""

MOST = 10
"""A text that names more places is a list, not an intention."""
_NOT_PLAIN = r"[^\u4e00-\u9fff ]|(^| )[\u4e00-\u9fff]( |$)"
"""What normalising changes: all but Chinese words of two letters or more, and blanks."""

_NOTHING = pl.DataFrame(schema=dict.fromkeys(("text", "origin", "outcome", "code"), pl.UInt32))


@dataclass(frozen=True)
class Parsed:
    """What the texts say.

    Attributes:
        outcomes: by text: one of VERDICTS or UNREADABLE, a prefecture's adcode, or a key of `sets`; null
            where the place depends on where the user is.
        sets: outcome, code: the destinations of outcomes that name several.
        open: text, origin, outcome of those, for the pairs that occur.
    """

    outcomes: pl.Series
    sets: pl.DataFrame
    open: pl.DataFrame


def parse(texts: pl.DataFrame, rows: pl.DataFrame, lexicon: Lexicon, memory: Memory | None = None) -> Parsed:
    """Judge some distinct texts, each once.

    An Aho-Corasick automaton (Polars' `extract_many`) takes the leftmost, then longest, so none overlap.
    A place with several readings is read as the one that another place of the text contains or lies in; else
    as the one where the user is; else as the only one in the user's province; else it is ambiguous.

    Args:
        texts: hash (64 bit), query (as typed).
        rows: text (row of `texts`), origin (adcode, 0: unknown).
        lexicon: the dictionary.
        memory: what earlier texts came to.
    """
    outcomes = pl.Series("outcome", [None], pl.UInt32).new_from_index(0, texts.height)
    texts = texts.with_row_index("text")
    if memory is not None:
        texts, known = memory.split(texts)
        outcomes = outcomes.scatter(known["text"], known["outcome"])
        if texts.is_empty():
            return Parsed(outcomes, _NOTHING.select("outcome", "code"), _NOTHING.drop("code"))
    numbers = texts["text"]
    texts = texts.with_row_index("at")
    found = _found(texts, lexicon)
    judged = texts.select("at", outcome=_verdicts(texts, found))
    wanted = (judged["outcome"] == NO_PLACE).gather(found["at"])
    mentions = found.filter(wanted, pl.col("kind") == PLACE).select("at", "term")
    simple = _simple(mentions, lexicon)
    readings = mentions.join(simple, on="at", how="anti").unique().join(lexicon.readings, on="term")
    settled, open_ = settle(readings, lexicon)
    unsure = texts.select("at", "text").join(open_, on="at", how="semi")
    pairs = _pairs(unsure, rows, len(outcomes))
    answers = ask_origin(open_, pairs)
    beside = settled.join(pairs, on="at").select(answers.columns)
    sure = _conclude(settled.join(unsure, on="at", how="anti"), ["at"])
    depends = _conclude(pl.concat([answers, beside]), ["at", "origin"])
    concluded, sets = _numbered(pl.concat([sure, depends], how="diagonal"))
    anywhere = pl.col("origin").is_null()
    placed = pl.concat([concluded.filter(anywhere).drop("origin"), simple])
    rest = judged.join(pl.concat([placed.select("at"), unsure.select("at")]), on="at", how="anti")
    closed = pl.concat([rest, placed])
    outcomes = outcomes.scatter(numbers.gather(closed["at"]), closed["outcome"])
    opened = concluded.filter(~anywhere).with_columns(text=pl.lit(numbers).gather("at")).drop("at")
    if memory is not None:
        memory.keep(closed.select("outcome", hash=pl.lit(texts["hash"]).gather("at")))
    return Parsed(outcomes, sets, opened)


def _pairs(unsure: pl.DataFrame, rows: pl.DataFrame, texts: int) -> pl.DataFrame:
    """at, origin: from where the texts that depend on it were typed."""
    depends = np.zeros(texts, np.bool_)
    depends[unsure["text"].to_numpy()] = True
    some = rows.select("text", "origin").filter(pl.Series(depends).gather(rows["text"]))
    return some.unique().join(unsure, on="text").select("at", "origin")


def _found(texts: pl.DataFrame, lexicon: Lexicon) -> pl.DataFrame:
    """Every term of every text with its kind: at, term, kind."""
    plain = ~pl.col("query").str.contains(_NOT_PLAIN)
    parts = [
        texts.filter(plain).select("at", normal="query"),
        texts.filter(~plain).select("at", normal=normalised("query")),
    ]
    return (
        pl.concat(parts)
        .lazy()
        .select("at", pl.col("normal").str.extract_many(lexicon.patterns, leftmost=True).alias("term"))
        .explode("term", empty_as_null=False)
        .join(lexicon.kinds.lazy(), on="term")
        .collect()
    )


def _verdicts(texts: pl.DataFrame, found: pl.DataFrame) -> pl.Series:
    """The verdict that each text's kinds of terms allow, or why it cannot be read."""
    kinds = np.zeros(texts.height, np.uint16)
    np.bitwise_or.at(kinds, found["at"].to_numpy(), found["kind"].to_numpy())
    judged = texts.select("query", kind=pl.Series(kinds)).with_columns(outcome=_verdict(pl.col("kind")))
    query = pl.col("query")
    silent = pl.col("outcome") == NO_JOB_INTENT
    no_text = silent & (query.is_null() | ~query.str.contains(r"\p{L}"))
    garbled = query.str.contains("\ufffd", literal=True)
    return judged.select(
        outcome=pl.when(garbled)
        .then(GARBLED_TEXT)
        .when(no_text)
        .then(NO_TEXT)
        .otherwise("outcome")
        .cast(pl.UInt32)
    )["outcome"]


def _verdict(kinds: pl.Expr) -> pl.Expr:
    """The verdict that the kinds of terms allow; NO_PLACE stands for `job intent, place still to be seen`."""

    def has(kind: int) -> pl.Expr:
        return kinds & kind != 0

    address = (
        has(NAVIGATION)
        | (has(JOB_SITE | OTHER_SITE) & ~has(JOB | PLACE))
        | (has(OTHER_SITE) & ~has(JOB | JOB_SITE))
    )
    return (
        pl.when(has(EMPLOYER)).then(BLOCKED)
        .when(address).then(NAVIGATIONAL)
        .when(has(JOB | JOB_SITE) | (has(ROLE) & has(PLACE) & ~has(ABOUT))).then(NO_PLACE)
        .otherwise(NO_JOB_INTENT)
        .cast(pl.UInt32).alias("outcome")
    )  # fmt: skip


def _simple(mentions: pl.DataFrame, lexicon: Lexicon) -> pl.DataFrame:
    """at, outcome of the many texts with one place that surely is one: what all that follows would find."""
    only = pl.len().over("term") == 1
    plain = lexicon.readings.filter(only, pl.col("strength") == SURE).select(
        "term", outcome=pl.when(pl.col("code") < CITIES).then(PROVINCE_ONLY).otherwise("code")
    )
    once = np.bincount(mentions["at"].to_numpy()) == 1
    alone = mentions.filter(pl.Series(once, dtype=pl.Boolean).gather(mentions["at"]))
    return alone.join(plain, on="term").select("at", pl.col("outcome").cast(pl.UInt32))


def _conclude(readings: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """One row a key: `codes` (sorted, perhaps none) and the verdict that holds where there are none."""
    city = pl.col("code").filter(pl.col("code") >= CITIES)
    verdict = pl.when((pl.col("code") == 1).any()).then(AMBIGUOUS_PLACE).otherwise(PROVINCE_ONLY)
    concluded = readings.group_by(key).agg(codes=city.unique().sort(), verdict=verdict.cast(pl.UInt32))
    listed = pl.col("codes").list.len() > MOST
    return concluded.with_columns(
        codes=pl.when(listed).then(pl.lit([], pl.List(pl.UInt32))).otherwise("codes"),
        verdict=pl.when(listed).then(pl.lit(AMBIGUOUS_PLACE, pl.UInt32)).otherwise("verdict"),
    )


def _numbered(concluded: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Outcomes: the verdict, the one destination, or a number above every adcode for a set of several."""
    size = pl.col("codes").list.len()
    first = pl.col("codes").list.first()
    sets = (
        concluded.filter(size > 1).select("codes").unique().sort("codes").with_row_index("outcome", 1_000_000)
    )
    outcome = pl.when(size == 0).then("verdict").when(size == 1).then(first).otherwise("outcome")
    outcomes = concluded.join(sets, on="codes", how="left").select("at", "origin", outcome=outcome)
    return outcomes, sets.explode("codes").select("outcome", code="codes")
