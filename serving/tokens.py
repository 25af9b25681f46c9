"""Bearer tokens, as RFC 6750 has them."""

import hashlib
import hmac

from starlette.types import Scope

from serving.problem import Problem

_SCHEME = b"bearer"
_ASK = b'Bearer realm="talentflow"'


class Tokens:
    """The tokens that let a request in; where there are none, every request is."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self.hashes = tuple(hashlib.sha256(token.encode()).digest() for token in tokens)

    def demand(self, scope: Scope) -> None:
        """Check that a request carries one of them.

        Raises:
            Problem: 401 if it does not.
        """
        if not self.hashes:
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != _SCHEME:
            said = "This takes a token, in the header Authorization: Bearer TOKEN."
            raise Problem(401, said, headers=[(b"www-authenticate", _ASK)])
        # Hashes have one length, and all are looked at: the time tells nothing of the tokens.
        found = hashlib.sha256(given.strip()).digest()
        if not any([hmac.compare_digest(found, each) for each in self.hashes]):  # noqa: C419 - see above
            ask = _ASK + b', error="invalid_token"'
            raise Problem(401, "The token is not one of this server's.", headers=[(b"www-authenticate", ask)])
