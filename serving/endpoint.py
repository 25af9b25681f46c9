"""What a track declares: one endpoint of its interface."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel


def never(_asked: Any) -> bool:
    """No answer takes long."""
    return False


@dataclass(frozen=True)
class Endpoint:
    """A method and a path with what it takes and gives; OpenAPI and the edge are made from it alone."""

    method: Literal["GET", "POST"]
    path: str
    """As Starlette writes it; a GET may have one parameter, like `/regions/{id:path}`."""
    summary: str
    response: type[BaseModel] | str
    """A JSON message, or the media type of a text."""
    answer: Callable[[Any], bytes]
    """From the validated message or the text (POST), the path's parameter or none (GET), to a body; where
    there is a query, from the pair of both."""
    request: type[BaseModel] | str | None = None
    """A JSON message, or the media type of a text."""
    query: type[BaseModel] | None = None
    """What may stand behind the path's question mark."""
    parameter: str = ""
    """Name in OpenAPI of the schema of the path's parameter."""
    slow: Callable[[Any], bool] = never
    """Whether an answer takes so long that it must not hold up the others."""
    examples: Mapping[str, Any] = field(default_factory=dict)
    """Requests by title: bodies, or values of the path's parameter."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Of the answer, beside those that every answer has."""
    public: bool = False
    """Whether it asks for no token: it says nothing of what is served."""
