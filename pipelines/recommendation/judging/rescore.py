"""Packaged recommenders on a run's data as they are now: candidate against champion."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modules.errors import UserError
from modules.recommendation.metrics import ranking
from modules.recommendation.predictor import Recommender
from pipelines.bootstrap import draw_counts, percentile_interval
from pipelines.config.parts import in_order
from pipelines.config.recommendation import RecommendationEvaluate, RecommendationRun
from pipelines.evaluation import Bounds
from pipelines.recommendation.fitting.data import RunData, open_data
from pipelines.recommendation.fitting.judged import Judged, judged
from pipelines.release.challenge import Challenge, IncomparableError
from pipelines.release.records import Comparison

FEWEST = 30
"""Students that an interval needs."""


def challenge(name: str, config: RecommendationRun, candidate: Path, champion: Path) -> Challenge:
    """Compare two sealed artefacts on a run's data."""
    data = open_data(name, config)
    try:
        old = Recommender.load(champion)
    except UserError as error:  # of a format that this code no longer reads
        return Challenge(why_not=str(error))
    trained = [
        json.loads((folder / "lineage.json").read_text(encoding="utf-8"))["training"]
        for folder in (candidate, champion)
    ]
    try:
        new = Recommender.load(candidate)
        return Challenge(compare(data, (new, old), trained, config.evaluate, config.seed))
    except IncomparableError as error:
        return Challenge(why_not=str(error))


def compare(
    data: RunData,
    recommenders: tuple[Recommender, Recommender],
    trained: Sequence[Mapping[str, Any]],
    settings: RecommendationEvaluate,
    seed: int,
) -> Comparison:
    """1 - AUC of both on the test students that neither was trained on, one bootstrap of students for both.

    Each encodes today's students and employers by itself: an employer that it was not packaged with is known
    by its fields, as it would be after an update of its list.

    Args:
        data: the run's data, whose test students they are.
        recommenders: the one that would be promoted, and the one that it must beat.
        trained: what each was trained on, by its lineage.
        settings: resamples of the bootstrap.
        seed: of the bootstrap.

    Raises:
        IncomparableError: if one asks for fields that the data do not have, if one may see protected fields
            and the other not, or if too few test students are new to both.
    """
    _same_world(data, recommenders)
    test = judged(data.final.data)
    labels = data.students.column("label").to_pylist()
    fresh = _fresh(labels, trained)
    kept = torch.tensor([labels[row] in fresh for row in test.rows.tolist()], dtype=torch.bool)
    errors = [1 - _auc(data, test, each, kept) for each in recommenders]
    valid = ~np.isnan(errors[0]) & ~np.isnan(errors[1])
    if valid.sum() < FEWEST:
        raise IncomparableError(f"{int(valid.sum())} test students are new to both; it takes {FEWEST}")
    errors = [error[valid] for error in errors]
    size = len(errors[0])
    counts = draw_counts(np.random.default_rng(seed), settings.bootstrap, size)
    means = [float(error.mean()) for error in errors]
    gain = counts @ (errors[1] - errors[0]) / size
    rows = test.rows[kept][torch.from_numpy(valid)]
    compared = in_order([labels[row] for row in rows.tolist()])
    return Comparison(
        metric="1 - auc",
        candidate=means[0],
        champion=means[1],
        improvement=Bounds(**percentile_interval(means[1] - means[0], gain)),
        cells=size,
        blocks=size,
        span=(compared[0], compared[-1]),
        slices=_slices(data, test.matches[kept][torch.from_numpy(valid)], errors),
    )


def _same_world(data: RunData, recommenders: Sequence[Recommender]) -> None:
    for each in recommenders:
        for side, table in zip(each.schema.inputs, (data.students, data.employers), strict=True):
            lacking = sorted(set(side.fields) - set(table.column_names))
            if lacking:
                raise IncomparableError(
                    f"one asks for fields that the data do not have: {', '.join(lacking)}"
                )
    if len({each.schema.use_protected for each in recommenders}) > 1:
        raise IncomparableError("one sees protected fields and the other does not")


def _fresh(labels: Sequence[str], trained: Sequence[Mapping[str, Any]]) -> set[str]:
    parted = [each.get("fractions") for each in trained]
    if any(each != parted[0] for each in parted):
        raise IncomparableError("the students were parted in another way: a test student may be known to one")
    return set(labels) - {label for each in trained for label in each["row_keys"]}


def _auc(data: RunData, test: Judged, recommender: Recommender, kept: Tensor) -> NDArray[np.float64]:
    students, employers = (
        encoder.encode(table)
        for encoder, table in zip(recommender.encoders, (data.students, data.employers), strict=True)
    )
    scores = recommender.network.score_all(students[test.rows[kept]], employers)
    candidates = None if test.candidates is None else test.candidates[kept]
    return ranking(scores, test.matches[kept], candidates)["auc"]


def _slices(
    data: RunData, matches: Tensor, errors: Sequence[NDArray[np.float64]]
) -> dict[str, tuple[float, float]]:
    hires = data.final.data.popularity[matches.float().argmax(1)].numpy()
    parts = {
        "to an employer that training knows": hires > 0,
        "to an employer that is new": hires == 0,
    }
    return {
        name: (float(errors[0][part].mean()), float(errors[1][part].mean()))
        for name, part in parts.items()
        if part.any()
    }
