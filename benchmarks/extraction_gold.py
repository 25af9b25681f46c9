"""An extractor against real text: labelled biographies, and news in which hardly anybody moves.

python benchmarks/extraction_gold.py --data ../shared/data --split train      # half a minute; prints

A destination is right where the normaliser takes its mention to a country that the labels of that sentence have. Precision
is of what the normaliser takes to a country, recall of all that is labelled. Moves are proposals (the data's README): a wrong
label counts against the extractor, and a visit counts as a move. `dev` is for results, not for tuning.
"""

import gzip
import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

sys.path.append(str(Path(__file__).parents[1]))
from modules.transfer.grammar.grammar import Grammar
from modules.transfer.lexicon import has_cue
from modules.transfer.passage import Extraction, Extractor, Passage, Span
from modules.transfer.places.context import around
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.sentences import sentences
from modules.transfer.times import when
from pipelines.paths import GAZETTEER
from pipelines.transfer.gazetteer import stage

CORE = frozenset({"residence", "job", "education", "travel"})
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Item:
    """A window of text, and what its labels say of its last sentence."""

    text: str
    destinations: frozenset[str]
    origins: frozenset[str]
    """Where the origin stands in the window; else empty."""
    years: frozenset[int]


@dataclass(frozen=True)
class Counts:
    """Of one field: labelled, answered, right."""

    labelled: int
    answered: int
    right: int

    def __str__(self) -> str:
        precision = self.right / self.answered if self.answered else math.nan
        recall = self.right / self.labelled if self.labelled else math.nan
        low, high = wilson(self.right, self.answered)
        f1 = 2 * self.right / ((self.answered + self.labelled) or 1)
        return (
            f"{self.labelled:5} {self.answered:5} {self.right:5}   {precision:.3f} [{low:.2f}, {high:.2f}]"
            f"   {recall:.3f}  {f1:.3f}"
        )


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, JASA 22, 1927)."""
    if not of:
        return 0.0, 1.0
    share, squared = right / of, Z95**2
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = Z95 * math.sqrt(share * (1 - share) / of + squared / (4 * of**2)) / (1 + squared / of)
    return middle - half, middle + half


def rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a packed JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def items(labels: Iterable[Mapping[str, Any]]) -> list[Item]:
    """One item a window, with all that its labels say."""
    said: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for label in labels:
        if label["window"] and label["to"]:
            said[label["window"]].append(label)
    return [
        Item(
            text,
            frozenset(code for label in told for code in label["to"]),
            frozenset(label["from"] for label in told if label["from"]),
            frozenset(label["year"] for label in told if label["year"]),
        )
        for text, told in said.items()
    ]


def of_moves(data: Path, split: str, *, with_verb: bool) -> list[Item]:
    """Proposed core moves of a split's persons."""
    return items(
        {
            "window": move["window"],
            "to": [move["destination_iso3"]],
            "from": move["origin_iso3"] if move["origin_visible"] else None,
            "year": move["year"],
        }
        for move in rows(data / "pages_to_places" / "moves.jsonl.gz")
        if move["split"] == split and "core" in move["chains"] and (move["move_cue"] or not with_verb)
    )


def of_relations(data: Path, split: str) -> list[Item]:
    """Where a person lived, worked, studied or went, in sentences with a verb of movement: no change of country asked."""
    return items(
        {
            "window": label["window"],
            "to": label["iso3_all"],
            "from": None,
            "year": label["year"] if label["time_precision"] in {"year", "month"} else None,
        }
        for label in rows(data / "pages_to_places" / "relations.jsonl.gz")
        if label["split"] == split and label["relation"] in CORE and label["move_cue"]
    )


def country(normaliser: Normaliser, text: str, span: Span | None) -> str | None:
    """The country of a mention in its text."""
    if span is None:
        return None
    return normaliser(span.text, around(text, span.end, normaliser.context(text))).iso3


