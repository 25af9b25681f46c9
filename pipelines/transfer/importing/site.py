"""The site that an address belongs to."""

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from tldextract import TLDExtract

_RESERVED = ("example",)
"""Nobody's, by RFC 2606: what simulated articles have."""
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+")


@dataclass(frozen=True)
class Site:
    """Whose page it is."""

    host: str
    """Lower case, without a port."""
    registered_domain: str
    """What somebody registered, like bbc.co.uk: the public suffix and one label before it."""


class Sites:
    """Tells sites by the public suffix list that tldextract bundles; nothing is fetched."""

    def __init__(self) -> None:
        self._known: dict[str, Site | None] = {}

    def __call__(self, url: str) -> Site | None:
        """The site of an http or https address; none of others and of hosts without a public suffix."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            return None
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
            return None
        if host not in self._known:
            domain = _suffixes()(host).top_domain_under_public_suffix
            self._known[host] = Site(host, domain) if domain else None
        return self._known[host]


@cache
def _suffixes() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None, extra_suffixes=_RESERVED)
