"""Dirt: rows that no import should keep, put among the sound ones, with a label for each."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from pipelines.recommendation.simulating.sides import Ints

SHARE = 0.002
"""Of a table's rows, added for every reason."""
_NUMBERS, _INTENTS = ("absent", "A+", "7O.5", "inf"), ("gap year", "?")
_OF_SOMEBODY_NEW = {"no_number", "no_cohort", "unknown_intent", "unknown_student"}

Change = tuple[str, list[str | None] | None]
"""A column and the texts put into it; none: another row's text that differs."""


def spoilt(
    table: pa.Table, reasons: Mapping[str, Change], scale: float, rng: np.random.Generator
) -> tuple[pa.Table, pa.Table]:
    """A table with a few rows more for every reason, and which rows they are: row (from 1) and reason.

    A row more is a copy of a sound one, somewhere after it, with one text changed.
    """
    count = max(1, round(SHARE * scale * table.num_rows)) if scale else 0
    places, parts, names = [np.arange(table.num_rows, dtype=np.float64)], [table], [""] * table.num_rows
    for reason, change in reasons.items():
        rows = np.sort(rng.choice(table.num_rows, min(count, table.num_rows), replace=False))
        copies = table.take(pa.array(rows))
        if reason in _OF_SOMEBODY_NEW:
            fresh = [f"{reason}-{at}" for at in range(len(rows))]
            copies = copies.set_column(0, table.column_names[0], pa.array(fresh, pa.string()))
        parts.append(_changed(table, copies, rows, change, rng))
        places.append(rows + 0.5 + rng.random(len(rows)) * (table.num_rows - rows))
        names += [reason] * len(rows)
    order = np.argsort(np.concatenate(places), kind="stable")
    labelled = np.array(names)[order]
    dirty = np.flatnonzero(labelled != "")
    labels = pa.table({"row": dirty + 1, "reason": labelled[dirty]})
    return pa.concat_tables(parts).take(pa.array(order)), labels


def student_reasons(year: str, intent: str, grade: str, college: str) -> dict[str, Change]:
    """What is wrong with some students, by the columns that it concerns."""
    return {
        "no_id": ("student_id", [None]),
        "no_number": (grade, list(_NUMBERS)),
        "no_cohort": (year, [None]),
        "unknown_intent": (intent, list(_INTENTS)),
        "differs": (college, None),
        "same_record": (college, []),
    }


EMPLOYER_REASONS: dict[str, Change] = {
    "no_id": ("employer_id", [None]),
    "differs": ("industry", None),
    "same_record": ("industry", []),
}
"""What is wrong with some employers."""
PLACEMENT_REASONS: dict[str, Change] = {
    "no_student": ("student_id", [None]),
    "no_employer": ("employer_id", [None]),
    "unknown_student": ("student_id", []),
    "unknown_employer": ("employer_id", ["x1", "x2"]),
    "same_pair": ("student_id", []),
}
"""What is wrong with some placements."""


def _changed(
    table: pa.Table, copies: pa.Table, rows: Ints, change: Change, rng: np.random.Generator
) -> pa.Table:
    column, texts = change
    if texts == []:
        return copies
    if texts is None:
        known = sorted(set(table.column(column).drop_null().to_pylist()))
        there = table.column(column).take(pa.array(rows)).to_pylist()
        put = [rng.choice([word for word in known if word != text]) for text in there]
    else:
        put = [texts[at] for at in rng.integers(len(texts), size=len(rows))]
    return copies.set_column(table.column_names.index(column), column, pa.array(put, pa.string()))
