"""What every part of a configuration is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen record that refuses unknown keys and documents its fields by their docstrings."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)
