"""What the imported tables sum to: by period and by region."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.config.migration import MigrationRun
from pipelines.suite import read_frame


@dataclass(frozen=True)
class Tables:
    """What import wrote."""

    flows: pd.DataFrame
    regions: pd.DataFrame
    distances: pd.DataFrame | None
    queries: pd.DataFrame | None = None
    """Of a run that starts from queries: what became of every row, by period."""
    search: pd.DataFrame | None = None
    """Of such a run: who searched, by period and region."""


def read_tables(folder: Path, *, extracted: bool) -> Tables:
    """Read what import wrote; where the flows were extracted, what became of the queries too.

    Raises:
        UserError: if a table is absent.
    """
    distances = folder / "distances.parquet"
    return Tables(
        flows=read_frame(folder / "flows.parquet"),
        regions=read_frame(folder / "regions.parquet"),
        distances=read_frame(distances) if distances.exists() else None,
        **{name: read_frame(folder / f"{name}.parquet") for name in ("queries", "search") if extracted},
    )


def expected_periods(config: MigrationRun) -> list[str]:
    """Labels of the periods from first to last, gaps left out."""
    period = config.migration.period
    return [period.calendar.label(p) for p in period.ordinals if p not in period.gap_ordinals]


def period_totals(tables: Tables, config: MigrationRun) -> pd.DataFrame:
    """Rows, total, jump against the period before, and share of unknown cells of every expected period."""
    labels = expected_periods(config)
    groups = tables.flows.groupby("period")["count"]
    rows = groups.size().reindex(labels, fill_value=0)
    total = groups.sum().reindex(labels)
    ratio = total / total.shift()
    after_gap = (
        np.diff([config.migration.period.calendar.ordinal(label) for label in labels], prepend=-1) != 1
    )
    jump = ratio.where(ratio >= 1, 1 / ratio).mask(after_gap)
    regions = len(tables.regions)
    cells = regions * (regions if config.migration.cells.diagonal else regions - 1)
    return pd.DataFrame(
        {"period": labels, "rows": rows, "total": total, "jump": jump, "missing": 1 - rows / cells}
    )


def region_totals(tables: Tables) -> pd.DataFrame:
    """Moves into and out of every region, its share of them, and to how many others no distance is known."""
    codes = sorted(tables.regions["region"])
    moves = tables.flows[tables.flows["origin"] != tables.flows["destination"]]
    inflow = moves.groupby("destination")["count"].sum().reindex(codes, fill_value=0.0)
    outflow = moves.groupby("origin")["count"].sum().reindex(codes, fill_value=0.0)
    far = pd.Series(0, index=codes)
    if tables.distances is not None:
        pairs = tables.distances[tables.distances["origin"] != tables.distances["destination"]]
        far = len(codes) - 1 - pairs.groupby("origin").size().reindex(codes, fill_value=0)
    share = inflow / max(inflow.sum(), sys.float_info.min)
    return pd.DataFrame({"region": codes, "inflow": inflow, "outflow": outflow, "share": share, "far": far})
