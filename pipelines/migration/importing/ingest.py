"""The import stage: the user's files, or the simulation, become flows, regions and distances."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from modules.artefact import sha256_of
from modules.period import Calendar
from pipelines.config.migration import FlowsSource, MigrationRun
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.migration.importing.cells import Cells, inside, stack
from pipelines.migration.importing.extracting.extract import extract
from pipelines.migration.importing.geography import describe, distances, merged, pair_table, read_gazetteer
from pipelines.migration.importing.keep import kept_regions, refuse_unknown_merge
from pipelines.migration.importing.rows import read_rows
from pipelines.paths import RunPaths
from pipelines.tables.locate import by_name, locate


@dataclass(frozen=True)
class Imported:
    """What the import stage writes; the record accounts for every row read."""

    flows: pa.Table
    regions: pa.Table
    distances: pa.Table | None
    record: dict[str, Any]


def run(name: str, config: MigrationRun) -> None:
    """Write extracted/ of a run: flows, regions, distances (if known) and import.json.

    Raises:
        UserError: naming what is wrong with the data, where, and how to mend it; nothing is written then.
    """
    if not isinstance(config.source, FlowsSource):
        extract(name, config)
        return
    imported = read(config)
    with whole_folder(RunPaths(name).extracted) as folder:
        write_parquet(folder / "flows.parquet", imported.flows)
        write_parquet(folder / "regions.parquet", imported.regions)
        if imported.distances is not None:
            write_parquet(folder / "distances.parquet", imported.distances)
        write_json(folder / "import.json", imported.record)


def read(config: MigrationRun) -> Imported:
    """Read and check the table of counts of a `flows` run; nothing is written.

    Raises:
        UserError: naming what is wrong with the data, where, and how to mend it.
    """
    data, source = Path(config.data), config.source
    if not isinstance(source, FlowsSource):
        raise TypeError(source.kind)
    calendar, regions = config.migration.period.calendar, config.migration.regions
    files = locate(data, source.path, "source.path")
    gazetteer = read_gazetteer(data, regions, source.sep, source.encoding)
    blocks = [read_rows(path, source, config.migration.columns, calendar) for path in files]
    rows, place = stack(blocks, calendar)
    mask = inside(rows, config.migration.period, place)
    refuse_unknown_merge(regions.merge, [*rows.regions, *(gazetteer.rows if gazetteer else ())])
    if gazetteer is not None:
        gazetteer = merged(gazetteer, regions.merge)

    dropped = {"blank": sum(block.blank for block in blocks)}

    def rest(rule: str, before: Cells, after: Cells) -> Cells:
        dropped[rule] = len(before.count) - len(after.count)
        return after

    cells = rest("outside_period", rows, rows.where(mask))
    cells = rest("same_period", cells, cells.summed()).renamed(regions.merge)
    off = cells if config.migration.cells.diagonal else cells.where(cells.origin != cells.destination)
    cells = rest("diagonal", cells, off)
    cells = rest("merged_away", cells, cells.summed())
    named = cells
    kept = kept_regions(cells, regions.keep, config.migration.period, config.migration.windows.test)
    cells = rest("not_kept_region", cells, cells.only(kept))

    def first_place(region: str) -> str:
        codes = [at for at, code in enumerate(rows.regions) if regions.merge.get(code, code) == region]
        return place(int((mask & (np.isin(rows.origin, codes) | np.isin(rows.destination, codes))).argmax()))

    if gazetteer is not None:
        gazetteer.demand(kept, first_place)
    described = describe(kept, gazetteer, regions)
    known_by, km = distances(data, regions, described, source.sep, source.encoding)
    cells = replace(cells, count=cells.count * source.scale)
    listed = set(gazetteer.rows if gazetteer else ())
    flowing = {named.regions[end] for end in np.union1d(named.origin, named.destination)}
    record = {
        "files": {shown: sha256_of(path) for shown, path in by_name(data, files).items()},
        "rows": {"read": len(rows.count) + dropped["blank"], "kept": len(cells.count), "dropped": dropped},
        "periods": {
            "first": calendar.label(config.migration.period.ordinals[0]),
            "last": calendar.label(config.migration.period.ordinals[-1]),
            "observed": len(config.migration.period.observed),
            "in_gaps": len(config.migration.period.gap_ordinals & set(config.migration.period.ordinals)),
        },
        "regions": {
            "kept": len(kept),
            "merged": len(regions.merge),
            "not_kept": len(flowing) - len(kept),
            "listed_without_flows": len(listed - flowing),
        },
        "distances": known_by,
        "total": float(cells.count.sum()),
    }
    return Imported(_flows(cells, calendar), described, None if km is None else pair_table(kept, km), record)


def _flows(cells: Cells, calendar: Calendar) -> pa.Table:
    periods, step = np.unique(cells.period, return_inverse=True)
    labels = pa.array([calendar.label(int(period)) for period in periods], pa.string())
    codes = pa.array(cells.regions, pa.string())
    return pa.table(
        {
            "period": labels.take(pa.array(step)),
            "origin": codes.take(pa.array(cells.origin)),
            "destination": codes.take(pa.array(cells.destination)),
            "count": cells.count,
        }
    )
