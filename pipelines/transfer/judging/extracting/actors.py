"""The actors of the extraction: the filter, one kind for each member, and the agreement that ends a shard."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from modules.transfer.cascade.cascade import STEPS, Cascade
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.consensus import UNKNOWN
from modules.transfer.ensemble import Ensemble, Reading
from modules.transfer.networks import Member, load_network
from modules.transfer.passage import Passage
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.predictor import LONGEST_PASSAGE
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.tables.rows import rows_of

LONGEST_ARTICLE = 1_000_000
"""Characters; a longer text is a book, or a broken file, and is set aside."""
READ = pa.schema(
    [
        ("passage_id", pa.string()),
        ("article_id", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("passage", pa.string()),
        ("members", pa.string()),
        ("level", pa.string()),
        ("subject", pa.string()),
        ("origin", pa.string()),
        ("destination", pa.string()),
        ("period", pa.string()),
        ("precision", pa.string()),
        ("inferred", pa.bool_()),
        ("votes", pa.int32()),
    ]
)
"""One row a passage on which the members agree; with names, so it is of the private store."""
Row = dict[str, Any]
_COLUMNS = ("article_id", "text", "published")


class Filter:
    """Cuts the articles of a shard into passages, and keeps what may tell of a move."""

    def __init__(self, gazetteer: Path, classifier: Path | None) -> None:
        torch.set_num_threads(1)
        network = load_network(classifier) if classifier else None
        normaliser = Normaliser(Gazetteer(gazetteer))
        self.cascade = Cascade(normaliser, network if isinstance(network, MoveFilter) else None)

    def __call__(self, row: Row) -> Row:
        """Adds `windows` and `counts` to a row with the file and place of a shard."""
        articles = rows_of(Path(row["articles"]), row["first"], row["count"], _COLUMNS)
        counts: Counter[str] = Counter(dict.fromkeys(STEPS, 0))
        sound = [each for each in articles if len(each["text"]) <= LONGEST_ARTICLE]
        counts["too_long"] = len(articles) - len(sound)
        windows = []
        for window in self.cascade(((a["article_id"], a["text"], a["published"]) for a in sound), counts):
            if len(window.passage.text) <= LONGEST_PASSAGE:
                windows.append((window.passage, window.start))
            else:
                counts["long_passage"] += 1
        return {"shard": row["shard"], "windows": windows, "counts": dict(counts), "said": {}}


class Reader:
    """One member."""

    def __init__(self, folder: Path, name: str) -> None:
        torch.set_num_threads(1)
        network = load_network(folder)
        if not isinstance(network, Member):
            raise TypeError(type(network).__name__)
        self.member, self.name = network, name

    def __call__(self, row: Row) -> Row:
        """Adds what the member says of each passage."""
        said = list(self.member.extract([passage for passage, _ in row["windows"]]))
        return {**row, "said": {**row["said"], self.name: said}}


class Agreement:
    """Countries, months, consensus; keeps the shard in scratch, whole or not at all."""

    def __init__(self, gazetteer: Path, voters: tuple[str, ...], scratch: Path) -> None:
        self.voters, self.scratch = voters, scratch
        self.ensemble = Ensemble({}, (), Normaliser(Gazetteer(gazetteer)))

    def __call__(self, row: Row) -> Row:
        """Gives the shard and what was counted."""
        counts: Counter[str] = Counter(row["counts"])
        kept = []
        for at, (passage, start) in enumerate(row["windows"]):
            reading = self.ensemble.agreed(passage, [row["said"][voter][at] for voter in self.voters])
            _count(reading, counts)
            if reading.agreement is not None:
                kept.append(_row(passage, start, reading))
        with whole_folder(self.scratch / f"shard-{row['shard']:06d}") as folder:
            write_parquet(folder / "read.parquet", pa.Table.from_pylist(kept, READ))
            write_json(folder / "counts.json", dict(sorted(counts.items())))
        return {"shard": row["shard"], "kept": len(kept)}


def _count(reading: Reading, counts: Counter[str]) -> None:
    moves = sum(told.vote.circulation for told in reading.told)
    if 2 * moves <= len(reading.told):
        return
    counts["circulation"] += 1
    places = {
        (place.mention, place.status, place.rule)
        for told in reading.told
        if told.vote.circulation
        for place in told.places.values()
        if place is not None and place.status != "RESOLVED"
    }
    for _, status, rule in places:
        counts[f"dropped.{rule.rpartition('; ')[2] if status == 'DROPPED' else status.lower()}"] += 1
    if any(told.vote.circulation and told.vote.destination != UNKNOWN for told in reading.told):
        counts["destination"] += 1


def _row(passage: Passage, start: int, reading: Reading) -> Row:
    agreed, period = reading.agreement, reading.period
    if agreed is None:
        raise TypeError("agreement")
    article, _, _ = passage.passage_id.rpartition(":")
    votes = [
        {
            "member": told.vote.member,
            "circulation": told.vote.circulation,
            "subject": told.vote.subject,
            "origin": told.vote.origin,
            "destination": told.vote.destination,
            "period": told.vote.period,
        }
        for told in reading.told
    ]
    return {
        "passage_id": passage.passage_id,
        "article_id": article,
        "start": start,
        "end": start + len(passage.text),
        "passage": passage.text,
        "members": json.dumps(votes, ensure_ascii=False, sort_keys=True),
        "level": agreed.level,
        "subject": agreed.subject or None,
        "origin": _known(agreed.origin),
        "destination": _known(agreed.destination),
        "period": _known(agreed.period),
        "precision": period.precision if period else "unknown",
        "inferred": period is not None and period.inferred,
        "votes": agreed.votes,
    }


def _known(value: str) -> str | None:
    return None if value == UNKNOWN else value
