"""What decides over a query, and the names under which rows are left out."""

from dataclasses import dataclass
from typing import Final

from modules.period import Unit
from pipelines.config.migration import MigrationRun

REASONS: Final = (
    "ragged_row",
    "unclosed_quote",
    "no_query_id",
    "bad_time",
    "time_out_of_range",
    "no_user",
    "bad_user",
    "bad_origin",
    "duplicate_id",
    "no_text",
    "garbled_text",
)
"""Why a row is in quarantine: it cannot be read; the first that holds."""

RULES: Final = (
    "outside_period",
    "in_gap",
    "bot",
    "unknown_origin",
    "blocked",
    "navigational",
    "no_job_intent",
    "no_place",
    "province_only",
    "ambiguous_place",
    "not_kept_region",
    "diagonal",
    "repeat",
)
"""Why a sound row is dropped: the first that holds."""


@dataclass(frozen=True)
class Rules:
    """The part of a run's settings that reading one chunk of its log needs."""

    unit: Unit
    first: int
    """Ordinal of the first period of the run."""
    last: int
    gaps: frozenset[int]
    max_queries: int
    """A user with more sound rows in a period is a machine."""
    stay_without_place: bool
    merge: tuple[tuple[int, int], ...]
    """Prefecture -> the prefecture that it is counted in."""


def rules_of(config: MigrationRun) -> Rules:
    """The rules of a run."""
    period, extract = config.migration.period, config.migration.extract
    return Rules(
        unit=period.unit,
        first=period.ordinals[0],
        last=period.ordinals[-1],
        gaps=period.gap_ordinals,
        max_queries=extract.max_queries_a_user,
        stay_without_place=extract.stay_without_place,
        merge=tuple(
            (int(region), int(into)) for region, into in sorted(config.migration.regions.merge.items())
        ),
    )
