"""The card of a recommender."""

from modules.monitoring.reference import Reference
from pipelines.card import Card, Compared, Figure, Group, Told, figure, figures, made_from
from pipelines.config.recommendation import RecommendationRun
from pipelines.evaluation import Bounds
from pipelines.recommendation.judging.evaluation import Audit, AuditedField, RecommendationEvaluation


def model_card(evaluation: RecommendationEvaluation, config: RecommendationRun, reference: Reference) -> Card:
    """What a user of the candidate should know: what it is for, how it was judged, whom it serves worse."""
    row = next(each for each in evaluation.leaderboard if each.model == evaluation.candidate)
    simulated = config.source.kind == "simulate"
    told = Told(
        intended_use="a list of employers for a career adviser to talk over with a student",
        not_for=(
            "hiring decisions, or any decision that nobody looks at",
            "ranking people by protected fields",
            "reading a score as a probability: training saw drawn negatives",
        ),
        data=made_from(
            config,
            "a simulated twin of placements" if simulated else "tables of students, employers and placements",
            {
                "employers": evaluation.employers,
                **{f"students, {part}": count for part, count in evaluation.students.items()},
            },
            _spans(config),
            simulated=simulated,
        ),
        ranked_by=figure("backtest_auc", row.backtest_auc),
        test=(*figures(row.test, row.intervals), *_intent(evaluation)),
        fairness=tuple(_compared(evaluation.audit, each) for each in evaluation.audit.fields)
        if evaluation.audit
        else (),
        limits=_limits(evaluation),
        facts={
            "protected fields": ", ".join(evaluation.protected) or "none",
            "protected fields are inputs": evaluation.use_protected,
            "both sides decide": evaluation.two_sided,
        },
    )
    return Card.of(evaluation, config, reference, told)


def _spans(config: RecommendationRun) -> dict[str, str]:
    split = config.recommendation.split
    if split.fractions is not None:
        return {
            "validation": f"{split.fractions.validation:g} of the students",
            "test": f"{split.fractions.test:g} of the students",
        }
    return {"validation": ", ".join(split.validation), "test": ", ".join(split.test)}


def _intent(evaluation: RecommendationEvaluation) -> tuple[Figure, ...]:
    intent = evaluation.intent
    if intent is None:
        return ()
    return (
        figure("intent_macro_f1", intent.macro_f1),
        figure("intent_calibration_error", intent.calibration_error),
    )


def _compared(audit: Audit, field: AuditedField) -> Compared:
    gap = field.gap
    said = (
        "too few groups of a size to compare"
        if gap is None
        else f"{gap.better} above {gap.worse} by {_bounds(gap.auc)}; {audit.tolerance:g} is tolerated"
    )
    if field.proxy is not None:
        said += f"; from the inputs it can be told with AUC {field.proxy.inputs:.3f}"
    if field.hidden:
        said += f"; {field.hidden} groups of fewer than {audit.shown_from} students are not shown"
    return Compared(
        by=field.field,
        measure="AUC",
        groups=tuple(
            Group(name=each.value, size=each.students, value=each.auc)
            for each in field.groups
            if each.auc is not None
        ),
        said=said,
    )


def _bounds(bounds: Bounds) -> str:
    return f"{bounds.estimate:.3f} [{bounds.low:.3f}, {bounds.high:.3f}]"


def _limits(evaluation: RecommendationEvaluation) -> tuple[str, ...]:
    limits = [
        f"an employer new to training ({evaluation.unseen:.1%} of the test matches) is told by its fields",
        "contributions of fields say what moves the score, not what causes a hire",
    ]
    if evaluation.audit is None:
        limits.append("the run names no protected field of students: nobody has looked at groups")
    elif evaluation.audit.cost is not None:
        limits.append(f"leaving the protected fields out costs AUC {_bounds(evaluation.audit.cost)}")
    return tuple(limits)
