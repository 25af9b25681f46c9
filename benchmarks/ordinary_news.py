"""What a run makes of ordinary news, by sentences that were drawn from it and read (`labelled_gold.py`)."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.labelled_gold import GOLD, Texts, rows
from modules.transfer.cascade.cascade import Cascade
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.consensus import LEVELS
from modules.transfer.lexicon import has_cue
from modules.transfer.networks import load_network
from modules.transfer.passage import Passage
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.sentences import sentences
from pipelines.paths import GAZETTEER, RunPaths

DRAWS = 2000


@dataclass(frozen=True)
class Item:
    """A sentence that was read, and what the run made of it."""

    stratum: str
    part: str
    decision: Mapping[str, Any]
    steps: Mapping[str, bool]
    agreed: Mapping[str, Any] | None
    """The run's row of it."""

    @property
    def is_right(self) -> bool:
        """Whether the row's destination is the labelled one, and its origin too, where it tells one."""
        told, known = self.agreed or {}, self.decision
        same = told.get("destination") == known.get("destination_iso3")
        return bool(known["move"]) and same and told.get("origin") in {known.get("origin_iso3"), None}


def items(run: str, data: Path) -> tuple[list[Item], Counter[str]]:
    """Every sentence of the news that was read, and how many sentences of the news each stratum has."""
    texts = Texts(data)
    network = load_network(RunPaths(run).model / "filter" / "seed-0" / "final")
    if not isinstance(network, MoveFilter):
        raise TypeError(type(network).__name__)
    cascade = Cascade(Normaliser(Gazetteer(GAZETTEER)), network)
    table = pq.read_table(RunPaths(run).evaluation / "transfers.parquet").to_pylist()
    found = {row["transfer_id"]: row for row in table}
    read = []
    for decision in rows(GOLD / "news.jsonl"):
        _, article, start = decision["id"].split()
        passage = texts[decision["id"]]
        steps = cascade.steps(Passage(passage.text))
        agreed = found.get(hashlib.sha256(f"{article}:{start}".encode()).hexdigest()[:16])
        read.append(Item(decision["stratum"], passage.part, decision, steps, agreed))
    return read, _population(texts, cascade)


def _population(texts: Texts, cascade: Cascade) -> Counter[str]:
    population: Counter[str] = Counter()
    for article in texts.articles.values():
        for span in sentences(article["text"]):
            hit = any(span.start <= cue["start"] < span.end for cue in article["cues"])
            if article["candidate"] and hit:
                population["cued"] += 1
            elif has_cue(span.text):
                population["loose"] += 1
            else:
                population["gated" if cascade.gate(span) else "plain"] += 1
    return population


def shares(
    read: Sequence[Item],
    population: Mapping[str, int],
    of: Callable[[Item], bool],
    kept: Callable[[Item], bool],
) -> str:
    """The share of some sentences that is kept, each weighed by how many it stands for; 95 % by bootstrap within strata."""
    by_stratum: dict[str, list[Item]] = defaultdict(list)
    for item in read:
        by_stratum[item.stratum].append(item)
    generator = np.random.default_rng(0)
    top, bottom = np.zeros(DRAWS + 1), np.zeros(DRAWS + 1)
    for name, its in sorted(by_stratum.items()):
        weight = population[name] / len(its)
        marks: NDArray[np.float64] = np.array(
            [[of(item) and kept(item), of(item)] for item in its], dtype=float
        )
        drawn = generator.integers(0, len(its), (DRAWS, len(its)))
        sums = np.vstack([marks.sum(0), marks[drawn].sum(1)]) * weight
        top, bottom = top + sums[:, 0], bottom + sums[:, 1]
    share = top / np.maximum(bottom, 1e-9)
    low, high = np.percentile(share[1:], [2.5, 97.5])
    count = sum(of(item) for item in read)
    return f"{share[0]:.2f} [{low:.2f}, {high:.2f}] (n = {count})" if count else "none"


def is_move(item: Item) -> bool:
    """Whether a move is told."""
    return bool(item.decision["move"])


def is_firm(item: Item) -> bool:
    """Whether a move is told that another careful reader would see too."""
    return is_move(item) and not item.decision.get("doubt")


def passes(step: str) -> Callable[[Item], bool]:
    """Whether a step of the filter, and those before, let a sentence pass."""
    return lambda item: item.steps[step]


def reaches(levels: Sequence[str]) -> Callable[[Item], bool]:
    """Whether the members agree on a sentence at one of some levels."""
    return lambda item: item.agreed is not None and item.agreed["level"] in levels


def lines(run: str, data: Path) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Recall of the filter by step; and by level, on the test articles, what of the agreed is right, and what is kept."""
    read, population = items(run, data)
    recall: list[tuple[str, ...]] = [
        (step, *(shares(read, population, of, passes(step)) for of in (is_firm, is_move)))
        for step in ("lexicon", "gate", "filter")
    ]
    test = [item for item in read if item.part == "test"]
    levels: list[tuple[str, ...]] = []
    for at, level in enumerate(LEVELS):
        kept = reaches(LEVELS[: at + 1])
        found = [shares(test, population, kept, right) for right in (is_move, lambda item: item.is_right)]
        levels.append((level, *found, shares(test, population, is_firm, kept)))
    return recall, levels
