"""A track's page: one file that asks nobody but its own server."""

import base64
import hashlib
import html
from importlib import resources

from serving.release import Release

Headers = tuple[tuple[bytes, bytes], ...]


def page(track: str, release: Release) -> tuple[bytes, Headers]:
    """The page with its style and scripts inside, and the headers that allow these and nothing else."""
    files = resources.files(f"serving.{track}") / "static"
    token = (resources.files("serving") / "static" / "token.js").read_text(encoding="utf-8")
    body, style, script = (
        (files / f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")
    )
    script += token
    for name, content in {
        "{{run}}": html.escape(release.run),
        "{{tag}}": html.escape(release.tag),
        "{{style}}": style,
        "{{script}}": script,
    }.items():
        body = body.replace(name, content)
    policy = "; ".join(
        (
            "default-src 'none'",
            "connect-src 'self'",
            "img-src data:",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return body.encode(), (
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-store"),
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
