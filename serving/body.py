"""A request's body: bounded before it is read, of the right type before it is parsed, strict when it is."""

import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import jiter
from starlette.types import Receive, Scope

from serving.problem import FieldError, Problem

MEDIA_TYPE = "application/json"
_TWICE = re.compile(r'Detected duplicate key "(.*)" at line \d+ column \d+$')
"""What jiter says of a name that an object has twice."""


class Disconnected(Exception):  # noqa: N818 - nobody is left to be told
    """The client went away before its body was whole."""


async def read_body(scope: Scope, receive: Receive, limit: int, takes: str = MEDIA_TYPE) -> bytes:
    """Read the body of a request of at most `limit` bytes.

    Raises:
        Problem: 415 if it does not say that it is of the media type that is taken, 413 as soon as it is, or
            says it is, too large.
        Disconnected: if the client went away.
    """
    headers: dict[bytes, bytes] = dict(scope["headers"])
    media_type = headers.get(b"content-type", b"").decode("latin-1")
    if media_type.partition(";")[0].strip().lower() != takes:
        said = f"Content-Type is {media_type or 'not given'}; this takes {takes}."
        raise Problem(415, said, headers=[(b"accept-post", takes.encode())])
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        more = message.get("more_body", False)
    return body


def _too_large(limit: int) -> Problem:
    return Problem(413, f"The body is larger than {limit} bytes; send less at a time.")


def _given_twice(name: str) -> Problem:
    return Problem(400, "A field is given twice.", [FieldError(name, "is given twice")])


def parse(body: bytes) -> Any:
    """Parse JSON. NaN and infinities pass, so that validation can refuse them by their path.

    Raises:
        Problem: 400 if it is not JSON, is nested too deeply, or names a field twice.
    """
    try:
        return jiter.from_json(body, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        if twice := _TWICE.match(str(error)):
            raise _given_twice(twice[1]) from error
        raise Problem(400, f"The body is not JSON that can be taken: {error}.") from error


def text(body: bytes) -> str:
    """Decode a text; a byte order mark, as spreadsheets write one, is no part of it.

    Raises:
        Problem: 400 if it is not UTF-8.
    """
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(400, f"The body is not UTF-8: {error.reason} at byte {error.start}.") from error


def parse_query(query: bytes) -> dict[str, str]:
    """What stands behind the path's question mark.

    Raises:
        Problem: 400 if a field is given twice.
    """
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise _given_twice(twice[0])
    return dict(pairs)
