"""What the environment says to the serving process."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from modules.access import FEATURE_LOG, read_tokens
from modules.errors import UserError

MAX_BODY, MAX_QUEUE = 1_048_576, 16
TIMEOUT, DRAIN = 30, 25
_SWITCH = {"true": True, "false": False}


@dataclass(frozen=True)
class Settings:
    """The limits of a service, and who may ask it."""

    max_body: int = MAX_BODY
    """Largest body of a request, bytes."""
    tokens: tuple[str, ...] = ()
    """Any of them lets a request in; none: no request needs one."""
    max_queue: int = MAX_QUEUE
    """Long answers that may wait while one is worked out."""
    timeout: int = TIMEOUT
    """Seconds from a request's head to its answer."""
    log: bool = False
    """Whether each request writes a line to stderr; a service does, an app in another process need not."""
    drain: int = DRAIN
    """Seconds from SIGTERM to the end of the process, whatever is still open."""
    feature_log: Path | None = None
    """Folder in which bins of what is asked and told are counted; none: nothing is."""

    @classmethod
    def read(cls, timeout: int = TIMEOUT) -> Self:
        """Read the TALENTFLOW_ variables.

        Args:
            timeout: seconds where the environment says nothing.

        Raises:
            UserError: naming the one that is wrong.
        """
        return cls(
            max_body=_number("TALENTFLOW_MAX_BODY", "bytes", MAX_BODY),
            tokens=read_tokens(),
            max_queue=_number("TALENTFLOW_QUEUE", "requests", MAX_QUEUE),
            timeout=_number("TALENTFLOW_TIMEOUT", "seconds", timeout, least=1),
            log=_switch("TALENTFLOW_REQUEST_LOG", said=True),
            drain=_number("TALENTFLOW_DRAIN", "seconds", DRAIN, least=1),
            feature_log=Path(folder) if (folder := os.environ.get(FEATURE_LOG)) else None,
        )


PLAIN = Settings()
"""What an app has that is told nothing."""


def _number(name: str, unit: str, otherwise: int, least: int = 0) -> int:
    said = os.environ.get(name, str(otherwise))
    if not (said.isascii() and said.isdigit()):
        raise UserError(f"{name}: {said!r} is not a number of {unit}, like {otherwise}")
    if int(said) < least:
        raise UserError(f"{name}: {said} {unit} are too few; the least is {least}")
    return int(said)


def _switch(name: str, *, said: bool) -> bool:
    text = os.environ.get(name, str(said)).lower()
    if text not in _SWITCH:
        raise UserError(f"{name}: {text!r} is neither true nor false")
    return _SWITCH[text]
