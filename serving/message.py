"""What the messages of every track share."""

from typing import Any

from pydantic import BaseModel, ConfigDict

STRICT = ConfigDict(
    extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
)
"""Of a message: no unknown field, no text for a number, no NaN."""


def whole(value: Any) -> Any:
    """JSON has one kind of number: 2.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class ServedModel(BaseModel):
    """The version that is served, how it was judged and where it comes from."""

    model_config = STRICT

    model: str
    run: str
    version: int
    card: dict[str, Any]
    lineage: dict[str, Any]
    manifest: str
    """sha256 of the artefact's manifest."""


class OpenAPI(BaseModel):
    """An OpenAPI document."""

    openapi: str
