"""A run's labelled passages as the members see them, with the answers that they are judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from modules.transfer.consensus import UNKNOWN
from modules.transfer.passage import Passage
from modules.transfer.passage_data import PassageData
from modules.transfer.tagging.labelled import Labelled
from modules.transfer.tagging.tags import FIELDS
from pipelines.config.parts import TEST, TRAIN, VALIDATION
from pipelines.config.transfer import TransferRun
from pipelines.paths import RunPaths


@dataclass(frozen=True)
class Answer:
    """What a passage tells, normalised."""

    circulation: bool
    subject: str
    origin: str
    """Alpha-3, or UNKNOWN."""
    destination: str
    period: str
    group: str
    source: str


@dataclass(frozen=True)
class Folds:
    """The data of the two fits, and the answers to what each judges."""

    backtest: PassageData
    """Fits on train, judges on validation."""
    final: PassageData
    """Fits on train and validation, judges on test."""
    answers: Mapping[str, Sequence[Answer]]
    """By `backtest` and `final`, in the order of what is judged."""


def open_data(name: str, config: TransferRun) -> Folds:  # noqa: ARG001 - every track's fitting opens so
    """Read a run's labelled passages."""
    rows = pq.read_table(RunPaths(name).extracted / "labelled.parquet").to_pylist()
    parts = {part: [row for row in rows if row["part"] == part] for part in (TRAIN, VALIDATION, TEST)}
    labelled = {part: [_labelled(row) for row in its] for part, its in parts.items()}
    return Folds(
        backtest=PassageData(labelled[TRAIN], labelled[VALIDATION]),
        final=PassageData([*labelled[TRAIN], *labelled[VALIDATION]], labelled[TEST]),
        answers={
            "backtest": [_answer(row) for row in parts[VALIDATION]],
            "final": [_answer(row) for row in parts[TEST]],
        },
    )


def _labelled(row: Mapping[str, Any]) -> Labelled:
    spans = {
        field: (row[f"{field}_start"], row[f"{field}_end"])
        for field in FIELDS
        if row[f"{field}_start"] is not None
    }
    passage = Passage(row["text"], row["published"], row["passage_id"])
    return Labelled(passage, row["circulation"], spans, row["group"])


def _answer(row: Mapping[str, Any]) -> Answer:
    start, end = row["subject_start"], row["subject_end"]
    return Answer(
        row["circulation"],
        "" if start is None else row["text"][start:end],
        row["origin_iso3"] or UNKNOWN,
        row["destination_iso3"] or UNKNOWN,
        row["period"] or UNKNOWN,
        row["group"],
        row["source"],
    )
