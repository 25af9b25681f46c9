"""What counts as a country: the members of the United Nations, and what is decided about everything else."""

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Literal

from modules.transfer.places.names import name_key

Kind = Literal[
    "member", "territory", "non_member", "observer", "disputed", "historical", "supranational", "everywhere"
]
SCOPELESS: tuple[Kind, ...] = ("supranational", "everywhere")
"""Kinds of names that stand for no one country."""


@dataclass(frozen=True)
class Member:
    """One of the 193."""

    iso3: str
    iso2: str
    m49: str
    name: str
    capital: str
    region: str
    subregion: str
    latitude: float
    """Of the capital."""
    longitude: float


@dataclass(frozen=True)
class Settings:
    """What a run may decide otherwise; the defaults keep members only."""

    territories: Literal["drop", "to_sovereign"] = "drop"
    taiwan: Literal["drop", "merge"] = "drop"
    observers: Literal["drop", "include"] = "drop"
    historical: Literal["drop", "successor"] = "drop"


@dataclass(frozen=True)
class Entity:
    """What a name stands for."""

    code: str
    """ISO 3166 alpha-3, or a name where there is no code."""
    kind: Kind
    successor: str | None = None
    """Whose it is, or what came after it."""


@dataclass(frozen=True)
class Shared:
    """A name of several countries."""

    cues: Mapping[str, tuple[str, ...]]
    otherwise: str | None


@dataclass(frozen=True)
class Policy:
    """The committed tables, ready to look up by `name_key`."""

    version: str
    sha256: str
    members: Mapping[str, Member]
    entities: Mapping[str, Entity]
    """Code -> what it is."""
    names: Mapping[str, Entity]
    demonyms: Mapping[str, Entity]
    shared: Mapping[str, Shared]
    parts: Mapping[str, str]
    """Well-known part of a country -> alpha-3."""
    institutions: Mapping[str, str]
    """Institution by the name that text gives it -> alpha-3."""
    abbreviations: Mapping[str, tuple[str, str]]
    """Short name of a state -> alpha-3 of its country and the name in full."""
    generic: frozenset[str]
    """Words that tell no place in an institution's name."""

    def country_of(self, key: str) -> str | None:
        """The country that a key names or whose people or part it is; none of a name that several share."""
        if key in self.shared:
            return None
        entity = self.names.get(key) or self.demonyms.get(key)
        if entity is not None:
            return entity.code or None
        return self.parts.get(key)

    def decide(self, entity: Entity, settings: Settings) -> tuple[str | None, str]:
        """The member that an entity counts for, and why, or none and why not."""
        if entity.kind == "member":
            return entity.code, "member"
        merged = (
            (entity.kind == "territory" and settings.territories == "to_sovereign")
            or (entity.kind == "non_member" and settings.taiwan == "merge")
            or (entity.kind == "historical" and settings.historical == "successor")
        )
        if merged and entity.successor:
            return entity.successor, f"{entity.kind} counted for {entity.successor}"
        if entity.kind == "observer" and settings.observers == "include":
            return entity.code, "observer, included"
        return None, entity.kind


@cache
def policy() -> Policy:
    """The policy as committed, read once a process."""
    folder = files(__package__)
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in ("members.csv", "policy.toml")}
    rules = tomllib.loads(texts["policy.toml"])
    rows = list(csv.DictReader(texts["members.csv"].splitlines()))
    names: dict[str, Entity] = {}
    demonyms: dict[str, Entity] = {}
    entities: dict[str, Entity] = {}
    for entity, called, people in _entities(rows, rules):
        entities[entity.code] = entity
        names.update((name_key(name), entity) for name in called)
        demonyms.update((name_key(name), entity) for each in people for name in (each, f"{each}s"))
    return Policy(
        version=rules["version"],
        sha256=sha256("".join(texts.values()).encode()).hexdigest(),
        members={row["iso3"]: _member(row) for row in rows},
        entities=entities,
        names=names,
        demonyms=demonyms,
        shared=_shared(rules["shared"]),
        parts=_coded(rules["parts"]),
        institutions=_coded(rules["institutions"]),
        abbreviations={
            name_key(short): (code, full)
            for code, table in rules["abbreviations"].items()
            for short, full in table.items()
        },
        generic=frozenset(rules["generic"]["words"]),
    )


def _entities(
    rows: Sequence[Mapping[str, str]], rules: Mapping[str, Any]
) -> Iterator[tuple[Entity, Sequence[str], Sequence[str]]]:
    """Every entity, its names and its people's; a member's come last, so that they hold against others."""
    for kind in SCOPELESS:
        yield Entity("", kind), rules[kind]["names"], rules[kind].get("demonyms", ())
    for name, said in rules["historical"].items():
        yield Entity(name, "historical", said.get("successor")), said["names"], said.get("demonyms", ())
    for code, said in rules["others"].items():
        entity = Entity(code.removeprefix("raw:"), said["kind"], said.get("sovereign"))
        yield entity, said["names"], said.get("demonyms", ())
    for row in rows:
        called = [row["name"], *filter(None, row["aliases"].split("|"))]
        yield Entity(row["iso3"], "member"), called, [*filter(None, row["demonyms"].split("|"))]


def _coded(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name_key(name): code for code, names in table.items() for name in names}


def _member(row: Mapping[str, str]) -> Member:
    return Member(
        iso3=row["iso3"],
        iso2=row["iso2"],
        m49=row["m49"],
        name=row["name"],
        capital=row["capital"],
        region=row["region"],
        subregion=row["subregion"],
        latitude=float(row["lat"]),
        longitude=float(row["lon"]),
    )


def _shared(rules: Mapping[str, Any]) -> dict[str, Shared]:
    found: dict[str, Shared] = {}
    for name, said in rules.items():
        shared = Shared({code: tuple(cues) for code, cues in said["cues"].items()}, said.get("otherwise"))
        people = said.get("demonyms", [])
        found |= {name_key(word): shared for word in (name, *people, *(f"{each}s" for each in people))}
    return found
