"""The published table of transfers: no name in it, each transfer of a site once."""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from modules.transfer.consensus import person_key

SALT_VARIABLE = "TALENTFLOW_SALT"
SALT_FILE = Path(".talentflow-salt")
_LENGTH = 16
_PRONOUNS = frozenset({"", "he", "she", "him", "her", "his", "i", "who", "they", "them", "we"})
TRANSFERS = pa.schema(
    [
        ("transfer_id", pa.string()),
        ("article_id", pa.string()),
        ("registered_domain", pa.string()),
        ("published", pa.date32()),
        ("subject", pa.string()),
        ("origin", pa.string()),
        ("destination", pa.string()),
        ("period", pa.string()),
        ("precision", pa.string()),
        ("inferred", pa.bool_()),
        ("level", pa.string()),
        ("votes", pa.int32()),
        ("voters", pa.int32()),
        ("flow", pa.bool_()),
        ("domestic", pa.bool_()),
        ("syndication_count", pa.int32()),
    ]
)
"""subject: the salted hash of the name; flow: both places are known and differ."""
PRIVATE = pa.schema(
    [
        ("transfer_id", pa.string()),
        ("subject", pa.string()),
        ("passage", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("members", pa.string()),
    ]
)


def salt_of(seed: int | None) -> bytes:
    """The salt of a run: of simulated people the seed, else TALENTFLOW_SALT, else a secret kept in a file.

    Args:
        seed: of a simulated run; none of a real one.
    """
    if seed is not None:
        return f"simulated {seed}".encode()
    if said := os.environ.get(SALT_VARIABLE):
        return said.encode()
    if not SALT_FILE.exists():
        made = SALT_FILE.with_name(f"{SALT_FILE.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        with suppress(FileExistsError):
            SALT_FILE.hardlink_to(made)  # whoever is first
        made.unlink()
    return SALT_FILE.read_text(encoding="ascii").strip().encode()


def subject_hash(name: str, salt: bytes) -> str:
    """HMAC-SHA-256 of a name as it is compared, its first 16 hex digits."""
    return hmac.new(salt, person_key(name).encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def is_name(said: str | None) -> bool:
    """Whether it says who: no pronoun or description (his mother), and something that is compared at all."""
    last = (said or "").split()[-1:]
    return bool(last) and not last[0][:1].islower() and person_key(said or "") not in _PRONOUNS


def hashes_of(members: str, salt: bytes) -> set[str]:
    """The hashes of all whom some members name, of the JSON in the private table."""
    return {subject_hash(vote["subject"], salt) for vote in json.loads(members) if is_name(vote["subject"])}


def published(
    read: Sequence[Mapping[str, Any]],
    articles: Mapping[str, Mapping[str, Any]],
    voters: int,
    salt: bytes,
    forgotten: Sequence[str] = (),
) -> tuple[pa.Table, pa.Table]:
    """The published table and the private one, both sorted by transfer_id.

    A site that tells of one person's transfer twice counts once: the passage that most agree on, then the
    first, is kept.

    Args:
        read: rows of the extraction.
        articles: by id, with registered_domain, published and syndication_count.
        voters: how many vote.
        salt: of the hashes.
        forgotten: hashes of those who are left out.
    """
    rows: dict[tuple[Any, ...], tuple[dict[str, Any], dict[str, Any]]] = {}
    ranked = sorted(read, key=lambda row: (-row["votes"], row["passage_id"]))
    for row in ranked:
        article = articles[row["article_id"]]
        transfer = hashlib.sha256(row["passage_id"].encode()).hexdigest()[:_LENGTH]
        subject = subject_hash(row["subject"], salt) if is_name(row["subject"]) else None
        if not {subject, *hashes_of(row["members"], salt)}.isdisjoint(forgotten):
            continue
        origin, destination = row["origin"], row["destination"]
        told = {
            "transfer_id": transfer,
            "article_id": row["article_id"],
            "registered_domain": article["registered_domain"],
            "published": article["published"],
            "subject": subject,
            **{
                key: row[key]
                for key in ("origin", "destination", "period", "precision", "inferred", "level", "votes")
            },
            "voters": voters,
            "flow": None not in {origin, destination} and origin != destination,
            "domestic": origin is not None and origin == destination,
            "syndication_count": article["syndication_count"],
        }
        same = (subject or transfer, origin, destination, row["period"], article["registered_domain"])
        rows.setdefault(same, (told, {**row, "transfer_id": transfer}))
    kept = sorted(rows.values(), key=lambda pair: pair[0]["transfer_id"])
    return (
        pa.Table.from_pylist([told for told, _ in kept], TRANSFERS),
        pa.Table.from_pylist([{name: own[name] for name in PRIVATE.names} for _, own in kept], PRIVATE),
    )
