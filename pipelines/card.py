"""The card of a model: what its user should know, in one form for every track."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from modules.artefact import verify
from modules.errors import UserError
from modules.monitoring.reference import Reference
from modules.role import Role
from pipelines.config.run import RunConfig
from pipelines.config.section import Section
from pipelines.evaluation import Bounds, Evaluation, Spread

SIMULATED = "its data are simulated: that the plumbing works is shown, accuracy on real data is not"
"""A limit of every simulated run."""


class Figure(Section):
    """One measure."""

    name: str
    mean: float
    """Over seeds."""
    sd: float
    """Over seeds; 0 of a model without randomness."""
    interval: Bounds | None
    """95 % bootstrap or Wilson interval on the test; none: not resampled."""


class Part(Section):
    """The error on a part of the test."""

    name: str
    cells: int
    """Errors in the mean."""
    error: float
    baseline: float
    """The best baseline's, on the same part."""


class Kept(Section):
    """What the model promises, against what the test found."""

    name: str
    cells: int
    found: float
    """Share of the cells inside the interval, or right."""
    promised: float | None
    """None: nothing is promised, `found` is to be read."""
    interval: Bounds | None
    """95 % interval of `found`; none: not known."""


class Group(Section):
    """One group of people, sources or countries; never one person."""

    name: str
    size: int
    value: Bounds


class Compared(Section):
    """How groups fare with the model."""

    by: str
    """What makes the groups."""
    measure: str
    groups: tuple[Group, ...]
    said: str
    """What is concluded, in a clause; may be empty."""


class Data(Section):
    """What the model was made from."""

    what: str
    simulated: bool
    licence: str | None
    """As the run's entry names it; none: it names none."""
    sizes: dict[str, int]
    """What was counted -> how many."""
    spans: dict[str, str]
    """Train, validation, test -> which part of the data."""


class Told(Section):
    """What only a track can tell of its model."""

    intended_use: str
    not_for: tuple[str, ...]
    data: Data
    ranked_by: Figure
    """On the validation: what chose the model."""
    test: tuple[Figure, ...]
    """On the test, which chose nothing: what is claimed."""
    kept: tuple[Kept, ...] = ()
    nominal_coverage: float | None = None
    """Share of cells that an interval is to hold; none: a track without intervals."""
    fairness: tuple[Compared, ...] = ()
    """Empty: the track knows no groups of people."""
    limits: tuple[str, ...]
    facts: dict[str, str | int | float | bool]


class Card(Told):
    """Everything on the card but its lineage, which lies beside it in the artefact.

    After Mitchell et al., Model Cards for Model Reporting (FAT* 2019).
    """

    run: str
    track: str
    model: str
    role: Role
    sha12: str
    """First 12 hex digits of the sha256 of the weights, as in the version's name."""
    hyperparameters: dict[str, float | int | str]
    improvement_over: str
    """The best baseline."""
    improvement: Bounds | None
    """Over it, on the test, paired; none: it is the best baseline."""
    slices: tuple[Part, ...]
    refuses: tuple[str, ...]
    """What the evaluation holds against a release."""
    reference: list[dict[str, Any]]
    """Histograms of what it was made from and of what it predicts (`modules.monitoring`), no cell small."""

    @classmethod
    def of(cls, evaluation: Evaluation, config: RunConfig, reference: Reference, told: Told) -> Self:
        """The card of an evaluation's candidate."""
        row = evaluation.row
        simulated = (SIMULATED,) if told.data.simulated else ()
        own = dict(told) | {"limits": (*told.limits, *simulated)}
        return cls(
            **own,
            run=evaluation.run,
            track=config.track,
            model=row.model,
            role=row.role,
            sha12=evaluation.sha12,
            hyperparameters=row.parameters,
            improvement_over=evaluation.best_baseline,
            improvement=row.improvement,
            slices=_parts(evaluation),
            refuses=evaluation.refuses,
            reference=reference.to_json(),
        )


def made_from(
    config: RunConfig, what: str, sizes: Mapping[str, int], spans: Mapping[str, str], *, simulated: bool
) -> Data:
    """The data of a run, with the licence that its entry names."""
    return Data(what=what, simulated=simulated, licence=config.licence, sizes=dict(sizes), spans=dict(spans))


def figures(test: Mapping[str, Spread], intervals: Mapping[str, Bounds]) -> tuple[Figure, ...]:
    """The measures on the test, those with an interval with it."""
    return tuple(figure(name, spread, intervals.get(name)) for name, spread in test.items())


def figure(name: str, spread: Spread, interval: Bounds | None = None) -> Figure:
    """One measure from its mean and deviation over seeds."""
    return Figure(name=name, mean=spread.mean, sd=spread.sd, interval=interval)


def _parts(evaluation: Evaluation) -> tuple[Part, ...]:
    """The candidate's error on every slice, beside the best baseline's."""
    return tuple(
        Part(
            name=part.name,
            cells=part.cells,
            error=part.error[evaluation.candidate],
            baseline=part.error[evaluation.best_baseline],
        )
        for part in evaluation.slices
    )


def read_card(artefact: Path) -> tuple[Card, dict[str, Any]]:
    """Card and lineage of a sealed artefact, every hash checked first.

    Raises:
        UserError: if the artefact is torn or changed, or its card of an earlier form.
    """
    verify(artefact)
    lineage: dict[str, Any] = json.loads((artefact / "lineage.json").read_text(encoding="utf-8"))
    path = artefact / "card.json"
    try:
        return Card.model_validate_json(path.read_bytes(), strict=False), lineage
    except ValidationError as error:
        raise UserError(f"{path}: is a card of an earlier form; build and release the run anew") from error
