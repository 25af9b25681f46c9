"""The simulate stage of a run that recommends: raw tables as an office exports them, and what was planted."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.config.recommendation import RecommendationRun, SimulatePlacementsSource
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.paths import RunPaths
from pipelines.recommendation.simulating import vocabulary as words
from pipelines.recommendation.simulating.spoil import (
    EMPLOYER_REASONS,
    PLACEMENT_REASONS,
    spoilt,
    student_reasons,
)
from pipelines.recommendation.simulating.twin import TERMS, Twin

_DIRT = 1  # stream of random numbers, beside the twin's
_BLANK = 0.004
_NEVER_BLANK = {"student_id", "graduation_year", "employer_id", "name"}


def run(name: str, config: RecommendationRun) -> None:
    """Write raw/ and gold/ of a run; a run that brings its own data gets a note in both."""
    paths = RunPaths(name)
    with whole_folder(paths.gold) as gold, whole_folder(paths.raw) as raw:
        if isinstance(config.source, SimulatePlacementsSource):
            simulate(config.source, config.seed, raw, gold)
        else:
            for folder in (raw, gold):
                write_json(folder / "empty.json", {"source": config.source.kind})


def simulate(source: SimulatePlacementsSource, seed: int, raw: Path, gold: Path) -> None:
    """Draw the twin: raw/{students,employers,placements}.parquet, all texts; gold/ says what is true.

    gold/weights.json: the planted terms, and each field's importance (sd of its contribution over pairs);
    gold/contributions.parquet: for every placement what each field adds to its utility; gold/dirt.parquet:
    table, row and reason of every row that was spoilt. Any other pair: `Twin(...).contributions`.
    """
    twin = Twin(source.students, source.employers, seed)
    rng = np.random.default_rng([seed, _DIRT])
    reasons = {
        "students": student_reasons("graduation_year", "intent", words.GRADES[2], "college"),
        "employers": EMPLOYER_REASONS,
        "placements": PLACEMENT_REASONS,
    }
    dirt = []
    for table, content in raw_tables(twin).items():
        blanked = _with_blanks(content, rng) if table != "placements" else content
        rows, labels = spoilt(blanked, reasons[table], source.dirt, rng)
        write_parquet(raw / f"{table}.parquet", rows)
        dirt.append(labels.add_column(0, "table", pa.repeat(pa.scalar(table), labels.num_rows)))
    write_parquet(gold / "dirt.parquet", pa.concat_tables(dirt))
    write_parquet(gold / "contributions.parquet", _contributions(twin))
    terms = [
        {"student": t.student, "employer": t.employer, "weight": t.weight, "what": t.what} for t in TERMS
    ]
    write_json(gold / "weights.json", {"terms": terms, "importance": twin.importance(seed)})


def raw_tables(twin: Twin) -> dict[str, pa.Table]:
    """The sound rows of the three tables, as texts."""
    students, employers = twin.students, twin.employers
    intents = pa.array([words.INTENT[nature] for nature in words.NATURES])
    hired = pa.array(employers.codes["nature"][twin.hire])
    graduates = {
        "student_id": pa.array(students.ids),
        "graduation_year": students.texts("graduation_year"),
        "intent": intents.take(hired),
        **{field: students.texts(field) for field in words.STUDENT_FIELDS},
        **{
            name: pa.array([f"{grade:.1f}" for grade in students.grades[:, semester].tolist()])
            for semester, name in enumerate(words.GRADES)
        },
    }
    firms = {field: employers.texts(field) for field in words.EMPLOYER_FIELDS}
    went = pa.array(employers.ids).take(pa.array(twin.hire))
    return {
        "students": pa.table(graduates),
        "employers": pa.table({"employer_id": pa.array(employers.ids), **firms}),
        "placements": pa.table({"student_id": pa.array(students.ids), "employer_id": went}),
    }


def _with_blanks(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    # What an office does not know; not dirt, and nothing hangs on it.
    for at, name in enumerate(table.column_names):
        if name not in _NEVER_BLANK:
            column = table.column(name).to_pylist()
            for row in np.flatnonzero(rng.random(len(column)) < _BLANK).tolist():
                column[row] = None
            table = table.set_column(at, name, pa.array(column, pa.string()))
    return table


def _contributions(twin: Twin) -> pa.Table:
    everyone = np.arange(len(twin.students))
    went = pa.array(twin.employers.ids).take(pa.array(twin.hire))
    content = {"student": pa.array(twin.students.ids), "employer": went}
    for side, fields in twin.contributions(everyone, twin.hire).items():
        content |= {f"{side}:{field}": pa.array(added.astype(np.float32)) for field, added in fields.items()}
    return pa.table(content)
