"""Where a run's queries and regions lie, and how both are written."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from modules.errors import UserError
from pipelines.config.extract import QueriesSource
from pipelines.config.migration import REGION_COLUMNS, MigrationRun, Regions
from pipelines.migration.importing.geography import Gazetteer, merged, read_gazetteer
from pipelines.migration.importing.keep import refuse_unknown_merge
from pipelines.migration.simulating.cities import largest_cities, units
from pipelines.paths import RunPaths
from pipelines.tables.locate import by_name, locate

_ADCODE = re.compile(r"[1-9][0-9]{5}")
_OWN = {"path": "regions.csv", **{key: key for key in REGION_COLUMNS}, "id": "region"}
"""The table of regions that a simulation writes, and that is written for a log without one."""


@dataclass(frozen=True)
class LogSource:
    """A run's log.

    Attributes:
        files: of queries, sorted, by where they lie in their folder.
        monthly: every file is one calendar month of parquet texts, as a simulation writes them.
        source: how the user's files are written.
        data: folder of the tables that `regions` names.
        gazetteer: the table of regions, merged.
    """

    files: dict[str, Path]
    monthly: bool
    source: QueriesSource
    data: Path
    regions: Regions
    gazetteer: Gazetteer

    @property
    def population(self) -> dict[int, float]:
        """Adcode -> inhabitants (NaN: unknown) of every listed region."""
        people = self.gazetteer.more.get("population")
        known = (
            [math.nan] * len(self.gazetteer.rows)
            if people is None
            else people.fill_null(math.nan).to_pylist()
        )
        return {int(code): known[row] for code, row in self.gazetteer.rows.items()}


def log_source(name: str, config: MigrationRun, scratch: Path) -> LogSource:
    """The user's log, or the simulation's; a log without a table of regions gets the libraries' prefectures.

    Args:
        name: the run.
        config: its settings.
        scratch: a folder to write that table to.

    Raises:
        UserError: if the log is not there, or the table of regions is wrong.
    """
    source, regions, data = config.source, config.migration.regions, Path(config.data)
    if isinstance(source, QueriesSource):
        files, folder, monthly = locate(data, source.path, "source.path"), data, False
        if regions.path is None:
            _write_prefectures(scratch / "regions.csv")
            data, regions = scratch, regions.model_copy(update=_OWN)
    else:
        data, regions = RunPaths(name).raw, regions.model_copy(update=_OWN)
        folder, monthly = data / "queries", config.migration.period.unit != "week"
        files = sorted(folder.glob("*.parquet"))
        source = QueriesSource(kind="queries", path="queries/*.parquet")
        if not files:
            raise UserError(f"{folder}: holds no queries; draw them first (talentflow simulate {name})")
    sep, encoding = (",", "utf-8") if data == scratch else (source.sep, source.encoding)
    gazetteer = read_gazetteer(data, regions, sep, encoding)
    if gazetteer is None:
        raise TypeError(regions.path)
    for code in gazetteer.rows:
        if _ADCODE.fullmatch(code) is None:
            raise UserError(
                f"{gazetteer.table.path}: region {code!r} is no 6-digit adcode; queries are matched "
                "with China's prefectures, so write the codes of GB/T 2260"
            )
    refuse_unknown_merge(regions.merge, gazetteer.rows)
    gazetteer = merged(gazetteer, regions.merge)
    return LogSource(by_name(folder, files), monthly, source, data, regions, gazetteer)


def _write_prefectures(path: Path) -> None:
    cities = largest_cities(len(units()))
    table = {key: [getattr(city, key) for city in cities] for key in REGION_COLUMNS[1:]}
    pc.write_csv(pa.table({"region": [city.adcode for city in cities], **table}), path)
