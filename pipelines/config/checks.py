"""What the validation suites put up with."""

from pydantic import Field

from pipelines.config.section import Section


class Checks(Section):
    """Floors and ceilings of the validation suites."""

    min_rows: int = Field(default=100, ge=1)
    """Rows that the flow table has at least (an empty table passes every value check)."""
    max_missing: float = Field(default=0.1, ge=0, le=1)
    """Share of origin-destination-period cells that may be unknown."""
    max_jump: float = Field(default=4.0, gt=1)
    """Warn where a period's total is this many times its neighbour's, or one over it."""
    max_quarantined: float = Field(default=0.01, ge=0, le=1)
    """Queries: share of a period's rows that one reason may send to quarantine."""
    max_bots: float = Field(default=0.02, ge=0, le=1)
    """Queries: share of a period's rows that machines may have made."""
    max_repeats: float = Field(default=0.5, ge=0, le=1)
    """Queries: share of a period's rows that may repeat what the same user searched."""
    max_unknown_origin: float = Field(default=0.05, ge=0, le=1)
    """Queries: share of a period's rows whose user may be nobody knows where."""
    max_suppressed: float = Field(default=0.1, ge=0, le=1)
    """Queries: share of the people who may be in cells too small to be shown."""
