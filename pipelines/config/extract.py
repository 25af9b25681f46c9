"""The sections of a run whose flows are extracted from raw job queries."""

from typing import Literal

from pydantic import Field, field_validator

from pipelines.config.section import Section


def known_encoding(value: str) -> str:
    """The name of a text encoding.

    Raises:
        ValueError: if there is none of this name.
    """
    try:
        "".encode(value)
    except LookupError as error:
        msg = f"no such text encoding {value!r}"
        raise ValueError(msg) from error
    return value


class LogColumns(Section):
    """Which columns of a log hold what."""

    query_id: str | None = "query_id"
    """Unique number of a query; none: file and row, and a row that stands twice is two searches."""
    user: str = "user_hash"
    """Whoever searched: any text, told apart and counted, never kept."""
    time: str = "ts"
    """When, ISO 8601; without an offset it is UTC."""
    origin: str = "origin"
    """6-digit adcode of where the user's address is, of a prefecture or a district; blank: unknown."""
    text: str = "text"
    """What was typed."""


class QueriesSource(Section):
    """A log of searches that the user brings."""

    kind: Literal["queries"]
    path: str = Field(min_length=1)
    """File or pattern under the run's data folder; csv, csv.gz or parquet, told by the ending."""
    sep: str = Field(default=",", pattern=r"^[\t -!#-~]$")
    """csv: the character between fields."""
    encoding: str = "utf-8"
    """csv: how letters became bytes, like utf-8 or gb18030."""
    quote: Literal['"', "none"] = '"'
    """csv: what encloses a field that holds the separator or a line break; none: nothing does, and the mark
    is a letter."""
    columns: LogColumns = LogColumns()
    """The log's columns (the run's own `columns` are those of a table of counts)."""

    _encoding = field_validator("encoding")(known_encoding)


class Extract(Section):
    """From queries to counts of people."""

    k_anonymity: int = Field(default=5, ge=1)
    """Cells with fewer users are suppressed; what they sum to is counted."""
    max_queries_a_user: int = Field(default=100, ge=1)
    """A user with more searches in a period is a machine, and left out."""
    min_search_users: int = Field(default=20, ge=1)
    """Floor of an origin's search users, so that a handful does not stand for a whole city."""
    stay_without_place: bool = False
    """Whether a job query without a place means work in the user's own city."""
    normalise: Literal["population", "none"] = "population"
    """population: people counted times inhabitants per search user of the origin; none: people counted."""
