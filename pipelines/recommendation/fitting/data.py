"""A run's tables as the models see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch

from modules.recommendation.encoder import SideEncoder
from modules.recommendation.features import PairData, Pairs
from modules.schema import Schema
from pipelines.config.parts import TEST, TRAIN, VALIDATION
from pipelines.config.recommendation import RecommendationRun
from pipelines.paths import RunPaths

WITH_PROTECTED = "with_protected"
"""Fits of our own model that see the protected fields; they lie beside `final`."""


@dataclass(frozen=True)
class Fold:
    """What a fit is given and judged by, and how its features were encoded."""

    data: PairData
    encoders: tuple[SideEncoder, SideEncoder]
    """Of students and of employers, learnt from what is fitted on."""


@dataclass(frozen=True)
class RunData:
    """The tables of a run and the data of its two fits."""

    schema: Schema
    students: pa.Table
    """id, part, label, intent and the fields, protected ones too: who is judged, by group."""
    employers: pa.Table
    backtest: Fold
    """Fits on train, judges on validation."""
    final: Fold
    """Fits on train and validation, judges on test."""


def open_data(name: str, config: RecommendationRun) -> RunData:
    """Read a run's extracted tables and its split, and encode them for either fit.

    The vocabularies and scales of a fit are those of the students that it is fitted on and of the employers
    who took one of them: an employer that is new to a fit is known by its other fields.
    """
    paths = RunPaths(name)
    students = pq.read_table(paths.extracted / "students.parquet")
    parts = pq.read_table(paths.split / "parts.parquet")
    for column in ("part", "label"):
        students = students.append_column(column, parts.column(column))
    employers = pq.read_table(paths.extracted / "employers.parquet")
    placements = pq.read_table(paths.extracted / "placements.parquet")
    settings = config.recommendation
    pairs = _pairs(students, employers, placements)
    folds = [
        _fold(settings.data_schema, students, employers, pairs, fitted, judged, settings.negatives)
        for fitted, judged in (((TRAIN,), VALIDATION), ((TRAIN, VALIDATION), TEST))
    ]
    return RunData(settings.data_schema, students, employers, *folds)


def with_protected(name: str, config: RecommendationRun) -> Fold | None:
    """The final fold as it would be with `use_protected`, likeness of negatives included.

    None where models see the protected fields anyhow, and where no field of the students is protected.
    """
    settings = config.recommendation
    if settings.use_protected or not settings.students.protected:
        return None
    shown = settings.model_copy(update={"use_protected": True})
    return open_data(name, config.model_copy(update={"recommendation": shown})).final


def _pairs(students: pa.Table, employers: pa.Table, placements: pa.Table) -> Pairs:
    student, employer = (
        torch.from_numpy(
            pc.index_in(placements.column(side), value_set=table.column("id").combine_chunks())
            .to_numpy()
            .astype(np.int64)
        )
        for side, table in (("student", students), ("employer", employers))
    )
    if "student_yes" not in placements.column_names:
        return Pairs(student, employer, torch.ones(len(placements)))
    said = [
        torch.from_numpy(placements.column(name).to_numpy().astype(np.float32))
        for name in ("student_yes", "employer_yes")
    ]
    return Pairs(student, employer, said[0] * said[1], torch.stack(said, dim=1))


def _fold(
    schema: Schema,
    students: pa.Table,
    employers: pa.Table,
    pairs: Pairs,
    fitted: Sequence[str],
    judged: str,
    sampling: Any,
) -> Fold:
    parts = students.column("part")
    fits = torch.from_numpy(
        pc.is_in(parts, value_set=pa.array(fitted, pa.string())).to_numpy(zero_copy_only=False)
    )
    hires = pairs[fits[pairs.student]]
    judging = pairs[torch.from_numpy(pc.equal(parts, judged).to_numpy(zero_copy_only=False))[pairs.student]]
    popularity = torch.bincount(hires.positive.employer, minlength=len(employers))
    met = torch.bincount(hires.employer, minlength=len(employers)) > 0
    sides = schema.inputs
    encoders = (
        SideEncoder.fit(students.filter(pa.array(fits.numpy())), sides[0]),
        SideEncoder.fit(employers.filter(pa.array(met.numpy())), sides[1]),
    )
    intents = _intents(students) if schema.intent else ()
    code = {label: at for at, label in enumerate(intents)}
    intent = torch.tensor(
        [code.get(label, -1) for label in students.column("intent").to_pylist()]
        if schema.intent
        else [-1] * len(students)
    )
    data = PairData(
        schema=schema,
        students=encoders[0].encode(students),
        employers=encoders[1].encode(employers),
        hires=hires,
        judging=judging,
        intent=torch.where(fits, intent, -1),
        intents=intents,
        popularity=popularity,
        sampling=sampling,
    )
    return Fold(data, encoders)


def _intents(students: pa.Table) -> tuple[str, ...]:
    return tuple(sorted({label for label in students.column("intent").to_pylist() if label is not None}))
