"""Real text with answers for the members of the ensemble, from public data, as a file that a run reads.

    python benchmarks/labelled_text.py labelled.jsonl --data ../shared/data

Biographies (pages_to_places, split by person: its dev persons are the test), KnowledgeNet and Re-DocRED (training alone). What
is labelled is that somebody lived, worked, studied or went somewhere: a move's end, not always a change of country. A passage
is a sentence with the one before it. Nothing of it is committed.
"""

import gzip
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from zlib import crc32

import typer
from rich.console import Console

sys.path.append(str(Path(__file__).parents[1]))
from modules.transfer.lexicon import has_cue
from modules.transfer.places.policy import policy
from modules.transfer.sentences import sentences

CORE = frozenset({"residence", "job", "education", "travel"})
FACTS = frozenset({"EMPLOYEE_OR_MEMBER_OF", "EDUCATED_AT", "PLACE_OF_RESIDENCE"})
FIRST_YEAR = 1000
QUIET = 6
"""Sentences of a person that tell of no move."""
DOCRED = {"P551": "residence", "P108": "employer", "P69": "educated at", "P937": "work place", "P54": "team"}
Line = dict[str, Any]


def rows(path: Path) -> Iterator[Line]:
    """The lines of a packed JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def found(text: str, piece: str | None, after: int = 0) -> list[int] | None:
    """Start and end of a piece of a text, the first behind an offset."""
    at = text.find(piece, after) if piece else -1
    return None if not piece or at < 0 else [at, at + len(piece)]


def biographies(folder: Path) -> Iterator[Line]:
    """Labelled relations, those to judge by with a cue, and sentences of the same persons that tell none."""
    origins: dict[str, tuple[str, str]] = {
        move["window"]: (move["origin_place"], move["origin_iso3"])
        for move in rows(folder / "moves.jsonl.gz")
        if move["origin_visible"]
    }
    related: dict[str, set[str]] = defaultdict(set)
    told: dict[str, Line] = {}
    for relation in rows(folder / "relations.jsonl.gz"):
        related[relation["person"]].add(relation["sentence"])
        line = _relation(relation, origins)
        if line is not None:
            told.setdefault(line["text"], line)
    yield from told.values()
    yield from _quiet(folder, related)


def _relation(relation: Mapping[str, Any], origins: Mapping[str, tuple[str, str]]) -> Line | None:
    text = relation["window"]
    if not text or relation["relation"] not in CORE:
        return None
    last = sentences(text)[-1].start
    person = _person(relation["person"], relation["split"])
    # A sentence that the lexicon drops is never read, but there is something to learn from it.
    if person["part"] != "train" and not relation["move_cue"] and not has_cue(text[last:]):
        return None
    name = relation["person"].replace("_", " ")
    place = found(text, relation["places"][0]["place"].strip(), last) if relation["places"] else None
    if place is None or relation["iso3"] not in policy().members:
        return None
    line: Line = {
        "text": text,
        "circulation": True,
        "subject": found(text, name, last) or found(text, name),
        "destination": place,
        "destination_iso3": relation["iso3"],
        "time": next(filter(None, (found(text, date.strip(), last) for date in relation["dates"])), None),
        **_person(relation["person"], relation["split"]),
    }
    if (
        relation["time_precision"] in {"year", "month"}
        and relation["year"]
        and relation["year"] >= FIRST_YEAR
    ):
        month = f"-{relation['month']:02d}" if relation["time_precision"] == "month" else ""
        line["period"] = f"{relation['year']}{month}"
    origin, code = origins.get(text, (None, None))
    span = found(text, origin)
    if span and span != place and code in policy().members:
        line |= {"origin": span, "origin_iso3": code}
    return line


def _quiet(folder: Path, related: Mapping[str, set[str]]) -> Iterator[Line]:
    """Sentences in which no relation is labelled and no cue stands: others may tell of what nobody labelled."""
    by_person: dict[str, list[Line]] = defaultdict(list)
    for sentence in rows(folder / "sentences.jsonl.gz"):
        by_person[sentence["person"]].append(sentence)
    for person, told in sorted(by_person.items()):
        pairs = [
            f"{before['text']} {here['text']}"
            for before, here in pairwise(told)
            if not has_cue(here["text"])
            and not any(here["text"][:40] in each or each[:40] in here["text"] for each in related[person])
        ]
        drawn = random.Random(crc32(person.encode()))  # noqa: S311
        drawn.shuffle(pairs)
        for text in pairs[:QUIET]:
            yield {"text": text, "circulation": False, **_person(person, told[0]["split"])}


def _person(person: str, split: str) -> Line:
    part = "test" if split == "dev" else "validation" if crc32(person.encode()) % 5 == 0 else "train"
    return {"group": person, "part": part, "source": "pages_to_places"}


def knowledge_net(folder: Path) -> Iterator[Line]:
    """Where a person lived, worked or studied, in sentences with a cue; and sentences of which nothing is known."""
    passages: dict[str, list[Line]] = defaultdict(list)
    for row in rows(folder / "knowledgenet_folds.jsonl.gz"):
        passages[row["text"]].append(row)
    for text, facts in passages.items():
        told = [each for each in facts if each["subj"] and each["relation"] in FACTS and each["obj"]]
        common = {
            "text": text,
            "group": f"knowledgenet {facts[0]['doc']}",
            "part": "train",
            "source": "knowledgenet",
        }
        if told:
            first = min(told, key=lambda each: each["obj_span"][0])
            yield {
                **common,
                "circulation": True,
                "subject": first["subj_span"],
                "destination": first["obj_span"],
            }
        elif not told and not has_cue(text) and crc32(text.encode()) % 2:
            yield {**common, "circulation": False}


def docred(folder: Path) -> Iterator[Line]:
    """The same of Re-DocRED's documents, from the sentence that is evidence."""
    for document in rows(folder / "redocred_dev.jsonl.gz"):
        for label in document["labels"]:
            if label["r"] not in DOCRED or len(label["evidence"]) != 1:
                continue
            number = label["evidence"][0]
            text, places = _joined(document["sents"][number])
            ends = [_mention(document, label[end], number) for end in ("h", "t")]
            spans = [[places[each[0]][0], places[each[1] - 1][1]] for each in ends if each]
            if len(spans) < len(ends) or not has_cue(text):
                continue
            subject, place = spans
            yield {
                "text": text,
                "circulation": True,
                "subject": subject,
                "destination": place,
                "group": f"redocred {document['title']}",
                "part": "train",
                "source": "redocred",
            }


def _mention(document: Mapping[str, Any], entity: int, sentence: int) -> list[int] | None:
    """First and last word of an entity's first mention in a sentence."""
    return next((each["pos"] for each in document["vertexSet"][entity] if each["sent_id"] == sentence), None)


def _joined(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    text, places = "", []
    for word in words:
        glued = not text or word in {",", ".", ")", "'s", ";", ":"} or text.endswith("(")
        text += word if glued else f" {word}"
        places.append((len(text) - len(word), len(text)))
    return text, places


def main(
    out: Annotated[Path, typer.Argument(help="File to write.")],
    data: Annotated[Path, typer.Option(help="Folder of the public data.")] = Path("../shared/data"),
) -> None:
    """Write labelled passages, and say how many of which source and part."""
    lines = [
        *biographies(data / "pages_to_places"),
        *knowledge_net(data / "knowledgenet_train"),
        *docred(data / "redocred"),
    ]
    with out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    for key, count in sorted(
        Counter((each["source"], each["part"], each["circulation"]) for each in lines).items()
    ):
        Console().print(*key, count)


if __name__ == "__main__":
    typer.run(main)
