"""What the environment says to the serving process."""

import os

from modules.errors import UserError

MAX_BODY = 1_048_576


def max_body() -> int:
    """Largest request body in bytes: TALENTFLOW_MAX_BODY, else 1 MiB.

    Raises:
        UserError: if it is not a number of bytes.
    """
    said = os.environ.get("TALENTFLOW_MAX_BODY", str(MAX_BODY))
    if not (said.isascii() and said.isdigit()):
        raise UserError(f"TALENTFLOW_MAX_BODY: {said!r} is not a number of bytes, like {MAX_BODY}")
    return int(said)
