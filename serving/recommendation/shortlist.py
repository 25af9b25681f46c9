"""Lists for many students: CSV in, CSV out."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from modules.errors import RequestError, did_you_mean
from modules.recommendation.predictor import Recommender
from modules.recommendation.request import RecommendRequest
from serving.feature_log import Watch, unwatched
from serving.problem import Problem

MEDIA_TYPE = "text/csv"
MOST = 5_000
"""Students in one file."""
HEADER = ("student", "rank", "employer", "score", "unknown")


def shortlist(recommender: Recommender, text: str, k: int, seen: Watch = unwatched) -> str:
    """The best k employers of every student, a row each: student, rank, employer, score, unknown fields.

    A column of the student's id names them in the answer; without it they are told by their row, 1 is the
    first. A blank cell is not known. Columns of the intent and of protected fields that the model does not
    see are passed over.

    Args:
        recommender: who is asked.
        text: of the file.
        k: employers of every student.
        seen: told of every student's question and answer.

    Raises:
        Problem: 400 if it is no CSV.
        RequestError: naming the row and column that cannot be answered.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(HEADER)
    for name, at, student in _students(recommender, text):
        request = RecommendRequest(student, k)
        try:
            found = recommender.recommend(request)
        except RequestError as error:
            _, _, column = error.field.partition(".")
            raise RequestError(f"rows.{at}.{column}", error.message, error.allowed) from error
        seen(request, found)
        unknown = ";".join(found["unknown"])
        for each in found["employers"]:
            writer.writerow((name, each["rank"], each["id"], f"{each['score']:.6f}", unknown))
    return written.getvalue()


def _students(recommender: Recommender, text: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    schema, side = recommender.schema, recommender.encoders[0].side
    rows = _rows(text)
    header = rows[0] if rows else []
    passed = {schema.students.id, schema.intent, *schema.students.protected} - {*side.fields}
    for at, name in enumerate(header):
        if name not in side.fields and name not in passed:
            raise RequestError(
                f"header.{at}", f"no column {name!r}{did_you_mean(name, side.fields)}", side.fields
            )
        if name in header[:at]:
            raise RequestError(f"header.{at}", f"{name!r} is given twice")
    if not set(header) & {*side.fields}:
        raise RequestError("header", "the first row names no field of a student", side.fields)
    if len(rows) - 1 > MOST:
        raise RequestError("rows", f"there are {len(rows) - 1} students; send at most {MOST} at a time")
    for at, row in enumerate(rows[1:]):
        if len(row) != len(header):
            raise RequestError(f"rows.{at}", f"has {len(row)} cells, the header {len(header)}")
        cells = dict(zip(header, row, strict=True))
        student = {
            name: _value(cells, name, at, number=name in side.numbers)
            for name in header
            if name in side.fields
        }
        yield cells.get(schema.students.id) or str(at + 1), at, student


def _rows(text: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise Problem(400, f"The body is not CSV: {error}.") from error


def _value(cells: Mapping[str, str], name: str, at: int, *, number: bool) -> str | float | None:
    cell = cells[name].strip()
    if not cell:
        return None
    try:
        return float(cell) if number else cell
    except ValueError as error:
        raise RequestError(f"rows.{at}.{name}", "must be a number") from error
