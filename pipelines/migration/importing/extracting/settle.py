"""Which of a term's readings is meant: by the text's other places, else by where the user is."""

import polars as pl

from pipelines.migration.importing.extracting.lexicon import BEHIND, SURE, WEAK, Lexicon

CITIES = 100
"""Codes below are provinces: the first two digits of an adcode."""

_ROUNDS = 2
_READING = ("at", "term", "code", "province")


def settle(readings: pl.DataFrame, lexicon: Lexicon) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split into what the text itself settles, one reading a term, and terms with several readings left."""
    mention = ("at", "term")
    readings = _beside_their_city(readings)
    firmly = pl.col("strength") == SURE
    several = pl.col("term").is_in(sorted(lexicon.several))
    count = pl.len().over(mention)
    readings = readings.with_columns(plain=several | (count == 1))
    settled, open_ = readings.filter("plain").drop("plain"), readings.filter(~pl.col("plain")).drop("plain")
    weak = settled.filter(~firmly)
    if open_.is_empty() and weak.is_empty():
        return settled.select(_READING), open_.select(_READING)
    for _ in range(_ROUNDS):
        firm = settled.filter(firmly)
        # A province that is only one reading of a term may still be what holds another term's city.
        about = pl.concat([firm, open_.filter(pl.col("code") == pl.col("province"))]).select(
            "at", "province", by="term", other="code"
        )
        near = (
            open_.join(about, on=("at", "province"))
            .filter(pl.col("term") != pl.col("by"))
            .filter(
                (pl.col("code") == pl.col("other"))
                | ((pl.col("code") < CITIES) != (pl.col("other") < CITIES))
            )
            .select(open_.columns)
            .unique()
        )
        narrowed = pl.concat([near, open_.join(near, on=mention, how="anti")]) if near.height else open_
        alone = pl.len().over(mention) == 1
        settled = pl.concat([settled, narrowed.filter(alone).with_columns(strength=pl.lit(SURE, pl.UInt8))])
        open_ = narrowed.filter(~alone)
    # A district's short name says which part of a city, never a second destination beside a named city.
    cities = settled.filter(firmly, pl.col("code") >= CITIES).select("at").unique()
    settled = pl.concat([settled.filter(firmly), settled.filter(~firmly).join(cities, on="at", how="anti")])
    only_weak = (pl.col("strength") == WEAK).all().over(mention)
    beside = open_.filter(only_weak).join(cities, on="at", how="semi")
    open_ = open_.join(beside, on=mention, how="anti")
    return settled.select(_READING), open_.select(_READING)


def _beside_their_city(readings: pl.DataFrame) -> pl.DataFrame:
    """Without readings that are BEHIND, and without the terms that these explain: 中山 in 大连 中山."""
    front = readings.filter(pl.col("strength") < BEHIND)
    named = front.filter(pl.col("strength") == SURE).select("at", "code", by="term")
    explained = (
        readings.filter(pl.col("strength") == BEHIND)
        .join(named, on=("at", "code"))
        .filter(pl.col("term") != pl.col("by"))
    )
    return front.join(explained, on=("at", "term"), how="anti")


def ask_origin(open_: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The reading for each origin: the user's own city, else the only one in the user's province, else 1."""
    by = ("at", "origin", "term")
    asked = open_.join(pairs, on="at").with_columns(home=pl.col("origin") // 10000)
    own = pl.col("code") == pl.col("origin")
    city_at_home = (pl.col("province") == pl.col("home")) & (pl.col("code") >= CITIES)
    province = pl.col("code") == pl.col("home")
    rank = pl.when(own).then(3).when(city_at_home).then(2).when(province).then(1).otherwise(0)
    ranked = asked.with_columns(rank=rank).with_columns(best=pl.col("rank").max().over(by))
    best = ranked.filter(pl.col("rank") == pl.col("best"))
    clear = (pl.col("best") > 0) & (pl.len().over(by) == 1)
    return (
        best.with_columns(code=pl.when(clear).then("code").otherwise(pl.lit(1, pl.UInt32)))
        .select("at", "origin", "code")
        .unique()
    )
