"""From pydantic's findings to a problem with the path, and the choices, of every field that is wrong."""

from collections.abc import Sequence
from typing import get_args

from pydantic import BaseModel, ValidationError

from modules.errors import did_you_mean
from serving.problem import FieldError, Problem

# In pydantic's words these name the Python side.
_SAID = {"model_type": "Input should be an object", "list_type": "Input should be an array"}


def invalid(error: ValidationError, message: type[BaseModel]) -> Problem:
    """The refusal of a request that is not a `message`."""
    return Problem(
        422,
        "The request is not valid.",
        [
            _unknown(each["loc"], _model_at(message, each["loc"][:-1]))
            if each["type"] == "extra_forbidden"
            else FieldError(".".join(map(str, each["loc"])), _SAID.get(each["type"], each["msg"]))
            for each in error.errors(include_url=False, include_input=False, include_context=False)
        ],
    )


def _unknown(loc: Sequence[int | str], model: type[BaseModel]) -> FieldError:
    known = tuple(model.model_fields)
    return FieldError(".".join(map(str, loc)), f"no such field{did_you_mean(str(loc[-1]), known)}", known)


def _model_at(model: type[BaseModel], loc: Sequence[int | str]) -> type[BaseModel]:
    for step in loc:
        if isinstance(step, str):
            model = next(each for each in get_args(model.model_fields[step].annotation))
    return model
