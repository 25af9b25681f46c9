"""The import stage of a run that starts from raw queries: by chunk, then regions, privacy and weights."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from modules.artefact import sha256_of
from modules.period import Calendar
from pipelines.config.migration import MigrationRun
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.migration.importing.extracting.assemble import Extracted, assemble
from pipelines.migration.importing.extracting.batches import Torn
from pipelines.migration.importing.extracting.chunks import counted
from pipelines.migration.importing.extracting.count import Counted
from pipelines.migration.importing.extracting.log import Chunk, monthly_chunks, spooled_chunks
from pipelines.migration.importing.extracting.rules import REASONS, RULES, Rules, rules_of
from pipelines.migration.importing.extracting.sources import LogSource, log_source
from pipelines.migration.importing.geography import describe, distances, pair_table
from pipelines.paths import RunPaths


def extract(name: str, config: MigrationRun) -> None:
    """Write extracted/ of a run from its log of queries.

    A log of monthly files is read as it lies; any other is first written to months in a temporary folder, in
    one pass of bounded memory. Then month by month, so that memory is bounded by a month and not by the log.

    Raises:
        UserError: naming what is wrong with the data, where, and how to mend it; nothing is written then.
    """
    with (
        whole_folder(RunPaths(name).extracted) as folder,
        # Beside the output: a cluster that sees the project sees it too.
        tempfile.TemporaryDirectory(prefix=".log-", dir=folder.parent) as temporary,
    ):
        log, spool = log_source(name, config, Path(temporary)), Path(temporary) / "spool"
        if log.monthly:
            chunks, torn = monthly_chunks([*log.files.values()], config.migration.period.unit), Torn()
        else:
            chunks, torn = spooled_chunks(log.files, log.source, config.migration.period.unit, spool)
        parts = _counted(chunks, torn, rules_of(config), folder / "quarantine")
        extracted = assemble(parts, Counter(reason for _, reason in torn), config, log.population)
        described = describe(extracted.regions, log.gazetteer, log.regions)
        known_by, km = distances(
            Path(config.data), log.regions, described, log.source.sep, log.source.encoding
        )
        for table in ("flows", "search", "queries"):
            _write(folder / f"{table}.parquet", getattr(extracted, table))
        write_parquet(folder / "regions.parquet", described)
        if km is not None:
            write_parquet(folder / "distances.parquet", pair_table(extracted.regions, km))
        write_json(folder / "import.json", _record(config, log, extracted, known_by))


def _counted(chunks: list[Chunk], torn: Torn, rules: Rules, quarantine: Path) -> list[Counted]:
    quarantine.mkdir()
    if torn:
        lines = pl.DataFrame(torn, {"query_id": pl.String, "reason": pl.String}, orient="row")
        _write(quarantine / "torn.parquet", lines.with_columns(value=pl.lit(None, pl.String)))
    parts = []
    for chunk, part in zip(chunks, counted(chunks, rules), strict=True):
        for name, rows in _by_month(chunk, part.quarantine):
            _write(quarantine / f"{name}.parquet", rows.drop("month"))
        parts.append(replace(part, quarantine=part.quarantine.clear()))
    return parts


def _by_month(chunk: Chunk, quarantine: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    if not chunk.months:
        return [(chunk.label, quarantine)]
    ordinal = Calendar("month").ordinal
    return [(month, quarantine.filter(pl.col("month") == ordinal(month))) for month in chunk.months]


def _record(config: MigrationRun, log: LogSource, extracted: Extracted, known_by: str) -> dict[str, Any]:
    sums = extracted.queries.drop("period").sum().row(0, named=True)
    calendar, period = config.migration.period.calendar, config.migration.period
    people, suppressed = sums["people"], sums["suppressed_people"]
    flows = extracted.flows
    flowing = set(flows["origin"]) | set(flows["destination"])
    return {
        "files": {shown: sha256_of(path) for shown, path in log.files.items()},
        "rows": {
            "read": sums["read"],
            "kept": sums["kept"],
            "dropped": {rule: sums[rule] for rule in RULES},
            "quarantined": {reason: sums[reason] for reason in REASONS},
        },
        "periods": {
            "first": calendar.label(period.ordinals[0]),
            "last": calendar.label(period.ordinals[-1]),
            "observed": len(period.observed),
            "in_gaps": len(period.gap_ordinals & set(period.ordinals)),
        },
        "regions": {
            "kept": len(extracted.regions),
            "merged": len(config.migration.regions.merge),
            "not_kept": len(log.population) - len(extracted.regions),
            "listed_without_flows": len(set(extracted.regions) - flowing),
        },
        "distances": known_by,
        "total": float(flows["count"].sum()),
        "privacy": {
            "k_anonymity": config.migration.extract.k_anonymity,
            "cells": sums["cells"],
            "suppressed_cells": sums["suppressed_cells"],
            "people": people,
            "suppressed_people": suppressed,
            "suppressed_share": suppressed / people if people else 0.0,
        },
        "weights": {
            "normalise": config.migration.extract.normalise,
            "low": extracted.weights.low,
            "high": extracted.weights.high,
            "clipped": extracted.weights.clipped,
        },
    }


def _write(path: Path, table: pl.DataFrame) -> None:
    write_parquet(path, table.to_arrow(compat_level=pl.CompatLevel.oldest()))
