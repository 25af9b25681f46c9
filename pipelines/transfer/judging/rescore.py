"""Packaged ensembles on a run's labelled passages as they are now: candidate against champion."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modules.errors import UserError
from modules.transfer.consensus import UNKNOWN
from modules.transfer.predictor import TransferExtractor
from pipelines.bootstrap import draw_counts, percentile_interval
from pipelines.config.transfer import TransferRun
from pipelines.evaluation import Bounds
from pipelines.release.challenge import Challenge, IncomparableError
from pipelines.release.records import Comparison
from pipelines.transfer.fitting.data import Answer, Folds, open_data
from pipelines.transfer.judging.judgement import count_of, ensemble_vote, f1_of, f1s_of, units_of

FEWEST = 30
"""Passages that an interval needs."""
TEST = "test"


def challenge(name: str, config: TransferRun, candidate: Path, champion: Path) -> Challenge:
    """Compare two sealed artefacts on a run's test passages."""
    data = open_data(name, config)
    try:
        old = TransferExtractor.load(champion)
    except UserError as error:  # of a format that this code no longer reads
        return Challenge(why_not=str(error))
    trained = [
        json.loads((folder / "lineage.json").read_text(encoding="utf-8"))["training"]
        for folder in (candidate, champion)
    ]
    try:
        new = TransferExtractor.load(candidate)
        return Challenge(compare(data, (new, old), trained, config.evaluate.bootstrap, config.seed))
    except IncomparableError as error:
        return Challenge(why_not=str(error))


def compare(
    data: Folds,
    extractors: tuple[TransferExtractor, TransferExtractor],
    trained: Sequence[Mapping[str, Any]],
    bootstrap: int,
    seed: int,
) -> Comparison:
    """1 - F1 of the destination of both on the test passages, one bootstrap of groups for both.

    Args:
        data: the run's.
        extractors: the one that would be promoted, and the one that it must beat.
        trained: what each was trained on, by its lineage.
        bootstrap: resamples.
        seed: of the bootstrap.

    Raises:
        IncomparableError: if one was trained on the test's passages, or these are too few.
    """
    if any(TEST in each["row_keys"] for each in trained):
        raise IncomparableError("one was trained on the passages that would judge it")
    answers = data.answers["final"]
    if len(answers) < FEWEST:
        raise IncomparableError(f"{len(answers)} test passages; it takes {FEWEST}")
    counts = [_counts(extractor, data, answers) for extractor in extractors]
    units = units_of(answers)
    weights = draw_counts(np.random.default_rng(seed), bootstrap, int(units.max()) + 1)[:, units]
    errors = [1 - f1_of(each.sum(0)) for each in counts]
    drawn = [1 - f1s_of(weights @ each) for each in counts]
    moves = np.array([answer.circulation for answer in answers])
    parts = {
        "an origin is told": moves & np.array([answer.origin != UNKNOWN for answer in answers]),
        "no origin is told": moves & np.array([answer.origin == UNKNOWN for answer in answers]),
    }
    return Comparison(
        metric="1 - destination f1",
        candidate=errors[0],
        champion=errors[1],
        improvement=Bounds(**percentile_interval(errors[1] - errors[0], drawn[1] - drawn[0])),
        cells=len(answers),
        blocks=int(units.max()) + 1,
        span=(TEST, TEST),
        slices={
            part: (1 - f1_of(counts[0][rows].sum(0)), 1 - f1_of(counts[1][rows].sum(0)))
            for part, rows in parts.items()
            if rows.any()
        },
    )


def _counts(extractor: TransferExtractor, data: Folds, answers: Sequence[Answer]) -> NDArray[np.float64]:
    readings = extractor.ensemble.read([row.passage for row in data.final.judged])
    votes = [ensemble_vote(reading) for reading in readings]
    return np.array(
        [count_of(vote, answer, "destination") for vote, answer in zip(votes, answers, strict=True)]
    )