def score(normaliser: Normaliser, asked: Sequence[Item], answers: Sequence[Extraction]) -> dict[str, Counts]:
    """Each field; years of the windows that have one and in which the extractor sees a move."""
    told: Counter[str] = Counter()
    for item, answer in zip(asked, answers, strict=True):
        to, off = (
            country(normaliser, item.text, answer.destination),
            country(normaliser, item.text, answer.origin),
        )
        told["to labelled"] += 1
        told["to answered"] += to is not None
        told["to right"] += to in item.destinations
        if item.origins:
            told["from labelled"] += 1
            told["from answered"] += off is not None
            told["from right"] += off in item.origins
        if item.years and answer.circulation:
            year = when(answer.time.text).year if answer.time else None
            told["year labelled"] += 1
            told["year answered"] += year is not None
            told["year right"] += year in item.years
    return {
        field: Counts(*(told[f"{key} {what}"] for what in ("labelled", "answered", "right")))
        for field, key in (("destination", "to"), ("origin", "from"), ("year", "year"))
    }


def on_news(
    normaliser: Normaliser, extractor: Extractor, data: Path, articles: int
) -> tuple[int, int, list[tuple[Passage, Extraction]]]:
    """Sentences read, those with a cue, and the passages in which the extractor sees somebody go to a country."""
    chosen = random.Random(0).sample(rows(data / "abp_news" / "others_1.jsonl.gz"), articles)  # noqa: S311
    read, passages = 0, []
    for article in chosen:
        spans = sentences(article["text"])
        read += len(spans)
        for before, span in zip([None, *spans], spans, strict=False):
            if has_cue(span.text):
                start = before.start if before else span.start
                day = date.fromisoformat(article["date"]) if article["date"] else None
                passages.append(Passage(article["text"][start : span.end], day, article["id"]))
    answers = extractor.extract(passages)
    seen = [
        (passage, answer)
        for passage, answer in zip(passages, answers, strict=True)
        if answer.circulation and country(normaliser, passage.text, answer.destination)
    ]
    return read, len(passages), seen


def main(
    data: Annotated[Path, typer.Option(help="Folder of pages_to_places and abp_news.")] = Path(
        "../shared/data"
    ),
    split: Annotated[str, typer.Option(help="Persons: train to tune on, dev for results.")] = "train",
    articles: Annotated[int, typer.Option(help="Articles of news; 0 for none.")] = 400,
    show: Annotated[bool, typer.Option(help="Print what is wrong (never on dev).")] = False,
) -> None:
    """Score the grammar on one split's persons and on news."""
    if not GAZETTEER.is_file():
        stage.run()
    normaliser, extractor = Normaliser(Gazetteer(GAZETTEER)), Grammar()
    echo: Callable[[str], None] = typer.echo
    echo(
        f"{extractor.name} on persons of {split}\n{'':44} asked  answ right   precision [95 %]       recall  F1"
    )
    for name, asked in (
        ("core moves", of_moves(data, split, with_verb=False)),
        ("core moves with a verb of movement", of_moves(data, split, with_verb=True)),
        ("located relations with a verb of movement", of_relations(data, split)),
    ):
        answers = extractor.extract([Passage(item.text) for item in asked])
        echo(f"{name}: {len(asked)} windows")
        for field, counts in score(normaliser, asked, answers).items():
            echo(f"{'':30}{field:>12} {counts}")
        if show and split == "train":
            for item, answer in zip(asked, answers, strict=True):
                to = country(normaliser, item.text, answer.destination)
                if to not in item.destinations:
                    echo(f"  {to} for {sorted(item.destinations)} {answer}\n      {item.text[-400:]}")
    if articles:
        read, cued, seen = on_news(normaliser, extractor, data, articles)
        far = sum(
            (off := country(normaliser, passage.text, told.origin)) is not None
            and off != country(normaliser, passage.text, told.destination)
            for passage, told in seen
        )
        echo(
            f"news: {read} sentences, {cued} with a cue; moves seen per 10,000 sentences: to a country "
            f"{1e4 * len(seen) / read:.1f} ({len(seen)}), from another one {1e4 * far / read:.1f} ({far})"
        )
        if show:
            for passage, told in seen:
                echo(f"  {told}\n      {passage.text[-350:]!r}")


if __name__ == "__main__":
    typer.run(main)
