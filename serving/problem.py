"""What every refusal looks like: RFC 9457 problem details."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from modules.errors import FEW, RequestError

MEDIA_TYPE = b"application/problem+json"
_LONGEST = 400


@dataclass(frozen=True)
class FieldError:
    """One field that is wrong: its path (`flows.3.count`), why, and what it may be."""

    path: str
    message: str
    allowed: Sequence[str | int] = ()

    def as_json(self) -> dict[str, Any]:
        """Its JSON form; a long list of allowed values is cut, and says how many there are."""
        found: dict[str, Any] = {"path": _cut(self.path), "message": _cut(self.message)}
        if self.allowed:
            found |= {"allowed": list(self.allowed[:FEW]), "allowed_count": len(self.allowed)}
        return found


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """A request that is refused, with the status and body of the answer.

    `count` is how many errors there are in all, if `errors` are only the first few.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[FieldError] = (),
        *,
        count: int | None = None,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers
        self.count = len(errors) if count is None else count

    @classmethod
    def of(cls, error: RequestError, status: int = 422) -> "Problem":
        """The refusal of a field by what the edge serves."""
        return cls(
            status, "The request cannot be answered.", [FieldError(error.field, error.message, error.allowed)]
        )

    def body(self) -> bytes:
        """The answer's body."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": _cut(self.detail),
        }
        if self.errors:
            content["errors"] = [error.as_json() for error in self.errors]
            content["errors_count"] = self.count
        return orjson.dumps(content)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
