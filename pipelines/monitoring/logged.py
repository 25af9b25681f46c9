"""The feature log of a service, summed: how often each bin was met."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from modules.errors import UserError
from modules.monitoring.reference import Reference
from pipelines.config import Section

Counts = Mapping[str, NDArray[np.float64]]
"""Feature -> weight of each bin."""


class Line(Section):
    """One line, as `serving/feature_log.py` writes it."""

    day: date
    """UTC."""
    model: str
    """Tag of the version that answered."""
    units: int = Field(ge=1)
    """Questions, students or texts."""
    lost: int = Field(ge=0)
    """Requests that were not counted since the line before, too many being at hand."""
    counts: dict[str, dict[str, float]]
    """Feature -> bin -> weight."""


@dataclass(frozen=True)
class Logged:
    """What a version was asked in some days."""

    counts: Counts
    units: int
    lost: int
    days: tuple[date, ...]
    """On which it was asked."""
    others: Mapping[str, int]
    """Other versions in the same days -> their units, which are not looked at."""


def read_log(
    folder: Path, run: str, tag: str, reference: Reference, since: date | None, until: date | None
) -> Logged:
    """Sum up what was logged of a version.

    Args:
        folder: TALENTFLOW_FEATURE_LOG of its services.
        run: whose log it is.
        tag: of the version.
        reference: of its card, whose bins were counted.
        since: first day; none: from the first.
        until: last day; none: to the last.

    Raises:
        UserError: if the folder is not there, or naming the first line that is none.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name TALENTFLOW_FEATURE_LOG of the service with --log")
    counts = {feature.name: np.zeros(feature.bins) for feature in reference.features}
    units, lost, days, others = 0, 0, set(), dict[str, int]()
    for where, line in _lines(folder, run):
        if (since and line.day < since) or (until and line.day > until):
            continue
        if line.model != tag:
            others[line.model] = others.get(line.model, 0) + line.units
            continue
        _add(counts, line, where)
        units, lost = units + line.units, lost + line.lost
        days.add(line.day)
    return Logged(counts, units, lost, tuple(sorted(days)), dict(sorted(others.items())))


def _lines(folder: Path, run: str) -> Iterator[tuple[str, Line]]:
    for path in sorted(folder.glob(f"{run}.*.jsonl")):
        for number, text in enumerate(path.read_bytes().splitlines(), start=1):
            where = f"{path}: line {number}"
            try:
                yield where, Line.model_validate_json(text, strict=False)
            except ValidationError as error:
                raise UserError(f"{where}: is no line of a feature log; take it out") from error


def _add(counts: Counts, line: Line, where: str) -> None:
    for name, weights in line.counts.items():
        for at, weight in weights.items():
            if name not in counts or not at.isdigit() or int(at) >= len(counts[name]):
                raise UserError(f"{where}: {name}, bin {at}: is no bin of {line.model}'s card; take it out")
            counts[name][int(at)] += weight
