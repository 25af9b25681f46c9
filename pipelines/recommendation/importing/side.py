"""Students, or employers: one record for every id."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modules.errors import UserError
from pipelines.config.recommendation import EmployersTable, StudentsTable
from pipelines.recommendation.importing import cells
from pipelines.recommendation.importing.read_file import Source, meant, read_file
from pipelines.recommendation.importing.sieve import Sieve
from pipelines.tables.table import Coded, Table


@dataclass(frozen=True)
class ImportedSide:
    """One side's table, sorted by id, and what became of the rows."""

    table: pa.Table
    """id, for students cohort and intent (null where not known), then the fields."""
    listed: frozenset[str]
    """Every id of the file, of rows that `where` leaves out too."""
    aside: pa.Table
    account: dict[str, Any]


def read_side(path: Path, key: str, table: StudentsTable | EmployersTable, source: Source) -> ImportedSide:
    """Read and check one side; the first row of an id is its record.

    Rows without an id, with a number that is none, without a cohort where there are cohorts, of an unknown
    class of intent, or that say of an id something else than its first row go to quarantine.

    Raises:
        UserError: if the file is broken, lacks a column, or no row is sound.
    """
    students = table if isinstance(table, StudentsTable) else None
    roles = [name for name in (students.cohort, students.intent) if name] if students else []
    names = [table.id, *roles, *table.side.fields]
    read = read_file(path, names, table.where, source)
    ids = cells.labels(read, table.id)
    sieve = Sieve(read, ids)
    sieve.drop("outside_where", ~meant(read, table.where, key))
    sieve.quarantine("no_id", _blank(ids), table.id, ids)

    columns: dict[str, Coded] = {name: cells.texts(read, name) for name in table.categorical}
    values: dict[str, NDArray[np.float64]] = {}
    for name in table.side.numbers:
        values[name], odd, written = cells.numbers(read, name)
        sieve.quarantine("no_number", odd, name, written)
    if students:
        columns |= _cohort_and_intent(read, students, sieve)
    _one_record_an_id(sieve, ids, columns, values)
    if not sieve.left.any():
        raise UserError(f"{path}: no sound row is left for the {key} ({sieve.reasons()})")

    rows = sieve.kept[np.argsort(np.array(ids.texts)[ids.codes[sieve.kept]], kind="stable")]
    content = {"id": cells.column_of(ids, rows)}
    for name in [*(("cohort", "intent") if students else ()), *table.side.fields]:
        if name in values:
            content[name] = pa.array(values[name][rows], from_pandas=True)  # NaN is null
        elif name in columns:
            content[name] = cells.column_of(columns[name], rows)
        else:
            content[name] = pa.nulls(len(rows), pa.string())
    listed = frozenset(ids.texts) - {""}
    return ImportedSide(pa.table(content), listed, sieve.aside(), sieve.account())


def _cohort_and_intent(read: Table, students: StudentsTable, sieve: Sieve) -> dict[str, Coded]:
    found = {}
    if students.cohort:
        found["cohort"] = cells.labels(read, students.cohort)
        sieve.quarantine("no_cohort", _blank(found["cohort"]), students.cohort, found["cohort"])
    if students.intent:
        intent = found["intent"] = cells.labels(read, students.intent)
        known = {"", *students.intents} if students.intents else set(intent.texts)
        odd = np.array([text not in known for text in intent.texts], dtype=np.bool_)[intent.codes]
        sieve.quarantine("unknown_intent", odd, students.intent, intent)
    return found


def _one_record_an_id(
    sieve: Sieve, ids: Coded, columns: dict[str, Coded], values: dict[str, NDArray[np.float64]]
) -> None:
    kept = sieve.kept
    codes, position = np.unique(ids.codes[kept], return_index=True)
    first = np.zeros(len(ids.texts), dtype=np.int64)
    first[codes] = kept[position]
    record = first[ids.codes]
    later = sieve.left & (record != np.arange(len(record)))
    for name, column in columns.items():
        sieve.quarantine("differs", later & (column.codes != column.codes[record]), name, column)
    for name, number in values.items():
        same = (number == number[record]) | (np.isnan(number) & np.isnan(number[record]))
        odd = later & ~same & sieve.left
        sieve.quarantine("differs", odd, name, cells.shown(number, odd))
    sieve.drop("same_record", later)


def _blank(cells: Coded) -> NDArray[np.bool_]:
    return np.array([not text for text in cells.texts], dtype=np.bool_)[cells.codes]
