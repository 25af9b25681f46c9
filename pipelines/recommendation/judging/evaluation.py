"""What evaluation found on recommendations: the record that evaluate writes and report reads."""

from typing import Literal

from pipelines.config.section import Section
from pipelines.evaluation import Bounds, Evaluation, Row, Spread

Protocol = Literal["auc", "auc_popularity", "auc_similar"]
"""What a match is compared with: every other candidate alike, as often as training has it, or unlike ones."""


class PairRow(Row):
    """One model on the leaderboard; what ranks is 1 - AUC against every other candidate."""

    backtest_auc: Spread
    """Of validation students: what ranks."""
    intervals: dict[str, Bounds]
    """Of the test metrics that people are resampled for, over the mean of the seeds."""
    rela_impr: Bounds | None
    """How much more of (AUC - 0.5) our best model has, %: equation (15); none for that model itself, and for
    one that is no better than chance."""
    directions: dict[str, Spread]
    """AUC of the student's and the employer's own yes over met pairs; empty where not both decide."""


class Intent(Section):
    """How well the intent is told, on test students who have one."""

    classes: tuple[str, ...]
    students: int
    macro_f1: Spread
    micro_f1: Spread
    """The share that is right."""
    majority: float
    """The share that the commonest class of training has."""
    calibration_error: Spread
    """Expected calibration error."""
    confusion: tuple[tuple[int, ...], ...]
    """Row: true class, column: told class; the first seed's."""


class RecommendationEvaluation(Evaluation):
    """Everything the report shows about the models of a run."""

    students: dict[Literal["train", "validation", "test"], int]
    employers: int
    unseen: float
    """Share of the test matches whose employer has none in training."""
    top: int
    two_sided: bool
    """Whether both sides decide; candidates are then those that were met."""
    protected: tuple[str, ...]
    """Fields by which nobody may be ranked."""
    use_protected: bool
    leaderboard: tuple[PairRow, ...]
    """By the validation students."""
    intent: Intent | None
    """Of the first model that tells it; none where it is not recorded."""
