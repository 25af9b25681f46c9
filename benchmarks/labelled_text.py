"""Real text with answers for the members of the ensemble, from public data, as a file that a run reads.

    python benchmarks/labelled_text.py labelled.jsonl --data ../shared/data

Biographies and news that were labelled by reading (`labelled_gold.py`), and to train on alone facts of KnowledgeNet and Re-DocRED
that stand in a sentence with a cue of moving: somebody lived, worked or studied somewhere, which is a move's end more often than
not. A passage is a sentence with the one before it. Nothing of it is committed.
"""

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
from benchmarks.labelled_gold import gold, part_of, rows
from modules.transfer.lexicon import has_cue

FACTS = frozenset({"EMPLOYEE_OR_MEMBER_OF", "EDUCATED_AT", "PLACE_OF_RESIDENCE"})
QUIET = 6
"""Sentences of a person that tell of no move."""
DOCRED = {"P551": "residence", "P108": "employer", "P69": "educated at", "P937": "work place", "P54": "team"}
Line = dict[str, Any]


def quiet(folder: Path) -> Iterator[Line]:
    """Sentences of the train persons that nobody read, without a cue or a labelled relation."""
    related: dict[str, set[str]] = defaultdict(set)
    for relation in rows(folder / "relations.jsonl.gz"):
        related[relation["person"]].add(relation["sentence"])
    by_person: dict[str, list[Line]] = defaultdict(list)
    for sentence in rows(folder / "sentences.jsonl.gz"):
        if sentence["split"] == "train":
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
            part = part_of(told[0])
            yield {"text": text, "circulation": False, "group": person, "part": part, "source": "quiet"}


def knowledge_net(folder: Path) -> Iterator[Line]:
    """Where a person lived, worked or studied, in sentences with a cue; and sentences of which nothing is known."""
    passages: dict[str, list[Line]] = defaultdict(list)
    for row in rows(folder / "knowledgenet_folds.jsonl.gz"):
        passages[row["text"]].append(row)
    for text, facts in passages.items():
        told = [each for each in facts if each["subj"] and each["relation"] in FACTS and each["obj"]]
        cued = has_cue(text)
        common = {
            "text": text,
            "group": f"knowledgenet {facts[0]['doc']}",
            "part": "train",
            "source": "knowledgenet",
        }
        if told and cued:
            first = min(told, key=lambda each: each["obj_span"][0])
            yield {
                **common,
                "circulation": True,
                "subject": first["subj_span"],
                "destination": first["obj_span"],
            }
        elif not told and not cued and crc32(text.encode()) % 2:
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
        *gold(data),
        *quiet(data / "pages_to_places"),
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
