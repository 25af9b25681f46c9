"""What a recommender can be asked: its fields, their values, its employers."""

from typing import Any

from modules.recommendation.encoder import SideEncoder
from modules.recommendation.predictor import Recommender
from modules.schema import Side

LISTED = 5_000
"""Employers that are listed by their ids; of more, nobody wants the list."""


def schema_of(recommender: Recommender) -> dict[str, Any]:
    """Every field of both sides that the model sees, with what it may be."""
    schema, (students, employers) = recommender.schema, recommender.encoders
    return {
        "id": schema.students.id,
        "students": _fields(students, schema.students),
        "employers": [
            row | ({"values": list(recommender.values[row["name"]])} if row["kind"] == "categorical" else {})
            for row in _fields(employers, schema.employers)
        ],
        "employer_ids": _listed(recommender),
        "employer_count": len(recommender.employers),
        "intents": list(recommender.intents),
        "use_protected": schema.use_protected,
    }


def narrowed(recommender: Recommender) -> dict[str, dict[str, Any]]:
    """What the model knows of its fields and employers, as JSON schema."""
    encoder = recommender.encoders[0]
    categories = {name: {"type": ["string", "integer", "null"]} for name in encoder.side.categorical}
    numbers: dict[str, dict[str, Any]] = {}
    for name in encoder.side.numbers:
        least, largest = encoder.bounds[name]
        numbers[name] = {"type": ["number", "null"], "minimum": least, "maximum": largest}
    found: dict[str, dict[str, Any]] = {
        "Student": {"properties": categories | numbers, "additionalProperties": False},
    }
    ids = _listed(recommender)
    if ids:
        found["Employer"] = {"enum": ids}
        found["Where"] = {
            "properties": {
                name: {"type": "array", "items": {"enum": list(rows)}}
                for name, rows in recommender.values.items()
            },
            "additionalProperties": False,
        }
    return found


def example(recommender: Recommender) -> dict[str, Any]:
    """A student made up of the first value of every category, the mean of every number."""
    encoder = recommender.encoders[0]
    words = zip(encoder.side.categorical, encoder.vocabularies, strict=True)
    numbers = zip(encoder.side.numbers, encoder.mean, strict=True)
    return {name: known[0] for name, known in words if known} | dict(numbers)


def _listed(recommender: Recommender) -> list[str]:
    return list(recommender.position) if len(recommender.employers) <= LISTED else []


def _fields(encoder: SideEncoder, side: Side) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen = encoder.side
    for name in seen.fields:
        row: dict[str, Any] = {
            "name": name,
            "changeable": name in seen.changeable,
            "protected": name in side.protected,
        }
        if name in seen.categorical:
            words = encoder.vocabularies[seen.categorical.index(name)]
            row |= {"kind": "categorical", "values": list(words)}
        else:
            least, largest = encoder.bounds[name]
            mean = encoder.mean[seen.numbers.index(name)]
            kind = "sequence" if name in seen.sequence else "numeric"
            row |= {"kind": kind, "least": least, "largest": largest, "mean": mean}
        found.append(row)
    return found
