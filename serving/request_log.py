"""One line of JSON a request, on stderr."""

import os
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson

_STDERR = 2
_FRAMES = 5


def write_line(fields: dict[str, object]) -> None:
    """Write a line that begins with the time; one that cannot be written is lost, and harms no request."""
    line = {"time": datetime.now(UTC), **fields}
    # One call, so that lines of several processes do not mix.
    with suppress(OSError):
        os.write(_STDERR, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))


def where(error: Exception) -> dict[str, object]:
    """What an error is and where it arose; not its message, which may quote a person's row."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error": type(error).__name__,
        "at": [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames],
    }
