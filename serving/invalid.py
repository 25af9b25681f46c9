"""From pydantic's findings to a problem with the path, and the choices, of every field that is wrong."""

from collections.abc import Sequence
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from modules.errors import FEW, did_you_mean
from serving.problem import FieldError, Problem

# In pydantic's words these name the Python side.
_SAID = {"model_type": "Input should be an object", "list_type": "Input should be an array"}


def invalid(error: ValidationError, message: type[BaseModel]) -> Problem:
    """The refusal of a request that is not a `message`, with the first few of what is wrong."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    errors = [_field_error(each, message) for each in found[:FEW]]
    return Problem(422, "The request is not valid.", errors, count=len(found))


def _field_error(found: ErrorDetails, message: type[BaseModel]) -> FieldError:
    *parents, name = found["loc"] or ("",)
    path = ".".join(map(str, found["loc"]))
    if found["type"] != "extra_forbidden":
        return FieldError(path, _SAID.get(found["type"], found["msg"]))
    known = tuple(_model_at(message, parents).model_fields)
    return FieldError(path, f"no such field{did_you_mean(str(name), known)}", known)


def _model_at(model: type[BaseModel], loc: Sequence[int | str]) -> type[BaseModel]:
    # A step into a list changes nothing; a step into a field leads to the model of its items.
    for step in loc:
        if isinstance(step, str):
            model = get_args(model.model_fields[step].annotation)[0]
    return model
