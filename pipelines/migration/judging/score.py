"""How well extraction reads a simulated log, and how well the planted flows come back."""

import datetime as dt
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from modules.period import Calendar
from pipelines.config.migration import MigrationRun
from pipelines.migration.importing.extracting.judge import judge
from pipelines.migration.importing.extracting.log import Chunk, monthly_chunks, read_chunk
from pipelines.migration.importing.extracting.rules import Rules, rules_of
from pipelines.migration.judging.evaluation import ExtractionScore, Reading, Recovery

TEXT_KINDS: Final = ("job", "repeat", "background", "no_place", "navigational", "employer", "ambiguous")
"""Kinds of query that the text decides: of the others, the row is at fault and not its reading."""

DROPPED_KINDS: Final = ("unknown_origin", "repeat", "bot", "malformed", "wrong_type", "out_of_range")
"""Kinds whose rows must not be counted, whatever their text says."""

_FIRST_CODE = 100_000


def score(raw: Path, gold: Path, extracted: Path, config: MigrationRun) -> ExtractionScore:
    """Judge an extraction by the labels of the simulation, a month at a time.

    Args:
        raw: the simulation's log.
        gold: what it planted: queries/ and flows.parquet.
        extracted: the import stage's output.
        config: the run.
    """
    rules = rules_of(config)
    kept = pl.read_parquet(extracted / "regions.parquet")["region"].cast(pl.UInt32)
    chunks = monthly_chunks(sorted((raw / "queries").glob("*.parquet")), "month")
    counts = pl.concat([_counts(chunk, gold / "queries", kept, rules) for chunk in chunks])
    total = counts.group_by("kind", "held_back").agg(pl.all().sum()).sort("kind", "held_back")
    texts = total.filter(pl.col("kind").is_in(TEXT_KINDS))
    dirt = total.filter(pl.col("kind") != "job", pl.col("kind") != "background")
    by_kind = dirt.group_by("kind").agg(pl.col("right").sum() / pl.col("rows").sum()).sort("kind")
    return ExtractionScore(
        main=_reading(texts.filter(~pl.col("held_back"))),
        held_back=_reading(texts.filter("held_back")),
        caught=dict(by_kind.rows()),
        recovery=_recovery(gold / "flows.parquet", extracted / "flows.parquet", config),
    )


def _counts(chunk: Chunk, gold: Path, kept: pl.Series, rules: Rules) -> pl.DataFrame:
    """By kind and inventory: rows, right (treated right), read, meant, both (destinations)."""
    judged = judge(read_chunk(chunk), rules)
    wish = pl.col("outcome") >= _FIRST_CODE
    size = judged.sets.group_by("outcome").agg(size=pl.len(), codes="code")
    rows = (
        judged.rows.join(size, on="outcome", how="left", maintain_order="left")
        .with_columns(
            counted=wish
            & pl.col("origin").is_in(kept.implode())
            & (pl.len().over("period", "user") <= rules.max_queries),
            again=pl.struct("period", "user", "outcome").is_first_distinct().not_(),
            read=pl.when(wish).then(pl.col("size").fill_null(1)).otherwise(0),
        )
        .select("query_id", "counted", "again", "read", "outcome", "codes")
    )
    labels = pl.concat([pl.read_parquet(gold / path.name) for path in chunk.files])
    meant = pl.col("destination").cast(pl.UInt32)
    joined = labels.join(rows, on="query_id", how="left").with_columns(
        pl.col("counted", "again").fill_null(value=False),
        pl.col("read").fill_null(0),
        both=(meant == pl.col("outcome")).fill_null(value=False)
        | pl.col("codes").list.contains(meant).fill_null(value=False),
        meant=meant.is_not_null(),
    )
    exact = pl.when("meant").then(pl.col("both") & (pl.col("read") == 1)).otherwise(pl.col("read") == 0)
    unwanted = ~pl.col("counted") | (pl.col("again") & (pl.col("kind") == "repeat"))
    right = pl.when(pl.col("kind").is_in(DROPPED_KINDS)).then(unwanted).otherwise(exact)
    return joined.group_by("kind", "held_back").agg(
        rows=pl.len().cast(pl.Int64),
        right=right.sum().cast(pl.Int64),
        read=pl.col("read").sum().cast(pl.Int64),
        meant=pl.col("meant").sum().cast(pl.Int64),
        both=pl.col("both").sum().cast(pl.Int64),
    )


def _reading(counts: pl.DataFrame) -> Reading:
    queries, read, meant, both = (int(counts[name].sum()) for name in ("rows", "read", "meant", "both"))
    precision, recall = (both / total if total else 0.0 for total in (read, meant))
    return Reading(
        queries=queries,
        precision=precision,
        recall=recall,
        f1=2 * both / (read + meant) if read + meant else 0.0,
    )


def _recovery(gold: Path, extracted: Path, config: MigrationRun) -> Recovery | None:
    if config.migration.period.unit in {"day", "week"}:
        return None
    key = ("period", "origin", "destination")
    calendar = config.migration.period.calendar
    planted = pl.read_parquet(gold)
    labels = {month: _label(month, calendar) for month in planted["period"].unique()}
    observed = [calendar.label(ordinal) for ordinal in config.migration.period.observed]
    planted = planted.with_columns(pl.col("period").replace_strict(labels)).filter(
        pl.col("period").is_in(observed)
    )
    planted = planted.group_by(key).agg(pl.col("people").sum())
    found = pl.read_parquet(extracted).select(*key, "count")
    cells = planted.join(found, on=key, how="full", coalesce=True).sort(key).fill_null(0.0)
    totals = cells.with_columns(
        level=pl.col("people").sum().over("period") / pl.col("count").sum().over("period")
    )
    shaped = totals.with_columns(pl.col("count") * pl.col("level").fill_nan(0.0))
    return Recovery(
        cells=cells.height,
        cpc=_cpc(cells),
        cpc_shape=_cpc(shaped),
        spearman=_spearman(cells),
        spearman_listed=_spearman(cells.filter(pl.col("count") > 0)),
        ratio=float(cells["count"].sum()) / float(cells["people"].sum()),
    )


def _label(month: str, calendar: Calendar) -> str:
    return calendar.label(calendar.containing(dt.date.fromisoformat(f"{month}-01")))


def _cpc(cells: pl.DataFrame) -> float:
    found, planted = cells["count"].to_numpy(), cells["people"].to_numpy()
    return float(2 * np.minimum(found, planted).sum() / (found.sum() + planted.sum()))


def _spearman(cells: pl.DataFrame) -> float:
    return float(spearmanr(cells["count"].to_numpy(), cells["people"].to_numpy()).statistic)
