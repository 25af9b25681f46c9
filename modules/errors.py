"""The one error that a user caused and can mend."""

import difflib
from collections.abc import Iterable, Sequence

FEW = 20
"""How many allowed values a message lists."""
_LONGEST_NAME = 100


class UserError(ValueError):
    """Input that is wrong: the message says what, where and how to mend it, on one line.

    The command line prints it and exits with code 2.
    """

    def __str__(self) -> str:
        """The message; what it quotes of a library may have been several lines."""
        return " ".join(super().__str__().splitlines())


class RequestError(UserError):
    """A field of a request that cannot be answered, by its path (`flows.3.period`), and what it may be."""

    def __init__(self, field: str, message: str, allowed: Sequence[str | int] = ()) -> None:
        few = f"; allowed: {', '.join(map(str, allowed[:FEW]))}" if allowed else ""
        super().__init__(f"{field}: {message}{few}{' ...' if len(allowed) > FEW else ''}")
        self.field, self.message, self.allowed = field, message, allowed


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a message, like ` (did you mean flow?)`, or nothing if no known name is near."""
    near = difflib.get_close_matches(name[:_LONGEST_NAME], list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
