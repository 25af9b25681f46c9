"""Moves that were labelled by reading: ids and decisions of `benchmarks/gold`, texts of the public data.

Two sets, by the guideline beside them: sentences of biographies (pages_to_places) and of US political news (abp_news). Two passes
read the biographies of the dev persons and the news, and a third decided where they differ; the train persons, and the 900
sentences of news that pass the gate without a cue, were read once. Who read were language models that kept to the guideline; that two
of one kind agree (kappa .94 on the biographies, .99 on the news) says that it can be followed, and not that every label is right.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from zlib import crc32

from modules.errors import UserError
from modules.transfer.sentences import sentences

GOLD = Path(__file__).parent / "gold"
FIELDS = ("subject", "origin", "destination", "time")
VALUES = ("origin_iso3", "destination_iso3", "period")
ONLY_COUNTED = "gated"
"""Sentences that pass the gate without a cue, drawn to see what the lexicon loses: nobody learns from them."""
Line = dict[str, Any]


def rows(path: Path) -> Iterator[Line]:
    """The lines of a JSONL file, packed or not."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        yield from map(json.loads, lines)


def part_of(sentence: Line) -> str:
    """The part of a sentence's person: the dev persons are the test."""
    if sentence["split"] == "dev":
        return "test"
    return "validation" if crc32(sentence["person"].encode()) % 5 == 0 else "train"


@dataclass(frozen=True)
class Text:
    """A sentence with the one before it, and where it is from."""

    text: str
    group: str
    part: str
    published: str | None = None


class Texts:
    """The passages of an id: `person LINE` of the biographies' sentences, `news ARTICLE START` of the articles.

    Args:
        data: folder of the public data.
    """

    def __init__(self, data: Path) -> None:
        self.sentences = list(rows(data / "pages_to_places" / "sentences.jsonl.gz"))
        self.articles = {
            row["id"]: row for row in chain(*map(rows, sorted((data / "abp_news").glob("*.jsonl.gz"))))
        }

    def __getitem__(self, key: str) -> Text:
        """The passage of that id."""
        kind, *at = key.split()
        return self._person(int(at[0])) if kind == "person" else self._news(at[0], int(at[1]))

    def _person(self, line: int) -> Text:
        here = self.sentences[line]
        before = self.sentences[line - 1]
        text = (
            f"{before['text']} {here['text']}"
            if line and before["person"] == here["person"]
            else here["text"]
        )
        return Text(text, here["person"], part_of(here))

    def _news(self, article: str, start: int) -> Text:
        row = self.articles[article]
        spans = sentences(row["text"])
        at = next(number for number, span in enumerate(spans) if span.start == start)
        drawn = crc32(article.encode()) % 10
        part = "test" if drawn < 5 else "validation" if drawn == 5 else "train"  # noqa: PLR2004 - of ten
        text = row["text"][spans[max(at - 1, 0)].start : spans[at].end]
        return Text(text, f"news {article}", part, row["date"] or None)


def gold(data: Path) -> Iterator[Line]:
    """Lines of labelled passages as a run reads them.

    Raises:
        UserError: if a text is another than the one that was read.
    """
    texts = Texts(data)
    for name in ("persons", "news"):
        for decision in rows(GOLD / f"{name}.jsonl"):
            if decision.get("stratum") == ONLY_COUNTED:
                continue
            passage = texts[decision["id"]]
            if crc32(passage.text.encode()) != decision["crc"]:
                raise UserError(
                    f"{name}: {decision['id']}: the data has another text than the one that was labelled"
                )
            line: Line = {
                "text": passage.text,
                "circulation": decision["move"],
                "published": passage.published,
            }
            line |= {key: decision[key] for key in (*FIELDS, *VALUES) if key in decision}
            yield {**line, "group": passage.group, "part": passage.part, "source": f"gold {name}"}
