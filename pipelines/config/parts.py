"""Which students are trained on, chosen by and judged on."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modules.errors import UserError
from pipelines.config.recommendation import CohortSplit

TRAIN, VALIDATION, TEST = "train", "validation", "test"
_WHOLE = 2.0**64


def parts_of(ids: Sequence[str], cohorts: Sequence[str | None], split: CohortSplit) -> NDArray[np.str_]:
    """For every student one of train, validation and test: by cohort, or by a hash of the id.

    Raises:
        UserError: if a part is empty, naming what was asked for and what there is.
    """
    if split.fractions is None:
        part = dict.fromkeys(split.validation, VALIDATION) | dict.fromkeys(split.test, TEST)
        parts = np.array([part.get(cohort or "", TRAIN) for cohort in cohorts])
        _refuse_unknown_cohorts(cohorts, split)
    else:
        test = split.fractions.test
        cut = test + split.fractions.validation
        share = [int.from_bytes(hashlib.sha256(each.encode()).digest()[:8]) / _WHOLE for each in ids]
        parts = np.array([TEST if at < test else VALIDATION if at < cut else TRAIN for at in share])
    for name in (TRAIN, VALIDATION, TEST):
        if name not in parts:
            raise UserError(
                f"recommendation.split: leaves no student for {name}; mend the cohorts or fractions"
            )
    return parts


def in_order(cohorts: Sequence[str]) -> list[str]:
    """Distinct cohorts from first to last: by number where all are whole numbers, else as texts."""
    distinct = set(cohorts)
    whole = all(re.fullmatch(r"-?\d+", cohort) for cohort in distinct)
    return sorted(distinct, key=(lambda cohort: (int(cohort), cohort)) if whole else None)


def _refuse_unknown_cohorts(cohorts: Sequence[str | None], split: CohortSplit) -> None:
    there = {cohort for cohort in cohorts if cohort is not None}
    for key in (VALIDATION, TEST):
        for cohort in getattr(split, key):
            if cohort not in there:
                listing = ", ".join(in_order(list(there))[:20]) or "none"
                raise UserError(
                    f"recommendation.split.{key}: no student of cohort {cohort}; there are {listing}"
                )
