"""What evaluation found on extractors and their agreement: what evaluate writes and report reads."""

from typing import Literal

from pydantic import Field as Default
from scipy.stats import binomtest

from modules.transfer.consensus import Level
from pipelines.config.section import Section
from pipelines.evaluation import Bounds, Evaluation, Row, Spread

Field = Literal["circulation", "subject", "origin", "destination", "period"]
"""What a passage is asked for."""


class Score(Section):
    """How well one field is told on the labelled test passages."""

    precision: Bounds | None
    """Wilson interval of right / told; none where nothing was told."""
    recall: Bounds | None
    """Wilson interval of right / of; none where there is nothing to tell."""
    f1: float
    told: int
    """Passages in which the field was told."""
    right: int
    of: int
    """Passages that have it."""


class TransferRow(Row):
    """One extractor on the leaderboard, or the `ensemble`: all voters by majority."""

    backtest_f: Spread
    """F1 of the destination on the validation passages: what ranks."""
    fields: dict[Field, Score]
    """The first seed's, on the test passages."""
    intervals: dict[str, Bounds] = Default(default_factory=dict)
    """Of the test metrics that groups of passages are resampled for, over the mean of the seeds."""


class LevelScore(Section):
    """What is kept of the labelled test passages at one level of agreement, narrower levels included."""

    level: Level
    kept: int
    right: int
    """Destination as labelled; origin too, where it is told."""
    precision: Bounds | None
    """Wilson interval of right / kept; none where nothing is kept."""
    coverage: float
    """Share of the labelled test moves that are kept."""


class Selected(Section):
    """Moves of one part, and how many of them are kept."""

    part: str
    moves: int
    kept: dict[Level, Bounds]
    """Wilson interval of the share, narrower levels included."""


class Pair(Section):
    """How alike two members are on one field of the labelled test passages."""

    first: str
    second: str
    field: Field
    kappa: float | None
    """Cohen's; none where neither varies."""
    error_correlation: float | None
    """Phi of being wrong, over passages; none where nothing varies. Near 1 a second member adds nothing."""
    both_wrong: int
    """Passages on which both err."""


class Step(Section):
    """What is left after one step from articles to flows."""

    name: str
    kept: int


class FilterStep(Section):
    """What one step of the filter leaves of the labelled test moves."""

    name: str
    kept: int
    """That pass this step and those before."""
    of: int


class Said(Section):
    """What one member says of a passage, without a name or its text."""

    member: str
    circulation: bool
    origin: str | None
    """Alpha-3; none: not told."""
    destination: str | None
    period: str | None


class Disagreement(Section):
    """A passage on which the members differ: fields and votes only."""

    votes: tuple[Said, ...]
    level: Level | None
    """What they agree on all the same; none: the passage is dropped."""
    differ: tuple[Field, ...]


class TransferEvaluation(Evaluation):
    """Everything the report shows about extractors, their agreement and what was dropped."""

    leaderboard: tuple[TransferRow, ...]
    """By the validation passages."""
    levels: tuple[LevelScore, ...]
    """From the narrowest."""
    selection: tuple[Selected, ...]
    """Of the labelled test moves; a part of fewer than five is left out."""
    kappa: tuple[Pair, ...]
    funnel: tuple[Step, ...]
    """Articles, sentences, lexicon, gate, filter, circulation by a majority, destination known, agreed,
    flow."""
    dropped: dict[str, int]
    """Places that are dropped by policy, by reason: non_member_territory, observer, disputed, historical,
    ambiguous, unresolved."""
    recall: tuple[FilterStep, ...]
    """In the filter's order."""
    examples: tuple[Disagreement, ...]
    warnings: tuple[str, ...] = ()
    """What the suites of the transfers warn of."""
    unread: dict[str, int] = Default(default_factory=dict)
    """Articles and passages that were too long to be read."""
    policy_version: str
    """Of the table that says what counts as a country."""
    labelled: dict[Literal["train", "validation", "test"], int]
    """Passages with answers."""
    simulated: bool
    """Whether labelled passages are generated; scores then say nothing about real text."""


def wilson(right: int, of: int) -> Bounds | None:
    """A share and its 95 % interval (Wilson, JASA 22, 1927); none of nothing."""
    if not of:
        return None
    interval = binomtest(right, of).proportion_ci(method="wilson")
    return Bounds(estimate=right / of, low=float(interval.low), high=float(interval.high))


def score(told: int, right: int, of: int) -> Score:
    """Precision, recall and their harmonic mean from counts."""
    total = told + of
    return Score(
        precision=wilson(right, told),
        recall=wilson(right, of),
        f1=2 * right / total if total else 0.0,
        told=told,
        right=right,
        of=of,
    )
