"""The source of a simulated run."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pipelines.config.section import Section

_MOST_DIRT = 0.4


class Dirt(Section):
    """What is wrong in a simulated log: each class's share of the rows."""

    scale: float = Field(default=1.0, ge=0)
    """Multiplies every share; 0 is a perfectly clean log."""
    unknown_origin: float = Field(default=0.01, ge=0, le=0.1)
    """No origin, or the code of no known city."""
    ambiguous: float = Field(default=0.008, ge=0, le=0.1)
    """A place that can mean several cities."""
    employer: float = Field(default=0.015, ge=0, le=0.1)
    """Somebody who looks for workers, not for work."""
    navigational: float = Field(default=0.02, ge=0, le=0.1)
    """On the way to a job site, with no intention told."""
    no_place: float = Field(default=0.03, ge=0, le=0.1)
    """Looks for work, names no place."""
    repeat: float = Field(default=0.02, ge=0, le=0.1)
    """The same text by the same user in the same month."""
    bot: float = Field(default=0.005, ge=0, le=0.1)
    """Bursts of 200 queries by one user within minutes, over many places."""
    malformed: float = Field(default=0.003, ge=0, le=0.1)
    """A field that is empty, missing or garbled."""
    wrong_type: float = Field(default=0.003, ge=0, le=0.1)
    """A field that holds another kind of value: a number for a text, a name for a code."""
    out_of_range: float = Field(default=0.003, ge=0, le=0.1)
    """A time outside the file's month."""

    def share(self, kind: str) -> float:
        """Share of the rows that are of a class."""
        return self.scale * float(getattr(self, kind))

    @model_validator(mode="after")
    def _leaves_queries(self) -> Self:
        total = sum(self.share(kind) for kind in type(self).model_fields if kind != "scale")
        if total > _MOST_DIRT:
            msg = f"the shares times scale add up to {total:.3g}, at most {_MOST_DIRT}: lower them"
            raise ValueError(msg)
        return self


class SimulateSource(Section):
    """A search engine's raw queries, drawn from planted pull, push, stay and reach of real Chinese cities."""

    kind: Literal["simulate"]
    cities: int = Field(default=24, ge=3, le=358)
    """How many of the most populous cities."""
    queries: float = Field(default=3.0e6, ge=1e4, le=1e8)
    """Expected rows of the log over the whole span."""
    held_back: float = Field(default=0.2, ge=0, le=1)
    """Share of the queries whose words come from the inventory that only scores extraction."""
    dirt: Dirt = Dirt()
