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
    lacks: Bounds | None
    """AUC that our best model has more, for a part of it; none for the others."""
    directions: dict[str, Spread]
    """AUC of the student's and the employer's own yes over met pairs; empty where not both decide."""


class Intent(Section):
    """How well the intent is told, on test students who have one."""

    model: str
    """Who tells it: the candidate, or our own where the candidate does not."""
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


SideName = Literal["student", "employer"]
Ranking = Literal["leave_one_out", "integrated_gradients", "attention", "random"]


class Faithful(Section):
    """Whether the fields that a ranking puts first are those that move the probability; means over pairs."""

    side: SideName
    ranking: Ranking
    comprehensiveness: float
    """Lost without the first three fields; high is good."""
    sufficiency: float
    """Lost with these three alone; low is good."""
    deletion: float
    """Area under the probability while fields are taken away; low is good."""
    insertion: float
    """The same while they are put back; high is good."""


class Margin(Section):
    """Comprehensiveness of leave-one-out less that of a random order, of one side: the gate."""

    side: SideName
    fields: int
    above_random: Bounds
    """The same pairs resampled for both."""
    needed: float
    held: bool | None
    """Whether the lower bound is at least what is needed; none: all fields are among the first three."""


class Stability(Section):
    """How much an explanation of one side hangs on chance, and on what was learnt."""

    side: SideName
    overlap: float | None
    """Jaccard index of the first three fields, mean over pairs of seeds; none of one seed."""
    chance: float
    """The same of two random orders."""
    randomised: float | None
    """Rank correlation with the same network of random weights; low is good. None: nothing varies."""


class Recovered(Section):
    """Leave-one-out against what was planted, of one side of a simulated run."""

    side: SideName
    correlation: float
    """Spearman's over the fields of a pair, mean over pairs."""
    importance: float
    """Spearman's over the fields, of their standard deviations over pairs."""


class Told(Section):
    """A field on a card."""

    field: str
    value: str
    """`rare` where fewer than `Card.shared` students have it together with the other values of the card."""
    worth: float
    """What the logit loses without it."""


class Card(Section):
    """The explanation of one test match, with nothing that points at one person."""

    probability: float
    rank: int
    """Of the employer in the student's list."""
    student: tuple[Told, ...]
    employer: tuple[Told, ...]
    intents: dict[str, float]
    """Probabilities; empty where the model tells none."""
    shared: int


class Explanations(Section):
    """Whether our own model's explanations are true, on a sample of the test matches."""

    model: str
    pairs: int
    faithful: tuple[Faithful, ...]
    margins: tuple[Margin, ...]
    completeness_error: float | None
    """Of integrated gradients, in logits, mean over pairs; none of a model without embedded fields."""
    stability: tuple[Stability, ...]
    recovered: tuple[Recovered, ...]
    """Empty unless simulated."""
    cards: tuple[Card, ...]

    @property
    def refuses(self) -> tuple[str, ...]:
        """A sentence for every margin that does not hold; it counts where the model is the candidate."""
        return tuple(
            f"explanations: the three fields named on the {each.side}'s side move the probability by "
            f"{each.above_random.estimate:.3f} more than three at random, at least "
            f"{each.above_random.low:.3f}; {each.needed:g} is needed"
            for each in self.margins
            if each.held is False
        )


class Group(Section):
    """Test students who share a value of a protected field."""

    value: str
    students: int
    auc: Bounds | None
    """None: nobody of them has a match to rank."""
    hr: Bounds | None
    calibration: Bounds | None
    """Expected calibration error of the intent; none where it is not told."""
    exposure: Bounds | None
    """Share of the recommended places that the largest tenth of employers gets."""


class Gap(Section):
    """The largest difference in AUC between two large groups of a field."""

    better: str
    worse: str
    auc: Bounds
    """Percentiles at 5 % over the number of large groups of all fields (Bonferroni)."""


class Proxy(Section):
    """How well a protected field can be told, cross-validated AUC (one value against the rest)."""

    students: int
    embedding: float | None
    """From what the model makes of a student; none of a model without embedded fields."""
    inputs: float
    """From the fields as the model is given them."""


class AuditedField(Section):
    """One protected field."""

    field: str
    groups: tuple[Group, ...]
    hidden: int
    """Groups that are too small to be shown."""
    hidden_students: int
    gap: Gap | None
    """None: fewer than two large groups."""
    proxy: Proxy | None
    """None: fewer than two groups to tell."""


class Audit(Section):
    """How the candidate treats groups of test students."""

    model: str
    learner: str | None
    """Whose intents and embedding are looked at: the candidate, or ours where the candidate has neither."""
    shown_from: int
    """Students that a group has at least."""
    compared_from: int
    """Students that a group has at least whose AUC is compared."""
    tolerance: float
    """A gap whose lower bound is above it refuses the release."""
    groups: int
    """Large groups of all fields."""
    fields: tuple[AuditedField, ...]
    cost: Bounds | None = None
    """Test AUC of our own model fitted with the protected fields less its AUC without; none: it sees them
    anyhow, or did not take part."""

    @property
    def refuses(self) -> tuple[str, ...]:
        """A sentence for every field whose gap is above what is tolerated, by its lower bound."""
        return tuple(
            f"{each.field}: the AUC of {each.gap.better!r} is above that of {each.gap.worse!r} by "
            f"{each.gap.auc.estimate:.3f}, at least {each.gap.auc.low:.3f}; {self.tolerance:g} is tolerated"
            for each in self.fields
            if each.gap and each.gap.auc.low > self.tolerance
        )


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
    """None where it is not recorded, or no model tells it."""
    explanations: Explanations | None = None
    """None: none of our own models took part."""
    audit: Audit | None = None
    """None: the run names no protected field of students."""
