"""What a model promised, against what has come since."""

from pipelines.config import Section
from pipelines.evaluation import Bounds
from pipelines.release.records import Realised


class Truth(Section):
    """A forecast that has come true, or not."""

    realised: Realised
    coverage: Bounds
    """Share of cells inside the intervals, with its own interval."""
    tested: float
    """The error on the test, which is what was claimed."""
    tolerance: float
    """By how much the coverage may fall short of what is promised."""

    @property
    def held(self) -> bool:
        """False where the coverage is surely lower than what is promised, the tolerance taken off."""
        return self.coverage.high >= self.realised.nominal - self.tolerance

    @property
    def said(self) -> str:
        """In one clause."""
        come, bounds = self.realised, self.coverage
        outcome = "holds" if self.held else "does not hold"
        return (
            f"the forecast from {come.as_of} {outcome} for {', '.join(come.periods)}: {bounds.estimate:.1%} "
            f"[{bounds.low:.1%}, {bounds.high:.1%}] of {come.cells} cells inside intervals of "
            f"{come.nominal:.0%}, MAE {come.mae:.4g} ({self.tested:.4g} on the test)"
        )
