"""A student as a request gives one, checked field by field."""

import math
from typing import Any

from modules.errors import RequestError, did_you_mean
from modules.recommendation.encoder import SideEncoder
from modules.recommendation.request import Record
from modules.schema import Side


def checked(record: Record, encoder: SideEncoder, side: Side, path: str) -> dict[str, Any]:
    """What is known of a student, by the fields that the model sees; texts and numbers only.

    Args:
        record: as given.
        encoder: of the students.
        side: of the students, protected fields among them.
        path: of the record in the request.

    Raises:
        RequestError: naming the field that the model does not see, or whose value has the wrong type.
    """
    found: dict[str, Any] = {}
    for name, value in record.items():
        bounds = encoder.bounds.get(name)
        if bounds is None and name not in encoder.side.categorical:
            where, seen = f"{path}.{name}", encoder.side.fields
            if name in side.protected:
                raise RequestError(where, "is protected and no input of this model; leave it out", seen)
            raise RequestError(where, f"no such field{did_you_mean(name, seen)}", seen)
        if value is None:
            continue
        try:
            found[name] = _text(value) if bounds is None else _number(value, *bounds)
        except (TypeError, ValueError) as error:
            raise RequestError(f"{path}.{name}", str(error)) from error
    return found


def _number(value: Any, least: float, largest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("must be a number")
    if not least <= value <= largest:
        raise ValueError(f"is far from all that training saw; give {least:.6g} to {largest:.6g}")
    return float(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON has one kind of number: 2017.0 is 2017
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("must be a text")
    return str(value)
