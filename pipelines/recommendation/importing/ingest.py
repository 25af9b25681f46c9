"""The import stage of a run that recommends: the user's tables, or the simulation, become three tables."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from modules.artefact import sha256_of
from pipelines.config.parts import parts_of
from pipelines.config.recommendation import Recommendation, RecommendationRun, SimulatePlacementsSource
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.paths import RunPaths
from pipelines.recommendation.importing.placements import ImportedPlacements, read_placements
from pipelines.recommendation.importing.read_file import Source, file_of
from pipelines.recommendation.importing.side import ImportedSide, read_side
from pipelines.tables.locate import by_name

TABLES = ("students", "employers", "placements")


@dataclass(frozen=True)
class Imported:
    """What the import stage writes; the record accounts for every row read."""

    tables: dict[str, pa.Table]
    quarantine: dict[str, pa.Table]
    record: dict[str, Any]


def run(name: str, config: RecommendationRun) -> None:
    """Write extracted/ of a run: students, employers, placements, quarantine/ and import.json.

    Raises:
        UserError: naming what is wrong with the data, where, and how to mend it; nothing is written then.
    """
    simulated = isinstance(config.source, SimulatePlacementsSource)
    data = RunPaths(name).raw if simulated else Path(config.data)
    imported = read(data, config.source, config.recommendation)
    with whole_folder(RunPaths(name).extracted) as folder:
        (folder / "quarantine").mkdir()
        for table in TABLES:
            write_parquet(folder / f"{table}.parquet", imported.tables[table])
            write_parquet(folder / "quarantine" / f"{table}.parquet", imported.quarantine[table])
        write_json(folder / "import.json", imported.record)


def read(data: Path, source: Source, settings: Recommendation) -> Imported:
    """Read and check the three tables; nothing is written.

    Raises:
        UserError: naming what is wrong with the data, where, and how to mend it.
    """
    sections = {table: getattr(settings, table) for table in TABLES}
    files = {table: file_of(data, section.path, table) for table, section in sections.items()}
    students = read_side(files["students"], "students", settings.students, source)
    employers = read_side(files["employers"], "employers", settings.employers, source)
    placements = read_placements(files["placements"], settings.placements, students, employers, source)
    read_in: dict[str, ImportedSide | ImportedPlacements] = {
        "students": students,
        "employers": employers,
        "placements": placements,
    }
    ids, cohorts, intents = (students.table.column(name).to_pylist() for name in ("id", "cohort", "intent"))
    parts = parts_of(ids, cohorts, settings.split)
    record = {
        "files": {
            shown: sha256_of(path) for shown, path in by_name(data, sorted(set(files.values()))).items()
        },
        "rows": {table: each.account for table, each in read_in.items()},
        "cohorts": _counts(cohorts),
        "intents": _counts(intents),
        "parts": _counts(parts.tolist()),
    }
    return Imported(
        {table: each.table for table, each in read_in.items()},
        {table: each.aside for table, each in read_in.items()},
        record,
    )


def _counts(labels: list[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(label for label in labels if label is not None).items()))
