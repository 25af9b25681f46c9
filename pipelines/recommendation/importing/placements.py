"""Placements: pairs of a known student and a known employer, each once."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from modules.errors import UserError
from pipelines.config.recommendation import PlacementsTable
from pipelines.recommendation.importing import cells
from pipelines.recommendation.importing.read_file import Source, meant, read_file
from pipelines.recommendation.importing.side import ImportedSide
from pipelines.recommendation.importing.sieve import Mask, Sieve
from pipelines.tables.table import Coded

_DECISIONS = ("student_yes", "employer_yes")


@dataclass(frozen=True)
class ImportedPlacements:
    """The table, sorted by student and employer, and what became of the rows."""

    table: pa.Table
    """student, employer and, where both sides decide, student_yes and employer_yes (0 or 1)."""
    aside: pa.Table
    account: dict[str, Any]


def read_placements(
    path: Path, table: PlacementsTable, students: ImportedSide, employers: ImportedSide, source: Source
) -> ImportedPlacements:
    """Read and check the placements.

    Rows without a student or an employer, of one that no table lists, with a decision that is neither 0
    nor 1, or that say of a pair something else than its first row go to quarantine. Rows of someone who is
    listed and not kept, and pairs that stand twice, are dropped.

    Raises:
        UserError: if the file is broken, lacks a column, or no row is sound.
    """
    decided = [] if table.decisions is None else [table.decisions.student, table.decisions.employer]
    read = read_file(path, [table.student, table.employer, *decided], table.where, source)
    ends = {"student": cells.labels(read, table.student), "employer": cells.labels(read, table.employer)}
    sieve = Sieve(read, ends["student"])
    sieve.drop("outside_where", ~meant(read, table.where, "placements"))
    for end, column in (("student", table.student), ("employer", table.employer)):
        sieve.quarantine(f"no_{end}", _each(ends[end], {""}), column, ends[end])
    for end, column, side in (
        ("student", table.student, students),
        ("employer", table.employer, employers),
    ):
        known = set(side.table.column("id").to_pylist())
        sieve.quarantine(f"unknown_{end}", ~_each(ends[end], side.listed), column, ends[end])
        sieve.drop(f"other_{end}", ~_each(ends[end], known))
    decisions = [cells.labels(read, name) for name in decided]
    for name, cell in zip(decided, decisions, strict=True):
        sieve.quarantine("no_decision", ~_each(cell, {"0", "1"}), name, cell)
    _one_row_a_pair(sieve, ends["student"], ends["employer"], dict(zip(decided, decisions, strict=True)))
    if not sieve.left.any():
        raise UserError(f"{path}: no sound row is left for the placements ({sieve.reasons()})")
    content = {end: cells.column_of(ends[end], sieve.kept) for end in ends}
    for name, cell in zip(_DECISIONS, decisions, strict=False):
        content[name] = cells.column_of(cell, sieve.kept).cast(pa.int8())
    order = [("student", "ascending"), ("employer", "ascending")]
    return ImportedPlacements(pa.table(content).sort_by(order), sieve.aside(), sieve.account())


def _one_row_a_pair(sieve: Sieve, student: Coded, employer: Coded, decisions: dict[str, Coded]) -> None:
    pair = student.codes.astype(np.int64) * len(employer.texts) + employer.codes
    kept = sieve.kept
    _, position, inverse = np.unique(pair[kept], return_index=True, return_inverse=True)
    record = np.arange(len(pair))
    record[kept] = kept[position][inverse]
    later = sieve.left & (record != np.arange(len(pair)))
    for name, cell in decisions.items():
        sieve.quarantine("differs", later & (cell.codes != cell.codes[record]), name, cell)
    sieve.drop("same_pair", later)


def _each(column: Coded, texts: AbstractSet[str]) -> Mask:
    return np.array([text in texts for text in column.texts], dtype=np.bool_)[column.codes]
