"""Articles as a crawler would bring them, and a label for every sentence that tells something."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.transfer.simulating.telling import Family, Move, Told, families, one, tell, words
from pipelines.transfer.simulating.world import World

_SPOILT = 0.01
_LONGEST_DELAY = 60
_SENTENCES = (3, 7)
_DIRT: Mapping[str, Mapping[str, Any]] = {
    "no_url": {"url": ""},
    "no_text": {"text": " "},
    "broken_date": {"date": "2/27"},
    "impossible_date": {"date": "0001-01-01"},
    "no_date": {"date": None},
    "foreign": {},
    "repeated": {},
}
"""What is wrong with a spoilt article."""
_SPANS = ("", "subject_", "origin_", "destination_", "time_")
_ARTICLE = pa.schema([(name, pa.string()) for name in ("url", "date", "title", "text")])
_LABEL = pa.schema(
    [
        ("row", pa.int32()),
        ("moves", pa.bool_()),
        *((name, pa.string()) for name in ("family", "part", "origin_iso3", "destination_iso3", "period")),
        *((f"{span}{end}", pa.int32()) for span in _SPANS for end in ("start", "end")),
    ]
)


@dataclass(frozen=True)
class Simulated:
    """What a simulation writes."""

    articles: pa.Table
    """url, date, title, text."""
    labels: pa.Table
    """Of every telling sentence: row of its article, family, part, whether it tells of a move; start and end
    of the sentence and of subject, origin, destination and time in the text (null: not told); both countries
    and the period of a move."""
    flows: pa.Table
    """year, origin, destination, share: the planted probabilities."""


def draw(source: SimulateArticlesSource, seed: int) -> Simulated:
    """Draw all articles of a source; the same seed, the same articles."""
    world = World(source.countries, source.years, seed)
    rng = np.random.default_rng([seed, 1])
    articles: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for move in _moves(source, world, rng):
        family = _family(source, rng)
        told = None if family is None else tell(family, move, world, rng)
        article, start = _article(move, told, world, rng)
        copies = [article, _reprinted(article, rng)] if rng.random() < source.syndicated else [article]
        for each in copies:
            if family is not None and told is not None:
                labels.append({"row": len(articles), **_label(family, move, told, start)})
            articles.append(each)
    articles += _spoilt(articles, source.dirt, rng)
    return Simulated(
        pa.Table.from_pylist(articles, _ARTICLE),
        pa.Table.from_pylist(labels, _LABEL),
        _flows(world, source.first),
    )


def _moves(source: SimulateArticlesSource, world: World, rng: np.random.Generator) -> list[Move]:
    codes = [member.iso3 for member in world.members]
    drawn = rng.choice(world.flows.size, source.articles, p=world.flows.ravel())
    cells = zip(*(each.tolist() for each in np.unravel_index(drawn, world.flows.shape)), strict=True)
    months = rng.integers(1, 13, source.articles).tolist()
    return [
        Move(codes[origin], codes[destination], source.first + year, month)
        for (year, origin, destination), month in zip(cells, months, strict=True)
    ]


def _family(source: SimulateArticlesSource, rng: np.random.Generator) -> Family | None:
    drawn = rng.random()
    if drawn >= source.moves + source.hard_negatives:
        return None
    fitting = [family for family in families() if family.moves == (drawn < source.moves)]
    return fitting[rng.integers(len(fitting))]


def _article(
    move: Move, told: Told | None, world: World, rng: np.random.Generator
) -> tuple[dict[str, Any], int]:
    """An article, and where in its text the telling sentence starts."""
    published = date(move.year, move.month, 1) + timedelta(days=int(rng.integers(_LONGEST_DELAY)))
    sentences = rng.permutation(words()["plain"])[: rng.integers(*_SENTENCES)].tolist()
    at = int(rng.integers(len(sentences) + 1))
    start = sum(len(each) + 1 for each in sentences[:at])
    if told is not None:
        sentences.insert(at, told.text)
    surname = one(words()["family"], rng) if told is None else told.surname
    place = world.cities[move.destination][0]
    title = one(words()["titles"], rng).format(s=surname, place=place, role=one(words()["roles"], rng))
    url = f"https://{one(words()['hosts'], rng)}/{published:%Y/%m}/{rng.integers(10**9):09d}"
    return {"url": url, "date": published.isoformat(), "title": title, "text": " ".join(sentences)}, start


def _label(family: Family, move: Move, told: Told, start: int) -> dict[str, Any]:
    spans = {
        f"{role}_{name}": start + place
        for role, span in told.spans.items()
        for name, place in zip(("start", "end"), span, strict=True)
    }
    label = {"family": family.name, "part": family.part, "moves": family.moves, **spans}
    if family.moves:
        month = f"-{move.month:02d}" if told.by_month else ""
        label |= {
            "origin_iso3": move.origin if "origin" in told.spans else None,
            "destination_iso3": move.destination,
            "period": f"{move.year}{month}" if "time" in told.spans else None,
        }
    return {**label, "start": start, "end": start + len(told.text)}


def _reprinted(article: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    later = date.fromisoformat(article["date"]) + timedelta(days=1)
    url = f"https://{one(words()['hosts'], rng)}/wire/{rng.integers(10**9):09d}"
    return {**article, "url": url, "date": later.isoformat(), "text": f"{article['text']} (Wire)"}


def _spoilt(articles: list[dict[str, Any]], scale: float, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Further articles, each a copy of a sound one with something wrong; they have no labels."""
    count = min(round(_SPOILT * scale * len(articles)), len(articles))
    spoilt = []
    for reason, change in _DIRT.items():
        for row in rng.choice(len(articles), count, replace=False).tolist():
            copy = {**articles[row], "url": f"{articles[row]['url']}?{reason}"}
            if reason == "foreign":
                copy["text"] = " ".join(rng.permutation(words()["foreign"]).tolist())
            spoilt.append({**copy, **change})
    return spoilt


def _flows(world: World, first: int) -> pa.Table:
    year, origin, destination = np.nonzero(world.flows)
    codes = np.array([member.iso3 for member in world.members])
    return pa.table(
        {
            "year": year + first,
            "origin": codes[origin],
            "destination": codes[destination],
            "share": world.flows[year, origin, destination],
        }
    )
