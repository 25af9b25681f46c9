"""Who may ask a server: the tokens that its environment names, and where it needs one."""

import ipaddress
import os
import re
from pathlib import Path

from modules.errors import UserError

TOKEN, TOKEN_FILE = "TALENTFLOW_TOKEN", "TALENTFLOW_TOKEN_FILE"
FOLLOW = "TALENTFLOW_FOLLOW"
"""Names the pointer file whose champion a server follows."""
FEATURE_LOG = "TALENTFLOW_FEATURE_LOG"
"""Names the folder into which a server counts what it is asked."""
_SHORTEST = 16
# RFC 6750's b64token: what a header carries unchanged.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def read_tokens() -> tuple[str, ...]:
    """The tokens of TALENTFLOW_TOKEN and of the file that TALENTFLOW_TOKEN_FILE names, one a line.

    Raises:
        UserError: if one is empty, short or of other letters, or the file cannot be read. No token is quoted.
    """
    found = []
    if TOKEN in os.environ:
        found.append(_checked(os.environ[TOKEN], TOKEN))
    if TOKEN_FILE in os.environ:
        file = Path(os.environ[TOKEN_FILE])
        try:
            lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is not UTF-8"
            raise UserError(f"{TOKEN_FILE}: {file}: {reason}") from error
        said = {number: line for number, line in enumerate(lines, 1) if line and not line.startswith("#")}
        if not said:
            raise UserError(f"{TOKEN_FILE}: {file}: there is no token in it")
        found += [_checked(line, f"{TOKEN_FILE}: {file}: line {number}") for number, line in said.items()]
    return tuple(found)


def _checked(token: str, where: str) -> str:
    if len(token) < _SHORTEST or _TOKEN.fullmatch(token) is None:
        raise UserError(
            f"{where}: is no token of at least {_SHORTEST} letters, digits or -._~+/; "
            "make one with: openssl rand -hex 32"
        )
    return token


def authorisation() -> dict[str, str]:
    """The header by which a client with the same environment is let in; none where no token is set.

    Raises:
        UserError: as `read_tokens` does.
    """
    tokens = read_tokens()
    return {"authorization": f"Bearer {tokens[0]}"} if tokens else {}


def demand_token(host: str, tokens: tuple[str, ...]) -> None:
    """Check that a server that others than this machine can reach has a token.

    Raises:
        UserError: if it has none, or the host is no IP address.
    """
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise UserError(f"host {host}: is no IP address, like 127.0.0.1 or 0.0.0.0") from error
    if not loopback and not tokens:
        raise UserError(
            f"host {host}: others can reach it, and there is no token; "
            f"set {TOKEN}, or {TOKEN_FILE} to a file with a token a line"
        )
