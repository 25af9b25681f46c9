"""What every part of a configuration is."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen record that refuses unknown keys and documents its fields by their docstrings."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


def list_to_tuple(value: Any) -> Any:
    """A list of the configuration as what a frozen record holds."""
    return tuple(value) if isinstance(value, list) else value
