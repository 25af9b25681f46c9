"""Places to countries, against human labels and a list of universities.

python benchmarks/places.py --data ../shared/data      # writes docs/results-places.md, a minute

Documents are split into two halves by a hash of their id; the rules were written looking at one, and judged on the other.
"""

import csv
import gzip
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks.recommendation_text import table
from modules.transfer.places.context import around
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from pipelines.paths import GAZETTEER
from pipelines.transfer.gazetteer import stage

HEAD = """# Results: places to countries

Written by `benchmarks/places.py`; do not edit. Mentions are given (their spans are the corpora's), the country is asked.
*Accuracy* counts the heaviest country of every mention that has one by the labels; *precision* is that of the answers, with
AMBIGUOUS withheld, and *answered* their share. TR-News and LGL: Gritta, Pilehvar and Collier, Language Resources and
Evaluation 54 (2020); LGL is of US local papers and made to be hard. The rules were written looking at the tune half.
Universities: Hipo's list, where the gazetteer has JetBrains' swot: names of members' universities, no text around them."""
GOALS = {"tr_news": (0.89, 0.95), "lgl": (0.85, None)}


@dataclass(frozen=True)
class Score:
    """What was asked, what was answered and what of it was right."""

    asked: int
    answered: int
    right: int
    heaviest_right: int

    @property
    def accuracy(self) -> float:
        """Right by the heaviest country, of all."""
        return self.heaviest_right / self.asked

    @property
    def precision(self) -> float:
        """Right, of what was answered."""
        return self.right / self.answered


def score(normaliser: Normaliser, documents: Iterable[Mapping[str, Any]], half: str) -> Score:
    """Every labelled toponym of one half of the documents."""
    told: Counter[str] = Counter()
    for document in documents:
        if half_of(document["doc_id"]) != half:
            continue
        countries = normaliser.context(document["text"])
        for toponym in document["toponyms"]:
            if toponym["iso3"]:
                near = around(document["text"], toponym["end"], countries)
                found = normaliser(toponym["text"], near)
                told["asked"] += 1
                told["answered"] += found.raw_entity is not None
                told["right"] += found.raw_entity == toponym["iso3"]
                told["heaviest"] += bool(found.candidates) and found.candidates[0][0] == toponym["iso3"]
    return Score(told["asked"], told["answered"], told["right"], told["heaviest"])


def half_of(document: str) -> str:
    """Tune or test, by the document's id."""
    return ("tune", "test")[int(hashlib.sha256(document.encode()).hexdigest(), 16) % 2]


def main(
    data: Annotated[Path, typer.Option(help="Folder of geoparsing_gold and universities.")] = Path(
        "../shared/data"
    ),
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-places.md"),
) -> None:
    """Score both halves of both corpora and the list of universities; write the page."""
    if not GAZETTEER.is_file():
        stage.run()
    normaliser = Normaliser(Gazetteer(GAZETTEER))
    rows = []
    for corpus, (accuracy, precision) in GOALS.items():
        with gzip.open(data / "geoparsing_gold" / f"{corpus}.jsonl.gz", "rt", encoding="utf-8") as lines:
            documents = [json.loads(line) for line in lines]
        for half in ("tune", "test"):
            found = score(normaliser, documents, half)
            rows.append(
                (
                    f"{corpus}, {half}",
                    f"{found.asked:,}",
                    f"{found.accuracy:.3f}",
                    f"{accuracy:.2f}",
                    f"{found.precision:.3f}",
                    "-" if precision is None else f"{precision:.2f}",
                    f"{found.answered / found.asked:.3f}",
                )
            )
    head = ("corpus", "toponyms", "accuracy", "goal", "precision", "goal", "answered")
    out.write_text(
        "\n\n".join([HEAD, table(head, rows), universities(normaliser, data)]) + "\n", encoding="utf-8"
    )


def universities(normaliser: Normaliser, data: Path) -> str:
    """A sentence about the names of universities."""
    told: Counter[str] = Counter()
    started = time.process_time()
    with gzip.open(data / "universities" / "universities.csv.gz", "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["iso3"] in normaliser.policy.members:
                found = normaliser(row["name"])
                told["asked"] += 1
                told["answered"] += found.iso3 is not None
                told["right"] += found.iso3 == row["iso3"]
    spent = 1e6 * (time.process_time() - started) / told["asked"]
    return (
        f"Universities: {told['asked']:,} names, {told['answered'] / told['asked']:.1%} answered, "
        f"{told['right'] / told['answered']:.1%} of these right; {spent:.0f} microseconds of CPU time each."
    )


if __name__ == "__main__":
    typer.run(main)
