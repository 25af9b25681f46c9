"""The one error that a user caused and can mend."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Input that is wrong: the message says what, where and how to mend it, on one line.

    The command line prints it and exits with code 2.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a message, like ` (did you mean flow?)`, or nothing if no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
